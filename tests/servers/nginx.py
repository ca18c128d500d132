"""A real nginx with the file of docs/operation, on free ports of this machine."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers import free_ports, program
from tests.servers.certificate import write_certificate

EXAMPLE = Path(__file__).parents[2] / "docs" / "operation" / "nginx.conf"
AS_DEBIAN = """pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/mailbot.conf;
}}
"""
"""What stands around the file on Debian: two logs that hold the whole of a request."""


@dataclass(frozen=True)
class Nginx:
    tls_port: int
    plain_port: int
    ca_file: Path
    folder: Path

    def logged(self) -> dict[str, str]:
        """What stands in each log by now."""
        return {path.name: path.read_text(encoding="utf-8") for path in self.folder.glob("*.log")}


@contextlib.contextmanager
def running_nginx(folder: Path, upstream_port: int) -> Iterator[Nginx]:
    """nginx in front of `upstream_port` of 127.0.0.1, until the block ends. Raises `ServerMissing`."""
    binary = program("nginx", package="nginx")
    tls_port, plain_port = free_ports(2)
    certificate, key = write_certificate(folder)
    text = re.sub(r"^ *listen \[::\].*\n", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for theirs, ours in {
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{tls_port} ssl;",
        "/etc/ssl/mailbot/fullchain.pem": str(certificate),
        "/etc/ssl/mailbot/key.pem": str(key),
        "/var/log/nginx/": f"{folder}/",
        "http://127.0.0.1:8000;": f"http://127.0.0.1:{upstream_port};",
    }.items():
        assert theirs in text, theirs
        text = text.replace(theirs, ours)
    (folder / "mailbot.conf").write_text(text, encoding="utf-8")
    (folder / "nginx.conf").write_text(AS_DEBIAN.format(folder=folder), encoding="utf-8")
    command = [binary, "-e", f"{folder}/error.log", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    process = subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None and not _answers(plain_port):
            time.sleep(0.01)
        yield Nginx(tls_port, plain_port, certificate, folder)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _answers(port: int) -> bool:
    with socket.socket() as asker:
        return asker.connect_ex(("127.0.0.1", port)) == 0
