"""What is given out: to people about themselves, to the public, to courts; and by when a request is answered."""

from __future__ import annotations

import dataclasses
import json
import stat
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from mailbot.cases import schema
from mailbot.cases.access import Officer
from mailbot.cases.arrivals.joining import add_task
from mailbot.cases.letters.letters import LETTER_PLACE
from mailbot.cases.records.courts import Courts, CourtState, Forum, Included, Order
from mailbot.cases.records.requests import Outcome, RequestKind, Requests, last_day
from mailbot.cases.records.rights import Choices, Export, Rights
from mailbot.cases.sealing.vault import Purpose
from mailbot.commands.app import app
from mailbot.domain import Assessment, Channel, Correction, Decision, Email, Letter, Role, TaskKind
from mailbot.errors import NotAllowed
from mailbot.pipeline import process
from tests.conftest import OFFICER, PASSWORD, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import WordJudge, mail

RECORDS = Officer(email="records_officer@example.gov.uk", role=Role.RECORDS_OFFICER)
SECOND = Officer(email="second.records@example.gov.uk", role=Role.RECORDS_OFFICER)
LETTER = (
    "Kayla Brown shut the boathouse door on my son.\nWrite to me, or to tom.ash@care.example, or ring 01632 960411.\n\n"
    "Regards\nJo Sandiford\n01632 960417"
)
CONFIG = """
[database]
url = "sqlite:///mailbot.sqlite3"
[keys]
file = "keys"
store = "sqlite:///keystore.sqlite3"
[outgoing]
kind = "folder"
[[mailbox]]
name = "enquiries"
kind = "maildir"
path = "mail"
"""


class NamingJudge(WordJudge):
    def assess(self, emails: Sequence[Email]) -> list[Assessment]:
        return [dataclasses.replace(one, people=("Kayla Brown",)) for one in super().assess(emails)]


def filed(installation: Installation, text: str = LETTER, uid: int = 1, **more: str) -> str:
    known = {one.reference for one in installation.store.queue(None)}
    office = dataclasses.replace(installation.office, assessor=NamingJudge())
    process(installation.ledger.keep([mail(text, uid=uid, **more)]), office)
    return next(one.reference for one in installation.store.queue(None) if one.reference not in known)


def rights_of(installation: Installation) -> Rights:
    return Rights(installation.engine, installation.vault, installation.clock)


def acts(installation: Installation, reference: str) -> list[str]:
    query = sa.select(schema.audit.c.act).where(schema.audit.c.reference == reference).order_by(schema.audit.c.id)
    with installation.engine.connect() as connection:
        return list(connection.execute(query).scalars())


def said(export: Export) -> str:
    return " ".join(
        " ".join((one.subject, one.text, one.quoted, one.sender or ""))
        for case in export.cases
        for one in case.messages
    )


def test_people_get_what_they_wrote_with_their_own_details_and_nobody_elses(installation: Installation) -> None:
    reference = filed(installation)
    other = filed(installation, "I am another.", 2, sender="Ann Quill <ann@post.example>")
    restricted = filed(installation, "WORKER and it was me again", 3)
    installation.store.review(reference, OFFICER, 1, Decision(note="Rang Kayla Brown"))
    rights = rights_of(installation)
    export = rights.of_subject(RECORDS, ["jo.sandiford@post.example"], "subject access")

    assert [case.reference for case in export.cases] == [reference], "no restricted case without the role"
    words = said(export)
    assert "Jo Sandiford" in words
    assert "01632 960417" in words
    for others in ("Kayla", "tom.ash", "01632 960411", "Quill", "officer@example"):
        assert others not in str(export), others
    assert [(one.what, one.exemptions) for one in export.withheld] == [
        ("person 1", ("s.40(2)",)),
        ("email 1", ("s.40(2)",)),
        ("phone 1", ("s.40(2)",)),
    ]
    (letter,) = export.cases[0].letters
    assert reference in letter.text
    assert acts(installation, reference)[-1] == "exported: subject access"
    by_name = rights.of_subject(WHISTLEBLOWING_OFFICER, ["Jo Sandiford"], "subject access")
    assert {case.reference for case in by_name.cases} == {reference, restricted}
    assert other not in str(by_name)
    assert rights.of_subject(RECORDS, ["nobody@post.example"], "x").cases == ()
    for refused in ("Jo", ""):
        with pytest.raises(NotAllowed, match="full name"):
            rights.of_subject(RECORDS, [refused], "x")
    with pytest.raises(NotAllowed, match="keep the records"):
        rights.of_subject(OFFICER, ["Jo Sandiford"], "x")


