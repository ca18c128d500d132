"""The audit trail's page: who may read it, what it hides, and how the trail stands."""

from __future__ import annotations

import re

import sqlalchemy as sa

from mailbot.cases import audit
from mailbot.cases.audit_trail.check import verify
from mailbot.cases.audit_trail.checkpoints import Checkpoints
from mailbot.cases.database import writing
from mailbot.cases.schema import audit as trail
from mailbot.config import Audit, Config, Mailbox, Outgoing, Web
from mailbot.domain import Role
from mailbot.pipeline import process
from mailbot.web.app import create_app
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import COMPILED, SignedIn, record_of, sign_in, token_of


def words_of(page: str) -> str:
    """What the page says, its form left out."""
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<form.*?</form>", "", page, flags=re.DOTALL)).split())


def filed(installation: Installation, text: str, uid: int) -> str:
    process(installation.ledger.keep([mail(text, uid=uid, sender=f"jo{uid}@post.example")]), installation.office)
    known = {entry.reference for entry in installation.store.queue(WHISTLEBLOWING_OFFICER)}
    with installation.engine.connect() as connection:
        rows = connection.execute(sa.select(trail.c.reference).where(trail.c.act == "filed").order_by(trail.c.id))
        reference = rows.scalars().all()[-1]
    assert reference in known
    return str(reference)


