"""Attacks on the sign-in: whether an account exists cannot be told by the work that a try takes."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import low_level
from flask import Flask

from mailbot.clock import now
from mailbot.web import accounts
from tests.conftest import Installation
from tests.web.conftest import sign_in

EMAIL = "officer@example.gov.uk"


def test_a_wrong_password_takes_the_same_work_whoever_it_is_tried_for(
    app: Flask, sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.disable(sqlite.engine, "duty_manager@example.gov.uk", by="test", at=now())
    hashed: list[str] = []

    def counted(name: str) -> None:
        plain = getattr(low_level, name)

        def counting(*said: Any, **settings: Any) -> Any:
            hashed.append(name)
            return plain(*said, **settings)

        monkeypatch.setattr(low_level, name, counting)

    counted("hash_secret")
    counted("verify_secret")
    work = {}
    for who in (EMAIL, "nobody@example.gov.uk", "duty_manager@example.gov.uk"):
        hashed.clear()
        assert "The address or the password is not right" in sign_in(app.test_client(), who, "not the password")
        work[who] = len(hashed)
    assert set(work.values()) == {1}, work
