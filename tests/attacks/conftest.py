"""The attacks go against the application as the web tests have it."""

from __future__ import annotations

from tests.web.conftest import app, signed_in

__all__ = ["app", "signed_in"]
