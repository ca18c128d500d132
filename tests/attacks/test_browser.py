"""A script planted by mail or typed by a colleague is looked for in a real browser, on every page that shows it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from mailbot.config import Web
from mailbot.web.serving import server_of
from tests.attacks.hostile import plant_hostile
from tests.attacks.test_pages import LEAD
from tests.conftest import PASSWORD, Installation
from tests.servers import free_ports
from tests.web.test_browser import browser

__all__ = ["browser"]
pytestmark = pytest.mark.browser
WATCH = (
    "window.breaches = []; addEventListener('securitypolicyviolation', e => window.breaches.push(e.violatedDirective))"
)
FOUND = "() => ({planted: window.planted ?? window.named ?? null, breaches: window.breaches, handlers: [...document."
FOUND += "querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length})"


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    (port,) = free_ports(1)
    server = server_of(app, Web(host="127.0.0.1", port=port, second_factor="optional"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.trigger.pull_trigger(server.close)
    thread.join(10)


def test_no_planted_script_runs_on_any_page(app: Flask, sqlite: Installation, served: str, browser: Browser) -> None:
    hostile = plant_hostile(sqlite, app.extensions["mailbot"], LEAD)
    context = browser.new_context()
    context.add_init_script(WATCH)
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.goto(f"{served}/sign-in")
    page.get_by_label("Email address").fill("whistleblowing_officer@example.gov.uk")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/queue")
    for path in hostile:
        page.goto(f"{served}{path}", wait_until="domcontentloaded")
        shown = page.content()
        assert "7*191" in shown or "3*2011" in shown, path
        assert page.evaluate(FOUND) == {"planted": None, "breaches": [], "handlers": 0}, path
    context.close()
    assert dialogs == []
