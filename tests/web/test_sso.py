"""Single sign-on: who comes in as what, who does not and why, and what is asked of them afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from mailbot.cases.accounts.provider_accounts import ProviderAccounts
from mailbot.cases.schema import audit, staff
from mailbot.clock import now
from mailbot.config import OIDC, Config, Mailbox, Outgoing, Web
from mailbot.domain import Role
from mailbot.web import accounts
from mailbot.web.app import create_app
from mailbot.web.single_sign_on import try_out
from tests.conftest import PASSWORD, Installation
from tests.servers.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, running_provider
from tests.web.conftest import COMPILED, record_of, sign_in, token_of

GROUPS = {"g-officers": "officer", "g-wb": "whistleblowing_officer", "g-audit": "auditor"}
ADDRESS = "amina.farouk@example.gov.uk"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenIdProvider]:
    monkeypatch.setenv("OIDC_SECRET", CLIENT_SECRET)
    with running_provider(sub="s-1", preferred_username="Amina.Farouk@example.gov.uk", groups=["g-officers"]) as found:
        yield found


def settings_of(provider: OpenIdProvider, **changes: Any) -> OIDC:
    return OIDC(issuer=provider.issuer, client_id=CLIENT_ID, client_secret_env="OIDC_SECRET", roles=GROUPS, **changes)


def application(
    installation: Installation,
    provider: OpenIdProvider,
    second_factor: Literal["required", "optional"] = "required",
    **changes: Any,
) -> Flask:
    config = Config(
        mailbox=(Mailbox(name="enquiries", kind="maildir", path="."),),
        outgoing=Outgoing(kind="folder"),
        web=Web(second_factor=second_factor, oidc=settings_of(provider, **changes)),
    )
    app = create_app(record_of(installation, config), installation.vault.keyring)
    app.testing = True
    app.jinja_env.bytecode_cache = COMPILED
    return app


def come_back(client: FlaskClient, path: str = "/sign-in/provider") -> Any:
    """Goes to the provider as a browser does, and comes back with what it gives."""
    there = client.get(path)
    assert there.status_code == 302, there.text
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=5).headers["Location"]
    return client.get(back.removeprefix("http://localhost"))


def acts(installation: Installation) -> list[str]:
    with installation.engine.connect() as connection:
        return list(connection.execute(sa.select(audit.c.act).order_by(audit.c.id)).scalars())


def test_whoever_is_in_one_group_comes_in_with_its_role(installation: Installation, provider: OpenIdProvider) -> None:
    client = application(installation, provider).test_client()

    assert "Sign in with your work account" in client.get("/sign-in").text
    back = come_back(client, "/sign-in/provider?next=/actions")

    assert back.headers["Location"] == "/actions"
    assert client.get("/queue").status_code == 200
    page = client.get("/account").text
    assert ADDRESS in page
    assert "single sign-on" in page
    assert acts(installation)[-2:] == ["staff added", "signed in"]
    assert provider.asked[0]["code_challenge_method"] == "S256"


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"groups": []}, "none of the groups"),
    ({"groups": ["g-officers", "g-audit"]}, "more than one role here (auditor, officer)"),
    ({"groups": None, "_claim_names": {"groups": "src1"}}, "so many groups"),
    ({"preferred_username": None}, "does not say what you are called"),
    ({"nonce": "another"}, "could not be believed"),
    ({"nonce": None}, "could not be believed"),
    ({"aud": "another-client"}, "could not be believed"),
    ({"aud": ["another-client"], "azp": CLIENT_ID}, "could not be believed"),
    ({"iss": "https://elsewhere.example"}, "could not be believed"),
    ({"exp": 1_700_000_000}, "could not be believed"),
    ({"sub": None}, "could not be believed"),
)


def test_who_cannot_come_in_is_told_why(sqlite: Installation, provider: OpenIdProvider) -> None:
    client = application(sqlite, provider).test_client()
    before = acts(sqlite)

    for says, why in REFUSED:
        provider.says = says
        assert why in come_back(client).text, says
        assert client.get("/queue").status_code == 302, says
    assert acts(sqlite) == before


def test_no_other_key_no_other_browser_and_no_second_use_lets_anybody_in(
    sqlite: Installation, provider: OpenIdProvider
) -> None:
    app = application(sqlite, provider)
    provider.signed_by = "somebody else"
    assert "could not be believed" in come_back(app.test_client()).text

    provider.signed_by = "provider"
    there = app.test_client().get("/sign-in/provider").headers["Location"]
    back = requests.get(there, allow_redirects=False, timeout=5).headers["Location"].removeprefix("http://localhost")
    stranger = app.test_client()
    assert stranger.get(back).status_code == 400
    assert stranger.get("/sign-in/provider/back?error=access_denied&state=x").status_code == 400

    client = app.test_client()
    there = client.get("/sign-in/provider").headers["Location"]
    back = requests.get(there, allow_redirects=False, timeout=5).headers["Location"].removeprefix("http://localhost")
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 400


def test_a_restricted_role_waits_for_an_administrator_and_a_new_role_ends_the_sessions(
    sqlite: Installation, provider: OpenIdProvider
) -> None:
    app = application(sqlite, provider)
    before = app.test_client()
    come_back(before)
    provider.says = {"groups": ["g-wb"]}

    assert "waits until an administrator" in come_back(app.test_client()).text
    assert before.get("/queue").status_code == 302, "the session of the role before goes on"
    accounts.confirm(sqlite.engine, ADDRESS, by="administrator@example.gov.uk", at=now())
    client = app.test_client()
    assert come_back(client).status_code == 302
    assert client.get("/queue").status_code == 200
    assert accounts.officer(sqlite.engine, ADDRESS).role is Role.WHISTLEBLOWING_OFFICER

    accounts.disable(sqlite.engine, ADDRESS, by="command line", at=now())
    assert client.get("/queue").status_code == 302
    assert "disabled" in come_back(app.test_client()).text
    provider.says = {}
    assert "disabled" in come_back(app.test_client()).text, "another group brings a disabled account back"


def test_an_account_with_a_password_is_nobodys_at_the_provider_until_it_is_handed_over(
    sqlite: Installation, provider: OpenIdProvider
) -> None:
    app = application(sqlite, provider)
    provider.says = {"preferred_username": "officer@example.gov.uk"}
    assert "hand it over" in come_back(app.test_client()).text

    ProviderAccounts(sqlite.engine, sqlite.vault.keyring, now).hand_over("officer@example.gov.uk", by="command line")
    assert "not right" in sign_in(app.test_client(), "officer@example.gov.uk")
    client = app.test_client()
    assert come_back(client).status_code == 302
    assert client.get("/queue").status_code == 200
    provider.says |= {"sub": "s-2"}
    assert "belongs to another account" in come_back(app.test_client()).text

    accounts.reset(sqlite.engine, "officer@example.gov.uk", PASSWORD, by="command line", at=now())
    assert "Set up a second factor" in sign_in(app.test_client(), "officer@example.gov.uk")


def test_what_must_stay_secret_asks_the_provider_again(sqlite: Installation, provider: OpenIdProvider) -> None:
    client = application(sqlite, provider).test_client()
    come_back(client)

    asked = client.get("/account/confirm?next=/actions")
    again = asked.headers["Location"]
    assert again == "/sign-in/provider/again?next=/actions"
    assert client.get("/account/recovery-codes").headers["Location"].startswith("/account/confirm"), (
        "it counts as fresh"
    )

    provider.says = {"auth_time": int(time.time()) - 3600}
    assert "signed in just now" in come_back(client, again).text
    provider.says = {"auth_time": None}
    assert "signed in just now" in come_back(client, again).text
    provider.says = {"sub": "s-2"}
    assert "Somebody else" in come_back(client, again).text
    provider.says = {}
    assert come_back(client, again).headers["Location"] == "/actions"
    assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")
    assert client.get("/account/recovery-codes").status_code == 200


def test_where_local_accounts_are_off_no_password_opens_anything(
    sqlite: Installation, provider: OpenIdProvider
) -> None:
    before = application(sqlite, provider, second_factor="optional").test_client()
    client = application(sqlite, provider, local_accounts=False).test_client()
    assert 'name="password"' in before.get("/sign-in").text
    assert 'name="password"' not in client.get("/sign-in").text

    token = token_of(before.get("/sign-in").text)
    given = {"email": "officer@example.gov.uk", "password": PASSWORD, "csrf_token": token}
    carry_over(before, client)
    for path in ("/sign-in", "/second-factor-code", "/recovery-code", "/security-key"):
        assert client.post(path, data=given).status_code == 404, path
    sign_in(before, "officer@example.gov.uk")
    assert before.get("/queue").status_code == 200
    carry_over(before, client)
    assert client.get("/queue").status_code == 302, "a session from before goes on"

    assert come_back(client).status_code == 302
    assert client.get("/queue").status_code == 200


def carry_over(one: FlaskClient, other: FlaskClient) -> None:
    """Gives the other client the cookie of the one."""
    cookie = one.get_cookie("session")
    assert cookie is not None
    other.set_cookie("session", cookie.value)


def test_a_provider_that_is_away_or_another_lets_nobody_in(sqlite: Installation, provider: OpenIdProvider) -> None:
    assert try_out(settings_of(provider)) == provider.issuer
    provider.named = "https://elsewhere.example"
    client = application(sqlite, provider).test_client()

    refused = client.get("/sign-in/provider")
    assert (refused.status_code, "cannot be reached" in refused.text) == (502, True)
    provider.named = None
    assert come_back(client).status_code == 302
    with sqlite.engine.connect() as connection:
        assert connection.execute(sa.select(staff.c.password).where(staff.c.email == ADDRESS)).scalar_one() != "!"
