"""Deny by default, and restricted cases nowhere for those without the role."""

from __future__ import annotations

import pytest
from flask import Flask

from mailbot.cases.api.api_tokens import ApiTokens
from mailbot.clock import now
from mailbot.domain import Role
from mailbot.pipeline import process
from mailbot.web import accounts
from mailbot.web.app import NEEDS, PUBLIC
from tests.conftest import PASSWORD, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn, application, sign_in, token_of


def paths(app: Flask, reference: str) -> list[tuple[str, str]]:
    """Every route with every method it takes, and something in the place of each variable."""
    found = []
    for rule in app.url_map.iter_rules():
        path = str(rule).replace("<reference>", reference).replace("<path:filename>", "mailbot.css")
        path = path.replace("<int:message>", "0").replace("<int:number>", "1")
        path = path.replace("<urn>", "SC123456").replace("<path:name>", "Hollin Care Ltd")
        path = path.replace("<year>", "2026-27").replace("<form>", "html")
        found += [(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return found


def test_every_page_is_public_or_needs_a_permission(app: Flask) -> None:
    ours = {rule.endpoint for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("security.")}

    assert ours <= PUBLIC | set(NEEDS)


def test_nobody_gets_a_page_without_signing_in(app: Flask) -> None:
    public = {
        "/",
        "/sign-in",
        "/sign-out",
        "/second-factor",
        "/second-factor-code",
        "/security-key",
        "/health/live",
        "/health/ready",
        "/health/intake",
        "/metrics",
        "/api/v1/openapi.json",
    }
    for method, path in paths(app, "MB-0000-0000"):
        if path.startswith("/static/") or path in public:
            continue
        answer = app.test_client().open(path, method=method)
        allowed = (401,) if path.startswith("/api/") else (302, 400, 403)
        assert answer.status_code in allowed, f"{method} {path}: {answer.status_code}"
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/sign-in"), path


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.WHISTLEBLOWING_OFFICER])
def test_a_restricted_case_is_on_no_page_for_other_roles(
    app: Flask, sqlite: Installation, signed_in: SignedIn, role: Role
) -> None:
    process(sqlite.ledger.keep([mail("WORKER and a plover planted here")]), sqlite.office)
    (entry,) = sqlite.store.queue(WHISTLEBLOWING_OFFICER)
    client, shown = signed_in(role), token_for(sqlite, role)

    ends_the_session = {"/sign-out", "/second-factor-code"}
    for method, path in paths(app, entry.reference):
        if path in ends_the_session or path.startswith("/static/"):
            continue
        answer = client.open(path, method=method, headers=shown)
        assert entry.reference not in answer.text, f"{method} {path}"
        assert "plover" not in answer.text, f"{method} {path}"
    assert client.get("/").headers["Location"] != "/sign-in", "the walk was made by nobody"


def token_for(installation: Installation, role: Role) -> dict[str, str]:
    """What a system of that role shows the API; no token has an administrator's."""
    if role is Role.ADMINISTRATOR:
        return {}
    tokens = ApiTokens(installation.engine, installation.vault.keyring, installation.clock)
    return {"Authorization": f"Bearer {tokens.add('walker', role, 1, by='test')[0]}"}


def test_the_counts_of_the_queue_leave_restricted_cases_out(sqlite: Installation, signed_in: SignedIn) -> None:
    process(sqlite.ledger.keep([mail("WORKER")]), sqlite.office)

    assert "To review (0)" in signed_in(Role.OFFICER).get("/queue").text
    assert "To review (1)" in signed_in(Role.WHISTLEBLOWING_OFFICER).get("/queue").text


def test_an_administrator_sees_no_case(sqlite: Installation, signed_in: SignedIn) -> None:
    process(sqlite.ledger.keep([mail()]), sqlite.office)

    assert signed_in(Role.ADMINISTRATOR).get("/queue").status_code == 403


def test_a_restricted_role_works_only_once_an_administrator_confirmed_it(
    app: Flask, sqlite: Installation, signed_in: SignedIn
) -> None:
    email = "new.wb@example.gov.uk"
    waits = accounts.add(sqlite.engine, email, Role.WHISTLEBLOWING_OFFICER, PASSWORD, added_by="command line", at=now())
    assert waits
    assert "not right" in sign_in(app.test_client(), email)

    administrator = signed_in(Role.ADMINISTRATOR)
    token = token_of(administrator.get("/staff").text)
    administrator.post("/staff/confirm", data={"email": email, "csrf_token": token})

    assert "Queue" in sign_in(app.test_client(), email)


def test_a_wrong_password_says_so_and_signs_nobody_in(app: Flask) -> None:
    client = app.test_client()

    assert "The address or the password is not right" in sign_in(client, "officer@example.gov.uk", "another password")
    assert client.get("/queue").status_code == 302


def test_where_a_second_factor_is_required_a_password_alone_opens_nothing(sqlite: Installation) -> None:
    app = application(sqlite, second_factor="required")
    client = app.test_client()

    assert "Set up a second factor" in sign_in(client, "officer@example.gov.uk")
    assert client.get("/queue").status_code == 302


def test_a_form_without_its_token_is_refused(sqlite: Installation, signed_in: SignedIn) -> None:
    process(sqlite.ledger.keep([mail()]), sqlite.office)
    client = signed_in(Role.OFFICER)
    (entry,) = sqlite.store.queue(WHISTLEBLOWING_OFFICER)

    assert client.post(f"/case/{entry.reference}", data={"note": "x"}).status_code == 400


def test_no_page_allows_inline_scripts_or_framing(app: Flask) -> None:
    policy = app.test_client().get("/sign-in").headers["Content-Security-Policy"]

    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