def test_auditors_see_who_did_what_and_of_restricted_cases_no_reference(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    openly, restricted = filed(sqlite, "The food is poor.", 1), filed(sqlite, "WORKER", 2)
    sqlite.store.open_case(openly, OFFICER)
    sqlite.store.open_case(restricted, WHISTLEBLOWING_OFFICER)
    with writing(sqlite.engine).begin() as connection:
        about = {"reference": openly, "detail": f"joined to {restricted}"}
        audit.record(connection, at=sqlite.clock(), actor=OFFICER.email, act="case joined", **about)
    auditor = signed_in(Role.AUDITOR)
    page = auditor.get("/audit").text

    assert f"{OFFICER.email} read case {openly}" in words_of(page)
    assert f"{WHISTLEBLOWING_OFFICER.email} read case A case you may not see" in words_of(page)
    assert "joined to a case you may not see" in words_of(page)
    assert restricted not in page
    assert "24 November 2026, 12:00pm" in page
    assert auditor.get("/").headers["Location"] == "/audit"
    assert 'href="/audit"' in page
    for role in (Role.OFFICER, Role.WHISTLEBLOWING_OFFICER, Role.DUTY_MANAGER, Role.ADMINISTRATOR):
        client = signed_in(role)
        assert client.get("/audit").status_code == 403
        assert 'href="/audit"' not in client.get("/account").text


def test_the_trail_is_narrowed_by_who_what_case_and_day(sqlite: Installation, signed_in: SignedIn) -> None:
    openly, restricted = filed(sqlite, "The food is poor.", 1), filed(sqlite, "WORKER", 2)
    sqlite.store.open_case(openly, OFFICER)
    sqlite.clock.advance(days=3)
    sqlite.store.open_case(restricted, WHISTLEBLOWING_OFFICER)
    auditor = signed_in(Role.AUDITOR)

    def rows(**asked: str) -> int:
        return auditor.get("/audit", query_string=asked).text.count("<td") // 6

    assert rows(actor="OFFICER@example.gov.uk ") == 1
    assert rows(act="read case") == 2
    assert rows(reference=openly.lower()) == 2
    assert rows(reference=restricted) == rows(reference="MB-0000-0000") == 0
    assert rows(day="27/11/2026", actor=WHISTLEBLOWING_OFFICER.email) == 1
    assert rows(day="27/11/2026", actor=OFFICER.email) == 0
    assert "Take a filter away" in auditor.get(f"/audit?reference={restricted}").text
    wrong = auditor.get("/audit?day=31/2/2026")
    assert wrong.status_code == 400
    assert wrong.text.count("Enter a day as it is written in 24/11/2026") == 2


def test_the_trail_is_paged_newest_first_in_a_constant_number_of_queries(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    auditor = signed_in(Role.RECORDS_OFFICER)
    asked: list[str] = []
    sa.event.listen(sqlite.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def queries(address: str) -> tuple[int, str]:
        asked.clear()
        page = auditor.get(address).text
        return len([one for one in asked if one.startswith("SELECT")]), page

    few, _ = queries("/audit")
    with writing(sqlite.engine).begin() as connection:
        for number in range(120):
            about = {"reference": f"MB-0000-{number:04}", "detail": f"the {number}th"}
            audit.record(connection, at=sqlite.clock(), actor="x", act="y", **about)
    many, first = queries("/audit")
    older = re.findall(r'href="(/audit\?before=\d+)"', first)
    _, second = queries(older[0])

    assert few == many
    assert len(older) == 1
    numbers = [int(one) for page in (first, second) for one in re.findall(r"<td[^>]*>(\d+)</td>", page)]
    assert numbers == list(range(numbers[0], numbers[0] - 100, -1))
    assert ">Newest<" in re.sub(r"\s+", "", second)


def test_the_pages_say_how_the_trail_stands(sqlite: Installation) -> None:
    config = Config(
        mailbox=(Mailbox(name="enquiries", kind="maildir", path="."),),
        outgoing=Outgoing(kind="folder"),
        web=Web(second_factor="optional"),
        audit=Audit(send_to="syslog://witness.example:6514"),
    )
    app = create_app(record_of(sqlite, config), sqlite.vault.keyring)
    app.testing, app.jinja_env.bytecode_cache = True, COMPILED
    auditor, manager = app.test_client(), app.test_client()
    sign_in(auditor, "auditor@example.gov.uk")
    sign_in(manager, "duty_manager@example.gov.uk")
    assert "Never: somebody who rules the machine runs mailbot audit verify" in words_of(auditor.get("/audit").text)

    book = Checkpoints(sqlite.engine, sqlite.vault.keyring, sqlite.clock)
    made = book.make()
    book.note_problem(made, "audit.send_to witness.example could not be reached")
    book.note_verified("command line", "9 rows and 1 checkpoints in order", sound=True)
    for page in (auditor.get("/audit").text, manager.get("/health").text):
        assert "24 November 2026, 12:00pm: 9 rows and 1 checkpoints in order" in words_of(page)
        assert "Number 1, 24 November 2026, 12:00pm" in words_of(page)
        assert "1 wait since 24 November 2026, 12:00pm: audit.send_to witness.example" in words_of(page)
    book.note_sent([made])
    assert "All, the last on 24 November 2026" in words_of(manager.get("/health").text)


MARKS = ("Sandiford", "jo.sandiford", "post.example", "plover", "lapwing", "01632 960111")


def test_no_word_of_who_wrote_or_of_what_is_on_the_trail_whatever_is_done(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    headers = "Reply-To: jo.sandiford@post.example\r\n"
    text = "The plover home is poor. Ring 01632 960111. Jo Sandiford"
    process(sqlite.ledger.keep([mail(text, headers=headers), mail("CRASH lapwing", uid=2)]), sqlite.office)
    (entry,) = sqlite.store.queue(OFFICER)
    client = signed_in(Role.WHISTLEBLOWING_OFFICER)

    def post(address: str, **fields: str) -> None:
        token = token_of(client.get(f"/case/{entry.reference}").text)
        assert client.post(address, data={"csrf_token": token, **fields}).status_code in (200, 302, 303), address

    post("/search", words="plover")
    client.get(
        client.post("/search", data={"csrf_token": token_of(client.get("/search").text), "words": "plover"}).location
    )
    post("/search/sender", sender="jo.sandiford@post.example", reason="Asked for by the lead")
    post(f"/case/{entry.reference}", version="1", note="Jo Sandiford rang about the plover", actions="ask_the_service")
    post(f"/case/{entry.reference}/cover", words="plover")
    post("/set-aside/2", decision="file")
    client.get("/set-aside/2/original")
    sqlite.outbox.claim(5)
    with sqlite.engine.connect() as connection:
        rows = connection.execute(sa.select(trail)).all()

    acts = {row.act for row in rows}
    assert {"filed", "set aside", "read case", "searched", "noted", "sender looked up", "words covered"} <= acts
    for row in rows:
        said = " ".join(map(str, row))
        assert not [mark for mark in MARKS if mark.lower() in said.lower()], said
    assert verify(sqlite.engine, sqlite.vault.keyring).rows == len(rows)