def test_a_case_goes_to_the_public_without_names_and_each_omission_has_its_section(sqlite: Installation) -> None:
    reference, restricted = filed(sqlite), filed(sqlite, "WORKER", 2, sender="Ann Quill <ann@post.example>")
    sqlite.store.review(reference, OFFICER, 1, Decision(note="Rang her"))
    choices = Choices(sections={"note": ("s.30", "s.42")}, words=[("the  boathouse", "s.38")])
    export = rights_of(sqlite).of_case(RECORDS, reference, Choices(words=[("boathouse door", "s.38")]))
    withheld = {(one.place, one.what, one.exemptions) for one in export.withheld}

    for name in ("Sandiford", "Kayla", "tom.ash", "01632", "boathouse", "Rang her", OFFICER.email):
        assert name not in str(export), name
    assert "[withheld 1] on my son" in said(export)
    assert ("message 1, text", "sender 1", ("s.40(2)", "s.41")) in withheld
    assert ("message 1, text", "withheld 1", ("s.38",)) in withheld
    assert ("note 1", "note", ("s.31",)) in withheld
    assert any(place.startswith("letter 1") for place, _, _ in withheld) or "Sandiford" not in str(
        export.cases[0].letters
    )
    other = rights_of(sqlite).of_case(RECORDS, reference, choices)
    assert ("note 1", ("s.30", "s.42")) in {(one.place, one.exemptions) for one in other.withheld}
    with pytest.raises(NotAllowed, match="no such case"):
        rights_of(sqlite).of_case(RECORDS, restricted, Choices())
    with pytest.raises(NotAllowed, match=r"no exemption s\.99"):
        Choices(words=[("x", "s.99")])


def test_a_court_is_given_what_two_people_agreed_to_and_the_trail_says_what(sqlite: Installation) -> None:
    reference = filed(sqlite)
    sqlite.store.review(reference, OFFICER, 1, Decision(note="Rang Kayla Brown"))
    courts = Courts(sqlite.engine, sqlite.vault, sqlite.clock)
    order = Order(court_reference="ZE26C00417", reason="Family Division, order of 3 November")
    with pytest.raises(NotAllowed, match="at least one part"):
        courts.ask(reference, RECORDS, Forum.COURT, order, [])
    number = courts.ask(
        reference, RECORDS, Forum.COURT, order, [Included.MESSAGES, Included.IDENTITY, Included.ORIGINALS]
    )
    with pytest.raises(NotAllowed, match="yourself"):
        courts.decide(number, RECORDS, agrees=True)
    with pytest.raises(NotAllowed, match="approved"):
        courts.approved(number, RECORDS)
    courts.decide(number, SECOND, agrees=True)
    disclosure = courts.approved(number, RECORDS)
    export, originals = rights_of(sqlite).for_court(RECORDS, disclosure)
    courts.note_made(number, RECORDS, "0" * 64)

    assert disclosure.order == order
    assert LETTER.splitlines()[0] in said(export)
    assert "Jo Sandiford <jo.sandiford@post.example>" in said(export)
    assert export.cases[0].notes == ()
    assert b"Kayla Brown" in originals[0]
    (one,) = courts.listed(SECOND)
    assert (one.state, one.asked_by, one.decided_by) == (CourtState.MADE, RECORDS.email, SECOND.email)
    assert acts(sqlite, reference)[-4:] == [
        "court disclosure asked",
        "court disclosure approved",
        "exported: court",
        "court disclosure made",
    ]
    with sqlite.engine.connect() as connection:
        kept = str(connection.execute(sa.select(schema.audit.c.detail)).scalars().all())
    assert "ZE26C00417" not in kept
    masked = courts.ask(reference, RECORDS, Forum.APPEAL, order, [Included.MESSAGES])
    courts.decide(masked, SECOND, agrees=True)
    without, none = rights_of(sqlite).for_court(RECORDS, courts.approved(masked, RECORDS))
    assert "Sandiford" not in str(without)
    assert none == []


