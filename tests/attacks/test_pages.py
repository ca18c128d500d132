"""Attacks on the pages: forged forms, planted sessions, other people's things, templates in what is typed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from mailbot.cases import schema
from mailbot.cases.access import Officer
from mailbot.domain import ActionKind, Decision, Role
from mailbot.pipeline import process
from tests.attacks.hostile import JINJA, NAME_WORKED_OUT, SCRIPT, WORKED_OUT, plant_hostile
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn, sign_in, token_of

LEAD = Officer(email="whistleblowing_officer@example.gov.uk", role=Role.WHISTLEBLOWING_OFFICER)
VARIABLES = {
    "<urn>": "SC123456",
    "<path:name>": "Larch Care",
    "<year>": "2026-27",
    "<form>": "html",
    "<token>": "token",
}
CHANGED_BY_LOOKING = {"audit", "sessions", "failed_sign_ins", "looking", "checkpoints"}
"""Tables that may well grow when somebody is refused."""


ENDS_THE_SESSION = {"/second-factor-code", "/sign-out"}


def addresses(app: Flask, method: str, reference: str = "MB-0000-0000", number: int = 1) -> Iterator[str]:
    """Every address that takes the method, with something in the place of each variable; not the programs' own."""
    for rule in app.url_map.iter_rules():
        if method not in (rule.methods or ()) or rule.endpoint.startswith("api.") or "static" in rule.endpoint:
            continue
        path = str(rule)
        if method == "GET" and path in ENDS_THE_SESSION:
            continue
        for variable, value in VARIABLES.items():
            path = path.replace(variable, value)
        yield re.sub(r"<int:\w+>", str(number), path.replace("<reference>", reference))


def rows(installation: Installation) -> dict[str, list[str]]:
    """Every row of the record but those that say who looked."""
    with installation.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in schema.metadata.sorted_tables
            if table.name not in CHANGED_BY_LOOKING
        }


def test_no_form_is_taken_that_was_made_on_another_site(app: Flask, sqlite: Installation, signed_in: SignedIn) -> None:
    process(sqlite.ledger.keep([mail()]), sqlite.office)
    (entry,) = sqlite.store.queue(OFFICER)
    client, before = signed_in(Role.WHISTLEBLOWING_OFFICER), rows(sqlite)
    forged = {"decision": "done", "note": "forged", "version": "1", "email": OFFICER.email}
    for number, path in enumerate(addresses(app, "POST", entry.reference)):
        token = {"csrf_token": "made up"} if number % 4 == 0 else {}
        assert client.post(path, data=forged | token).status_code == 400, path
    assert rows(sqlite) == before


def test_a_form_of_one_officer_is_worth_nothing_in_the_session_of_another(signed_in: SignedIn) -> None:
    stolen = token_of(signed_in(Role.ADMINISTRATOR).get("/account").text)
    victim = signed_in(Role.OFFICER)

    assert victim.post("/account/sessions/end-others", data={"csrf_token": stolen}).status_code == 400


def test_a_session_planted_before_the_sign_in_opens_nothing_afterwards(app: Flask) -> None:
    attacker, victim = app.test_client(), app.test_client()
    known_token = token_of(attacker.get("/sign-in").text)
    planted = attacker.get_cookie("session")
    assert planted is not None
    victim.set_cookie("session", planted.value)
    sign_in(victim, "officer@example.gov.uk")

    assert victim.get("/queue").status_code == 200
    assert attacker.get("/queue").status_code == 302
    assert victim.post("/account/sessions/end-others", data={"csrf_token": known_token}).status_code == 400


@pytest.fixture
def theirs(sqlite: Installation) -> tuple[str, str]:
    """(the reference of a case that any officer may see, that of a restricted one with one of everything)."""
    process(sqlite.ledger.keep([mail(), mail("WORKER tells of a plover", uid=2)]), sqlite.office)
    open_one, restricted = sorted(sqlite.store.queue(WHISTLEBLOWING_OFFICER), key=lambda entry: entry.restricted)
    kinds = (ActionKind.SIGNPOST, ActionKind.ASK_THE_SERVICE, ActionKind.INSPECT)
    version = sqlite.store.open_case(restricted.reference, WHISTLEBLOWING_OFFICER).version
    sqlite.store.review(restricted.reference, WHISTLEBLOWING_OFFICER, version, Decision(actions=kinds))
    return open_one.reference, restricted.reference


def test_nothing_of_a_restricted_case_is_reached_by_its_numbers_through_another(
    app: Flask, sqlite: Installation, signed_in: SignedIn, theirs: tuple[str, str]
) -> None:
    mine, restricted = theirs
    lead = signed_in(Role.WHISTLEBLOWING_OFFICER)
    token = token_of(lead.get(f"/case/{restricted}").text)
    lead.post(f"/case/{restricted}/enquiries", data={"csrf_token": token, "question": "Where is the plover?"})
    lead.post("/queue/views", data={"csrf_token": token, "name": "plover", "query": "state=filed"})
    client = signed_in(Role.OFFICER)
    token = token_of(client.get(f"/case/{mine}").text)
    before = touching(sqlite, restricted)
    everything = {"csrf_token": token, "decision": "done", "done": "taken", "note": "taken", "answer": "taken"}

    for number in (1, 2):
        for path in addresses(app, "GET", mine, number):
            if not path.startswith("/case/"):
                continue
            assert "plover" not in client.get(path).text, path
        for path in addresses(app, "POST", mine, number):
            if path.startswith("/case/") and f"/{number}" in path:
                assert "plover" not in client.post(path, data=everything).text, path
        for path in addresses(app, "POST", restricted, number):
            if path.startswith("/case/"):
                assert client.post(path, data=everything).status_code in (302, 400, 403, 404), path
        client.post(f"/queue/views/{number}/delete", data=everything)
    assert client.get("/queue").status_code == 200, "the walk was made by nobody"
    assert touching(sqlite, restricted) == before


def touching(installation: Installation, reference: str) -> dict[str, list[str]]:
    """Every row that hangs on a case, and every saved view."""
    with installation.engine.connect() as connection:
        case = connection.execute(sa.select(schema.cases.c.id).where(schema.cases.c.reference == reference)).scalar()
        found: dict[str, list[str]] = {"views": list(map(repr, connection.execute(sa.select(schema.views))))}
        for table in schema.metadata.sorted_tables:
            if "case_id" in table.c and table.name not in CHANGED_BY_LOOKING:
                rows = connection.execute(sa.select(table).where(table.c.case_id == case))
                found[table.name] = sorted(map(repr, rows))
    return found


def test_nothing_that_is_written_or_typed_is_taken_for_a_template_or_markup(
    app: Flask, sqlite: Installation, signed_in: SignedIn
) -> None:
    client = signed_in(Role.WHISTLEBLOWING_OFFICER)
    for path in plant_hostile(sqlite, app.extensions["mailbot"], LEAD):
        page = client.get(path, query_string={"words": JINJA, "next": SCRIPT} if "?" not in path else None).text
        assert "7*191" in page or "3*2011" in page, (
            f"{path}: the hostile words are not on it, so that nothing was tried"
        )
        for sign in (WORKED_OUT, NAME_WORKED_OUT, "<object", "looploop", "<script>window", "<img src=x", "<svg/onload"):
            assert sign not in page, path
