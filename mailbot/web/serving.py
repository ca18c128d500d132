"""The server of the pages, and which proxy it believes."""

from __future__ import annotations

from typing import Any

from flask import Flask
from waitress.server import create_server

from mailbot.config import Web


def server_of(pages: Flask, web: Web) -> Any:
    """A server, bound to its address, whose `run` serves until `close`; raises `OSError` where that cannot be had.

    What a request says of where it came from (X-Forwarded-For, X-Forwarded-Proto) is believed of the configured proxy
    and struck out of every other request.
    """
    believed = {"trusted_proxy": web.proxy, "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"}}
    return create_server(pages, host=web.host, port=web.port, ident=None, **(believed if web.proxy else {}))
