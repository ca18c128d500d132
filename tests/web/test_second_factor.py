"""Signing in with a password and a code from an authenticator app."""

from __future__ import annotations

import base64
import re
import time

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import Installation
from tests.web.conftest import application, sign_in, token_of

EMAIL = "officer@example.gov.uk"


@pytest.fixture
def app(sqlite: Installation) -> Flask:
    return application(sqlite, second_factor="required")


def code_for(key: str, at: float | None = None) -> str:
    secret = base64.b32decode(key + "=" * (-len(key) % 8))
    return TOTP(secret, 6, SHA1(), 30, enforce_key_length=False).generate(int(at or time.time())).decode()


def set_up(client: FlaskClient, email: str = EMAIL) -> str:
    """Sets up the second factor at the first sign-in; gives back the key that the app would keep."""
    page = sign_in(client, email)
    page = client.post("/second-factor", data={"csrf_token": token_of(page), "setup": "authenticator"}).text
    key = re.search(r'<code class="key">([^<]+)</code>', page)
    assert key, page
    secret = key.group(1).replace("-", "").replace(" ", "")
    answer = client.post("/second-factor-code", data={"csrf_token": token_of(page), "code": code_for(secret)})
    assert answer.status_code == 302
    return secret


def enter(client: FlaskClient, code: str) -> str:
    page = client.get("/second-factor-code").text
    data = {"csrf_token": token_of(page), "code": code}
    return client.post("/second-factor-code", data=data, follow_redirects=True).text


def test_the_first_sign_in_sets_up_the_second_factor_and_opens_the_queue(app: Flask) -> None:
    client = app.test_client()
    set_up(client)

    assert client.get("/queue").status_code == 200


def test_afterwards_a_password_and_a_fresh_code_are_both_needed(app: Flask) -> None:
    secret = set_up(app.test_client())
    client = app.test_client()

    assert "Enter your code" in sign_in(client, EMAIL)
    assert client.get("/queue").status_code == 302
    assert "not right or has been used" in enter(client, "000000")
    assert client.get("/queue").status_code == 302
    assert "Queue" in enter(client, code_for(secret, time.time() + 30))
    assert client.get("/queue").status_code == 200


def test_a_code_that_has_been_used_opens_nothing(app: Flask) -> None:
    secret = set_up(app.test_client())
    code = code_for(secret, time.time() + 30)
    first, second = app.test_client(), app.test_client()
    sign_in(first, EMAIL)
    assert "Queue" in enter(first, code)

    sign_in(second, EMAIL)
    assert "not right or has been used" in enter(second, code)
    assert second.get("/queue").status_code == 302


def test_only_the_page_with_the_picture_allows_pictures_from_data(app: Flask) -> None:
    client = app.test_client()
    page = sign_in(client, EMAIL)
    shown = client.post("/second-factor", data={"csrf_token": token_of(page), "setup": "authenticator"})

    assert "img-src 'self' data:" in shown.headers["Content-Security-Policy"]
    assert "data:" not in client.get("/sign-in").headers["Content-Security-Policy"]
