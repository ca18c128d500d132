"""The nginx of docs/operation, in front of the pages: what it passes on, and what no log of it holds."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import request

from mailbot.config import Web
from mailbot.web.serving import server_of
from tests.conftest import Installation
from tests.servers import ServerMissing, free_ports
from tests.servers.nginx import Nginx, running_nginx
from tests.web.conftest import application

SEARCH = "zqsearched"


@contextlib.contextmanager
def pages_served(installation: Installation, port: int) -> Iterator[list[tuple[str | None, str]]]:
    """The pages on that port; the list fills with where each request is taken to have come from, and by what scheme."""
    seen: list[tuple[str | None, str]] = []
    app = application(installation)
    app.before_request(lambda: seen.append((request.remote_addr, request.scheme)))
    server = server_of(app, Web(host="127.0.0.1", port=port, proxy="127.0.0.1"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.close()
        thread.join(timeout=5)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[tuple[Nginx, int]]:
    """nginx, and the port behind it at which nobody listens yet."""
    (behind,) = free_ports(1)
    try:
        with running_nginx(tmp_path, behind) as nginx:
            yield nginx, behind
    except ServerMissing as missing:
        pytest.skip(str(missing))


def asked(nginx: Nginx, path: str, *, tls: bool = True, **headers: str) -> http.client.HTTPResponse:
    trusted = ssl.create_default_context(cafile=str(nginx.ca_file))
    connection: http.client.HTTPConnection = (
        http.client.HTTPSConnection("localhost", nginx.tls_port, context=trusted, timeout=10)
        if tls
        else http.client.HTTPConnection("localhost", nginx.plain_port, timeout=10)
    )
    told = {"Host": "mailbot.example.gov.uk", **{name.replace("_", "-"): value for name, value in headers.items()}}
    connection.request("GET", path, headers=told)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_the_proxy_passes_on_who_asks_and_by_tls_and_keeps_the_metrics_to_this_machine(
    sqlite: Installation, proxy: tuple[Nginx, int]
) -> None:
    nginx, behind = proxy
    with pages_served(sqlite, behind) as seen:
        page = asked(nginx, "/sign-in", X_Forwarded_For="192.0.2.66", X_Forwarded_Proto="http")
        metrics = asked(nginx, "/metrics")
        plain = asked(nginx, "/queue", tls=False)

    assert page.status == 200
    assert seen == [("127.0.0.1", "https")], "what a client says of itself is struck out"
    assert page.getheader("Strict-Transport-Security")
    assert page.getheader("Content-Security-Policy")
    assert page.getheader("Server") == plain.getheader("Server") == "nginx"
    assert metrics.status == 404
    assert (plain.status, plain.getheader("Location")) == (301, "https://mailbot.example.gov.uk/queue")


def test_what_is_searched_for_stands_in_no_log_of_the_proxy_whatever_goes_wrong(
    sqlite: Installation, proxy: tuple[Nginx, int]
) -> None:
    nginx, behind = proxy
    search = f"/search?{urllib.parse.urlencode({'q': SEARCH})}"
    nobody_there = asked(nginx, search).status
    in_the_clear = asked(nginx, search, tls=False).status
    with pages_served(sqlite, behind):
        signed_out = asked(nginx, search).status
        turned_away = {asked(nginx, search).status for _ in range(90)}

    assert (nobody_there, in_the_clear, signed_out) == (502, 301, 302)
    assert 503 in turned_away, "more than it lets through"
    logged = nginx.logged()
    assert {name for name, text in logged.items() if SEARCH in text} == set()
    assert logged["mailbot.log"].count('"GET /search"') == 93
