"""The API: as described, for tokens alone, by the same rules as the pages, and with restricted cases nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import Phase, given, settings

from mailbot.cases.access import ALLOWED, CONFIRMED_BY_A_SECOND
from mailbot.cases.api.api_tokens import ApiTokens
from mailbot.cases.schema import api_tokens, audit, cases
from mailbot.config import Api, Config, Mailbox, Outgoing
from mailbot.domain import ActionKind, Decision, Role
from mailbot.errors import MailbotError, NotAllowed
from mailbot.pipeline import process
from mailbot.web.api_description import OPERATIONS
from mailbot.web.api_shapes import CASE_SCHEMA, export_schema
from mailbot.web.app import NEEDS, create_app
from tests.commands import mailbot
from tests.conftest import WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn, application, record_of, token_of

ADMINISTRATOR = f"{Role.ADMINISTRATOR}@example.gov.uk"


class Caller:
    """A system that shows one token, and has no cookies."""

    def __init__(self, app: Flask, token: str) -> None:
        self.client = app.test_client(use_cookies=False)
        self.headers = {"Authorization": f"Bearer {token}"}

    def read(self, path: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers=self.headers)

    def decide(self, reference: str, **given: Any) -> Any:
        return self.client.post(f"/api/v1/cases/{reference}/decisions", json=given, headers=self.headers)


def tokens_of(installation: Installation) -> ApiTokens:
    return ApiTokens(installation.engine, installation.vault.keyring, installation.clock)


def caller(app: Flask, installation: Installation, role: Role = Role.OFFICER) -> Caller:
    tokens = tokens_of(installation)
    token, waits = tokens.add(f"{role}".replace("_", "-"), role, 30, by="command line")
    if waits:
        tokens.confirm(next(one.id for one in tokens.listed() if one.role is role), by=ADMINISTRATOR)
    return Caller(app, token)


def filed(installation: Installation, *texts: str) -> list[str]:
    """Files a message each; the references in the order of the messages."""
    messages = [mail(text, uid=number) for number, text in enumerate(texts, 1)]
    known = {entry.reference for entry in installation.store.queue(WHISTLEBLOWING_OFFICER)}
    found = []
    for message in messages:
        process(installation.ledger.keep([message]), installation.office)
        (new,) = {entry.reference for entry in installation.store.queue(WHISTLEBLOWING_OFFICER)} - known
        known.add(new)
        found.append(new)
    return found


def test_a_case_is_read_masked_and_under_the_tokens_name_and_seen_by_nobody(
    installation: Installation,
) -> None:
    app = application(installation)
    (reference,) = filed(installation, "The food is poor. Call me on 07700 900123. Jo Sandiford")
    system = caller(app, installation)

    read = system.read(f"/cases/{reference}").json
    listed = system.read("/cases").json["cases"]

    assert "food is poor" in read["messages"][0]["narrative"]
    assert "Sandiford" not in json.dumps(read)
    assert "900123" not in json.dumps(read)
    assert [one["reference"] for one in listed] == [reference]
    assert listed[0]["seen_at"] is None
    with installation.engine.connect() as connection:
        trail = connection.execute(sa.select(audit.c.actor, audit.c.act).where(audit.c.reference == reference)).all()
    assert ("token officer", "read by another system") in trail


def test_restricted_cases_are_nowhere_for_a_token_without_the_role(sqlite: Installation, app: Flask) -> None:
    open_one, hidden = filed(sqlite, "An ordinary concern", "WORKER and a plover planted here")
    sqlite.store.review(hidden, WHISTLEBLOWING_OFFICER, 1, Decision(actions=(ActionKind.HOLD_FOR_INSPECTION,)))
    system, trusted = caller(app, sqlite), caller(app, sqlite, Role.WHISTLEBLOWING_OFFICER)

    for path in ("/cases", "/actions", "/statistics", f"/cases/{hidden}", f"/cases?after={hidden}"):
        text = system.read(path).text
        assert "plover" not in text
        assert path.endswith(hidden) or hidden not in text
    missing = system.read("/cases/MB-0000-0000")
    assert system.read(f"/cases/{hidden}").data == missing.data
    assert missing.status_code == 404
    assert system.decide(hidden, version=1, note="seen").status_code == 404
    assert [one["reference"] for one in system.read("/cases").json["cases"]] == [open_one]
    assert "plover" in trusted.read(f"/cases/{hidden}").text
    assert trusted.read("/actions").json["actions"][0]["id"] == f"{hidden}-1"


def test_a_decision_follows_the_rules_of_the_page(sqlite: Installation, app: Flask) -> None:
    (reference,) = filed(sqlite, "An ordinary concern")
    system = caller(app, sqlite)
    version = system.read(f"/cases/{reference}").json["version"]

    empty = system.decide(reference, version=version)
    unknown = system.decide(reference, version=version, corrections={"sender": "x"}, reason="why")
    done = system.decide(reference, version=version, actions=["hold_for_inspection"], note="Held")
    stale = system.decide(reference, version=version, note="Once more")

    assert empty.status_code == unknown.status_code == 400
    assert {"field": "sender", "detail": "There is no such field"} in unknown.json["errors"]
    assert (done.status_code, done.json["version"]) == (200, version + 1)
    assert (stale.status_code, stale.json["version"]) == (409, version + 1)
    assert stale.mimetype == "application/problem+json"
    (action,) = system.read("/actions?state=open").json["actions"]
    assert (action["id"], action["decided_by"]) == (f"{reference}-1", "token officer")
    assert system.read(f"/actions?after={action['id']}").json == {"actions": [], "after": None}


def test_no_token_lowers_a_danger_and_what_needs_two_waits_for_a_second(
    sqlite: Installation, app: Flask, signed_in: SignedIn
) -> None:
    (reference,) = filed(sqlite, "DANGER")
    system = caller(app, sqlite, Role.WHISTLEBLOWING_OFFICER)
    version = system.read(f"/cases/{reference}").json["version"]

    lowered = system.decide(reference, version=version, corrections={"immediate_risk": "false"}, reason="It is none")
    ended = system.decide(reference, version=version, close=True, note="Nothing in it")

    assert lowered.status_code == 403
    assert ended.status_code == 202
    assert system.read(f"/cases/{reference}").json["state"] == "new"
    officer = signed_in(Role.OFFICER)
    page = officer.get(f"/case/{reference}").text
    token = token_of(page)
    officer.post(f"/case/{reference}/second/1", data={"decision": "agree", "csrf_token": token})
    assert system.read(f"/cases/{reference}").json["state"] == "closed"


def test_a_token_works_for_its_role_and_its_time_alone(sqlite: Installation, app: Flask, signed_in: SignedIn) -> None:
    tokens = tokens_of(sqlite)
    with pytest.raises(MailbotError, match="administrator"):
        tokens.add("root", Role.ADMINISTRATOR, 1, by="command line")
    secret, waits = tokens.add("wb", Role.WHISTLEBLOWING_OFFICER, 10, by="command line")
    system = Caller(app, secret)
    assert waits
    assert system.read("/cases").status_code == 401

    administrator = signed_in(Role.ADMINISTRATOR)
    page = administrator.get("/deliveries").text
    administrator.post("/deliveries/tokens/1/confirm", data={"csrf_token": token_of(page)})
    assert system.read("/cases").status_code == 200
    with pytest.raises(NotAllowed):
        tokens.confirm(1, by=ADMINISTRATOR)

    sqlite.clock.advance(days=10)
    assert system.read("/cases").status_code == 401
    fresh = caller(app, sqlite)
    tokens.revoke("officer", by="command line")
    assert fresh.read("/cases").headers["WWW-Authenticate"].startswith("Bearer")
    with sqlite.engine.connect() as connection:
        kept = connection.execute(sa.select(api_tokens)).all()
    assert secret not in repr(kept)


def test_each_operation_needs_a_token_whose_role_includes_it(sqlite: Installation, app: Flask) -> None:
    (reference,) = filed(sqlite, "An ordinary concern")
    callers = {role: caller(app, sqlite, role) for role in Role if role is not Role.ADMINISTRATOR}
    for one in OPERATIONS:
        path = "/api/v1" + one.path.replace("{reference}", reference).replace("{urn}", "SC123456")
        nobody = app.test_client().open(path, method=one.method)
        assert (nobody.status_code, nobody.mimetype) == (401, "application/problem+json")
        for role, system in callers.items():
            status = system.client.open(path, method=one.method, headers=system.headers).status_code
            allowed = role in ALLOWED[NEEDS[f"api.{one.name}"]]
            assert (status == 403) is not allowed, f"{role} {path}: {status}"
    assert CONFIRMED_BY_A_SECOND & set(callers) == {Role.WHISTLEBLOWING_OFFICER}


def test_a_cookie_opens_nothing_and_none_is_set(sqlite: Installation, app: Flask, signed_in: SignedIn) -> None:
    officer, system = signed_in(Role.OFFICER), caller(app, sqlite)

    assert officer.get("/api/v1/cases").status_code == 401
    assert "Set-Cookie" not in system.read("/cases").headers
    assert officer.get("/queue").status_code == 200, "the session is over"


def test_a_token_that_asks_too_often_waits(sqlite: Installation, app: Flask) -> None:
    system = caller(app, sqlite)
    with sqlite.engine.begin() as connection:
        minute = sqlite.clock().replace(second=0, microsecond=0)
        connection.execute(sa.update(api_tokens).values(minute_at=minute, asked=119))

    assert system.read("/services").status_code == 200
    refused = system.read("/services")
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    sqlite.clock.advance(minutes=1)
    assert system.read("/services").status_code == 200


def test_the_pages_of_a_list_hold_every_case_once(sqlite: Installation, app: Flask) -> None:
    references = filed(sqlite, "An ordinary concern")
    with sqlite.engine.begin() as connection:
        (row,) = connection.execute(sa.select(cases)).mappings().all()
        copies = [{**row, "id": number, "reference": f"MB-00{number:02d}-0000"} for number in range(2, 72)]
        connection.execute(sa.insert(cases), copies)
    system, found = caller(app, sqlite), []
    after: str | None = ""
    while after is not None:
        page = system.read(f"/cases{f'?after={after}' if after else ''}").json
        found += [one["reference"] for one in page["cases"]]
        after = page["after"]

    assert sorted(found) == sorted([*references, *(one["reference"] for one in copies)])


def test_every_answer_is_as_the_description_says(sqlite: Installation) -> None:
    """Schemathesis makes up requests that fit the description, and ones that do not, and holds it to each answer."""
    import schemathesis
    from schemathesis.specs.openapi import checks

    app = many_requests(sqlite)
    (reference,) = filed(sqlite, "An ordinary concern")
    system = caller(app, sqlite, Role.DUTY_MANAGER)
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    always: list[Any] = [schemathesis.checks.not_a_server_error, checks.content_type_conformance]
    always += [checks.response_schema_conformance, checks.status_code_conformance]
    right, wrong = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
    for operation in OPERATIONS:
        asked = described[f"/api/v1{operation.path}"][operation.method]
        there = {"reference": reference} if "{reference}" in operation.path else None
        hold(asked.as_strategy(right, path_parameters=there), system, always)
        if operation.body or operation.asked.__struct_fields__:
            hold(asked.as_strategy(wrong), system, [*always, checks.negative_data_rejection])


def hold(made_up: Any, system: Caller, checks: list[Any]) -> None:
    """Holds the API to its answers to some requests, the same ones each time."""

    @settings(max_examples=5, derandomize=True, database=None, phases=[Phase.generate])
    @given(case=made_up)
    def holds(case: Any) -> None:
        case.call_and_validate(headers=system.headers, checks=checks)

    holds()


def many_requests(installation: Installation) -> Flask:
    """The application, where a token may ask as often as it likes."""
    config = Config(
        mailbox=(Mailbox(name="enquiries", kind="maildir", path="."),),
        outgoing=Outgoing(kind="folder"),
        api=Api(requests_a_minute=100_000),
    )
    app = create_app(record_of(installation, config), installation.vault.keyring)
    app.testing = True
    return app


def test_an_export_holds_what_changed_masked_and_no_restricted_case_unless_an_officer_with_the_role_asks(
    sqlite: Installation, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    open_one, hidden = filed(sqlite, "The food is poor, says Jo Sandiford", "WORKER")
    environment = {"MAILBOT_CONFIG": str(tmp_path / "config.toml")}

    def export(name: str, *words: str) -> list[dict[str, Any]]:
        said = mailbot("export", "cases", str(tmp_path / name), *words, environment=environment)
        assert said.code == 0, said.both
        return [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]

    before = export("before.jsonl", "--since", "2026-11-01")
    assert [one["reference"] for one in before] == [open_one]
    assert before[0]["schema"] == CASE_SCHEMA
    assert "Sandiford" not in json.dumps(before)
    assert export("after.jsonl", "--since", "2026-11-25") == [], "reading counts as a change"
    trusted = export("all.jsonl", "--since", "2026-11-01", "--as", "whistleblowing_officer@example.gov.uk")
    assert {one["reference"] for one in trusted} == {open_one, hidden}
    with sqlite.engine.begin() as connection:
        erased = sa.update(cases).where(cases.c.reference == open_one)
        connection.execute(erased.values(sealed_narrative=b""))
    assert export("without.jsonl", "--since", "2026-11-01") == [], "what is erased is left out"
    refused = mailbot("export", "cases", str(tmp_path / "all.jsonl"), "--since", "2026-11-01", environment=environment)
    assert (refused.code, "never writes over" in refused.both) == (1, True)


def test_the_schema_in_the_docs_is_that_of_the_export() -> None:
    kept = json.loads((Path(__file__).parents[2] / "docs" / "case-export.schema.json").read_text())

    assert kept == export_schema()


CONFIG = """
[[mailbox]]
name = "enquiries"
kind = "maildir"
path = "mail"
[outgoing]
kind = "folder"
[keys]
file = "keys"
store = "sqlite:///keystore.sqlite3"
"""