def test_the_commands_write_json_and_pdf_that_only_their_owner_reads(
    sqlite: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = filed(sqlite)
    (tmp_path / "config.toml").write_text(CONFIG)
    end = ["--as", RECORDS.email, "--config", str(tmp_path / "config.toml")]
    runner, out = CliRunner(), tmp_path / "given"
    assert (
        runner.invoke(app, ["export", "subject", str(out), "--address", "jo.sandiford@post.example", *end]).exit_code
        == 0
    )
    again = runner.invoke(app, ["export", "case", reference, str(out), *end])
    assert "not there" in str(again.exception)

    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    assert (out / "export.pdf").read_bytes().startswith(b"%PDF")
    told = json.loads((out / "export.json").read_text())
    assert told["cases"][0]["reference"] == reference
    assert RECORDS.email not in (out / "export.json").read_text()
    sqlite.clock.advance(days=1)
    listed = runner.invoke(app, ["retention", "--dry-run", "--json", *end])
    assert json.loads(listed.stdout) == []
    refused = runner.invoke(app, ["retention", "propose", reference, *end])
    assert "not due" in str(refused.exception)
    assert PASSWORD not in listed.stdout


@pytest.mark.parametrize(
    ("kind", "came", "extended", "due"),
    [
        (RequestKind.FOI, date(2026, 11, 24), False, date(2026, 12, 22)),
        (RequestKind.FOI, date(2026, 12, 21), False, date(2027, 1, 21)),  # Christmas, Boxing Day's substitute, New Year
        (RequestKind.SUBJECT_ACCESS, date(2026, 11, 24), False, date(2026, 12, 24)),
        (RequestKind.SUBJECT_ACCESS, date(2026, 11, 25), False, date(2026, 12, 29)),
        (RequestKind.SUBJECT_ACCESS, date(2027, 1, 31), False, date(2027, 3, 1)),
        (RequestKind.SUBJECT_ACCESS, date(2026, 11, 24), True, date(2027, 2, 24)),
    ],
)
def test_the_last_day_is_the_statutes(kind: RequestKind, came: date, extended: bool, due: date) -> None:
    assert last_day(kind, came, extended=extended) == due


def test_a_request_runs_from_the_day_it_came_and_is_extended_once_with_a_reason(installation: Installation) -> None:
    reference = filed(installation)
    is_request = (Correction(field="kind", value="information_request", reason="it asks"),)
    installation.store.review(reference, OFFICER, 1, Decision(corrections=is_request))
    requests = Requests(installation.engine, installation.vault, installation.clock)
    (one,) = requests.listed(RECORDS)
    assert (one.kind, one.due_on, one.late) == (RequestKind.FOI, date(2026, 12, 22), False)
    with pytest.raises(NotAllowed, match="subject access"):
        requests.extend(reference, RECORDS, "Complex")
    requests.classify(reference, RECORDS, RequestKind.SUBJECT_ACCESS)
    requests.extend(reference, RECORDS, "Three services are asked")
    with pytest.raises(NotAllowed, match="once"):
        requests.extend(reference, RECORDS, "Still complex")
    (one,) = requests.listed(RECORDS)
    assert (one.due_on, one.extension) == (date(2027, 2, 24), "Three services are asked")
    installation.clock.advance(days=100)
    assert requests.listed(RECORDS)[0].late
    requests.answer(reference, RECORDS, Outcome.ANSWERED)
    assert requests.listed(RECORDS) == []
    (done,) = requests.listed(RECORDS, answered=True)
    assert (done.outcome, done.late, done.answered_by) == (Outcome.ANSWERED, True, RECORDS.email)
    with pytest.raises(NotAllowed, match="dealt with"):
        requests.answer(reference, RECORDS, Outcome.REFUSED)


def test_a_letter_names_none_of_those_who_wrote_the_case_nor_of_one_that_was_joined_to_another(
    sqlite: Installation,
) -> None:
    reference = filed(sqlite, "The food is poor.\n\nJane Smith", sender="Jane Smith <jane@post.example>")
    other = filed(sqlite, "It is still poor.\n\nJane", 2, sender="Jane <jane.home@post.example>")
    with sqlite.engine.begin() as connection:
        rows = {row.reference: row for row in connection.execute(sa.select(schema.cases))}
        letter = connection.execute(sa.select(schema.letters).where(schema.letters.c.case_id == rows[other].id)).one()
        written = Letter(
            recipient="jane@post.example",
            channel=Channel.EMAIL,
            subject="Your message, Jane Smith",
            body="Dear Jane Smith, dear Jane: we wrote to jane@post.example and jane.home@post.example.",
            template="enquiry",
            reply_address="",
        )
        place = f"{LETTER_PLACE}:{letter.token}"
        sealed = sqlite.vault.seal(rows[other].vault_id, Purpose.IDENTITY, place, msgspec.json.encode(written))
        mine = schema.letters.c.id == letter.id
        connection.execute(sa.update(schema.letters).where(mine).values(sealed_letter=sealed))
        add_task(connection, rows[other].id, TaskKind.JOIN, "the same home", rows[reference].id, sqlite.clock())
    (task,) = sqlite.store.open_case(other, OFFICER).tasks
    sqlite.store.settle_task(other, OFFICER, task.id, join=True)

    for one in (reference, other):
        given = str(rights_of(sqlite).of_case(RECORDS, one, Choices()))
        for name in ("Jane", "Smith", "post.example"):
            assert name not in given, (one, name)


def test_nothing_is_withheld_by_blank_words() -> None:
    with pytest.raises(NotAllowed, match="words"):
        Choices(words=[(" ", "s.30")])
