"""Who wrote: opened to those who may ask, for minutes, on record; files and originals as they were sent."""

from __future__ import annotations

import dataclasses
import json
import socketserver
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.cases.arrivals.by_hand import EnteredFile, new_token
from mailbot.cases.identity.covering import Covering
from mailbot.cases.identity.identity import LONGEST_REASON, Identities, RequestState
from mailbot.cases.identity.openings import Openings
from mailbot.cases.identity.originals import Originals
from mailbot.cases.schema import audit, cases, identity_requests
from mailbot.config import Scanner, load
from mailbot.domain import Correction, Decision, Entry, EntryKind, Relation, Role, TaskKind
from mailbot.errors import ConfigError, NotAllowed
from mailbot.intake.parse import parse
from mailbot.intake.taking_out import FAILED, NOT_SCANNED, NOT_THERE, TakingOut, file_in
from mailbot.pipeline import process
from mailbot.taking_in import file_handed_back
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import NOON, mail

SECOND = Officer(email="second.wb@example.gov.uk", role=Role.WHISTLEBLOWING_OFFICER)
MANAGER = Officer(email="manager@example.gov.uk", role=Role.DUTY_MANAGER)
AUDITOR = Officer(email="auditor@example.gov.uk", role=Role.AUDITOR)
DIFFICULT = Path(__file__).parent.parent / "intake" / "samples" / "reading"
PHOTOS = DIFFICULT / "doc-photos.eml"
WHY = "They asked to be rung back"
PDF = b"%PDF-1.4 scanned"
SIGNED = "Ring 07700 900123.\n\nRegards\nJo Sandiford\n4 Larch Lane\nIpswich IP1 1AA"


def filed(installation: Installation, text: str = SIGNED, **more: str) -> str:
    with installation.engine.connect() as connection:
        before = set(connection.execute(sa.select(cases.c.reference)).scalars())
    process(installation.ledger.keep([mail(text, uid=len(before) + 1, **more)]), installation.office)
    with installation.engine.connect() as connection:
        (new,) = set(connection.execute(sa.select(cases.c.reference)).scalars()) - before
    return str(new)


def entered(installation: Installation, *files: EnteredFile, **told: Any) -> str:
    entry = Entry(
        kind=EntryKind.CALL,
        entered_by=OFFICER.email,
        received_at=NOON,
        said="The food is poor.",
        relation=Relation.OTHER,
        **told,
    )
    return installation.entries.enter(OFFICER, "enquiries", entry, files, new_token()).reference


def identities(installation: Installation, **settings: str) -> Identities:
    return Identities(installation.engine, installation.vault, installation.clock, **settings)  # type: ignore[arg-type]


def acts(installation: Installation, reference: str, about: str = "identity") -> list[tuple[str, str, str]]:
    query = sa.select(audit.c.actor, audit.c.act, audit.c.detail).where(audit.c.reference == reference)
    with installation.engine.connect() as connection:
        rows = connection.execute(query.order_by(audit.c.id)).all()
    return [(row.actor, row.act, row.detail) for row in rows if about in row.act]


def kinds(installation: Installation, reference: str) -> list[TaskKind]:
    return [task.kind for task in installation.store.open_case(reference, WHISTLEBLOWING_OFFICER).tasks]


# ---- Asked and opened ------------------------------------------------------------------------------------------------


def test_an_officer_who_says_why_sees_who_wrote_for_a_quarter_of_an_hour(installation: Installation) -> None:
    reference, who = filed(installation), identities(installation)
    for reason in (" \n", "x" * (LONGEST_REASON + 1)):
        with pytest.raises(NotAllowed, match="Say why"):
            who.ask(reference, OFFICER, reason)
    with pytest.raises(NotAllowed, match="not open"):
        who.look(reference, OFFICER)
    assert who.ask(reference, OFFICER, WHY) is RequestState.OPEN
    installation.clock.advance(minutes=14, seconds=10)
    known = who.look(reference, OFFICER)

    (writer,) = known.writers
    assert (writer.name, writer.address) == ("Jo Sandiford", "jo.sandiford@post.example")
    assert writer.telephones == ("07700 900123",)
    assert writer.postal == dict(writer.stands_for)["[postal address 1]"] == "4 Larch Lane\nIpswich IP1 1AA"
    assert known.minutes_left == 1
    with pytest.raises(NotAllowed, match="not open"):
        who.look(reference, MANAGER)
    installation.clock.advance(seconds=50)
    with pytest.raises(NotAllowed, match="not open"):
        who.look(reference, OFFICER)
    assert who.standing(reference, OFFICER).state is None
    assert acts(installation, reference) == [
        (OFFICER.email, "identity asked", WHY),
        (OFFICER.email, "identity opened", "for 15 minutes"),
        (OFFICER.email, "identity looked at", ""),
    ]


def test_it_can_be_closed_before_its_time_and_no_reason_stands_in_the_clear(installation: Installation) -> None:
    reference, who = filed(installation), identities(installation)
    who.ask(reference, OFFICER, WHY)
    assert who.ask(reference, OFFICER, "sent twice") is RequestState.OPEN
    who.close(reference, OFFICER)

    with pytest.raises(NotAllowed, match="not open"):
        who.look(reference, OFFICER)
    assert [act for _, act, _ in acts(installation, reference)][-1] == "identity closed"
    with installation.engine.connect() as connection:
        (row,) = connection.execute(sa.select(identity_requests)).all()
    assert not any(WHY in str(value) for value in row)


def test_who_may_ask_is_who_may_see_the_case_in_their_own_right(installation: Installation) -> None:
    reference, who = filed(installation, f"WORKER in DANGER {SIGNED}"), identities(installation)
    openings = Openings(installation.engine, installation.clock)
    openings.open(reference, MANAGER, "Nobody else is there")
    broke_glass = dataclasses.replace(MANAGER, opened=openings.opened_by(MANAGER.email))
    assert installation.store.open_case(reference, broke_glass).entry.restricted

    for officer in (OFFICER, broke_glass):
        with pytest.raises(NotAllowed) as there:
            who.ask(reference, officer, WHY)
        with pytest.raises(NotAllowed) as nowhere:
            who.ask("MB-0000-0000", officer, WHY)
        assert str(there.value) == str(nowhere.value)
        with pytest.raises(NotAllowed, match="no such case"):
            who.standing(reference, officer)
    with pytest.raises(NotAllowed, match="role"):
        who.ask(reference, AUDITOR, WHY)
    assert acts(installation, reference) == []


# ---- The second officer ----------------------------------------------------------------------------------------------


def test_for_a_whistleblower_a_second_officer_agrees_first_and_never_the_one_who_asked(
    installation: Installation,
) -> None:
    reference, who = filed(installation, f"WORKER {SIGNED}"), identities(installation)
    assert who.ask(reference, WHISTLEBLOWING_OFFICER, WHY) is RequestState.WAITING
    assert who.standing(reference, WHISTLEBLOWING_OFFICER).others == ()
    (asked,) = who.standing(reference, SECOND).others
    assert (asked.asked_by, asked.reason) == (WHISTLEBLOWING_OFFICER.email, WHY)
    assert kinds(installation, reference) == [TaskKind.IDENTITY_ASKED]
    (task,) = installation.store.open_case(reference, SECOND).tasks
    with pytest.raises(NotAllowed, match="Approve or refuse"):
        installation.store.settle_task(reference, SECOND, task.id)
    with pytest.raises(NotAllowed, match="yourself"):
        who.approve(reference, asked.id, WHISTLEBLOWING_OFFICER)
    with pytest.raises(NotAllowed, match="role"):
        who.approve(reference, asked.id, MANAGER)
    with pytest.raises(NotAllowed, match="decided meanwhile"):
        who.open(reference, WHISTLEBLOWING_OFFICER)
    who.approve(reference, asked.id, SECOND)
    with pytest.raises(NotAllowed, match="not open"):
        who.look(reference, WHISTLEBLOWING_OFFICER)
    installation.clock.advance(hours=1)
    who.open(reference, WHISTLEBLOWING_OFFICER)

    assert who.look(reference, WHISTLEBLOWING_OFFICER).minutes_left == 15
    assert kinds(installation, reference) == []
    with pytest.raises(NotAllowed, match="not open"):
        who.look(reference, SECOND)
    with pytest.raises(NotAllowed, match="decided meanwhile"):
        who.refuse(reference, asked.id, SECOND)
    approved = (SECOND.email, "identity approved", f"asked by {WHISTLEBLOWING_OFFICER.email}")
    assert approved in acts(installation, reference)


def test_what_was_refused_taken_back_or_not_decided_in_a_day_opens_nothing(installation: Installation) -> None:
    reference, who = filed(installation, f"WORKER {SIGNED}"), identities(installation)
    who.ask(reference, WHISTLEBLOWING_OFFICER, WHY)
    who.refuse(reference, who.standing(reference, SECOND).others[0].id, SECOND)
    refused = who.standing(reference, WHISTLEBLOWING_OFFICER)
    assert (refused.state, refused.decided_by) == (RequestState.REFUSED, SECOND.email)

    who.ask(reference, WHISTLEBLOWING_OFFICER, WHY)
    who.close(reference, WHISTLEBLOWING_OFFICER)
    assert (who.standing(reference, SECOND).others, kinds(installation, reference)) == ((), [])

    who.ask(reference, WHISTLEBLOWING_OFFICER, WHY)
    installation.clock.advance(hours=24)
    assert who.standing(reference, SECOND).others == ()
    assert who.ask(reference, WHISTLEBLOWING_OFFICER, WHY) is RequestState.WAITING
    assert kinds(installation, reference) == [TaskKind.IDENTITY_ASKED]
    who.approve(reference, who.standing(reference, SECOND).others[0].id, SECOND)
    installation.clock.advance(hours=24)
    with pytest.raises(NotAllowed, match="decided meanwhile"):
        who.open(reference, WHISTLEBLOWING_OFFICER)


def test_where_somebody_may_be_in_danger_it_opens_at_once_and_another_officer_looks_afterwards(
    installation: Installation,
) -> None:
    reference, who = filed(installation, f"WORKER in DANGER {SIGNED}"), identities(installation)
    assert who.ask(reference, WHISTLEBLOWING_OFFICER, WHY) is RequestState.OPEN
    assert who.look(reference, WHISTLEBLOWING_OFFICER).writers[0].name == "Jo Sandiford"
    case = installation.store.open_case(reference, SECOND)
    (task,) = [one for one in case.tasks if one.kind is TaskKind.IDENTITY_OPENED]

    with pytest.raises(NotAllowed, match="yourself"):
        installation.store.settle_task(reference, WHISTLEBLOWING_OFFICER, task.id)
    installation.store.settle_task(reference, SECOND, task.id)
    assert kinds(installation, reference) == []
    opened = [detail for _, act, detail in acts(installation, reference) if act == "identity opened"]
    assert opened == ["for 15 minutes; danger, without a second officer"]


def test_without_a_second_officer_in_the_settings_it_opens_at_once_and_no_task_is_left(sqlite: Installation) -> None:
    reference = filed(sqlite, f"WORKER in DANGER {SIGNED}")

    assert identities(sqlite, second_officer="never").ask(reference, SECOND, WHY) is RequestState.OPEN
    assert kinds(sqlite, reference) == []


def test_what_is_open_closes_when_the_case_comes_to_need_a_second_officer(installation: Installation) -> None:
    reference, who = filed(installation), identities(installation)
    for officer in (OFFICER, WHISTLEBLOWING_OFFICER):
        who.ask(reference, officer, WHY)
    Covering(installation.engine, installation.vault, installation.clock).restrict(reference, OFFICER)

    with pytest.raises(NotAllowed, match="no such case"):
        who.look(reference, OFFICER)
    with pytest.raises(NotAllowed, match="not open"):
        who.look(reference, WHISTLEBLOWING_OFFICER)
    assert who.ask(reference, WHISTLEBLOWING_OFFICER, WHY) is RequestState.WAITING


def test_a_case_joined_to_another_opens_nothing_and_its_request_waits_for_nobody(sqlite: Installation) -> None:
    first, who = filed(sqlite, "WORKER one"), identities(sqlite)
    second = filed(sqlite, f"WORKER, as I wrote in {first}")
    who.ask(second, WHISTLEBLOWING_OFFICER, WHY)
    (join,) = [one for one in sqlite.store.open_case(second, SECOND).tasks if one.kind is TaskKind.JOIN]
    sqlite.store.settle_task(second, SECOND, join.id, join=True)

    with pytest.raises(NotAllowed, match="goes on as another"):
        who.ask(second, WHISTLEBLOWING_OFFICER, WHY)
    assert who.standing(first, SECOND).others == ()
    (task,) = sqlite.store.open_case(first, SECOND).tasks
    sqlite.store.settle_task(first, SECOND, task.id)


# ---- What is shown ---------------------------------------------------------------------------------------------------


def test_of_a_call_the_number_to_ring_and_the_safe_times_are_shown(installation: Installation) -> None:
    reference = entered(installation, name="Jo Sandiford", telephone="01632 960001", telephone_times="after six")
    who = identities(installation)
    who.ask(reference, OFFICER, WHY)

    for _ in range(2):
        (writer,) = who.look(reference, OFFICER).writers
        assert (writer.name, writer.telephones) == ("Jo Sandiford", ("01632 960001",))
        assert writer.telephone_times == "after six"
        file_handed_back(installation.office)  # judged, it is the same caller's still


def test_each_later_message_has_its_own_writer_and_other_cases_are_those_that_the_officer_may_see(
    installation: Installation,
) -> None:
    first, who = filed(installation, "One"), identities(installation)
    plain, restricted = filed(installation, "Another"), filed(installation, "WORKER, a third")
    filed(installation, "Somebody else's", sender="Ade Oduya <ade@post.example>")
    letters = {one.case_reference: one.letter.tagged_address for one in installation.outbox.claim(10)}
    later = mail("Later", uid=9, sender="Sam Oduya <jo.sandiford@post.example>", to=letters[first])
    process(installation.ledger.keep([later]), installation.office)
    who.ask(first, OFFICER, WHY)
    who.ask(first, WHISTLEBLOWING_OFFICER, WHY)

    known = who.look(first, OFFICER)
    assert [one.name for one in known.writers] == ["Jo Sandiford", "Sam Oduya"]
    assert (known.originals, [one.reference for one in known.others]) == (2, [plain])
    others = [one.reference for one in who.look(first, WHISTLEBLOWING_OFFICER).others]
    assert others == [restricted, plain]
    assert (WHISTLEBLOWING_OFFICER.email, "found by its sender", "") in acts(installation, restricted, "sender")
    assert acts(installation, restricted, "identity") == []


def test_of_whom_nothing_is_known_that_is_said_only_when_it_is_open_and_so_is_what_is_erased(
    installation: Installation,
) -> None:
    nobody, erased = entered(installation, anonymous=True), filed(installation, f"WORKER {SIGNED}")
    with installation.engine.connect() as connection:
        vault_id = connection.execute(sa.select(cases.c.vault_id).where(cases.c.reference == erased)).scalar_one()
    with closing(sqlite3.connect(installation.folder / "keystore.sqlite3")) as store, store:
        store.execute("DELETE FROM wrapped_key WHERE vault_id = ? AND purpose = 'identity'", (vault_id,))
    who = identities(installation, second_officer="never")
    assert [who.ask(one, SECOND, WHY) for one in (nobody, erased)] == [RequestState.OPEN] * 2

    assert not who.look(nobody, SECOND).writers[0].known
    assert who.look(erased, SECOND).writers[0].erased


# ---- Files and originals ---------------------------------------------------------------------------------------------


def _files(path: Path) -> list[int]:
    email = parse(dataclasses.replace(mail(), content=path.read_bytes()))
    return [one.size for one in email.attachments]


def originals(installation: Installation, who: Identities) -> Originals:
    def take_out(content: bytes, number: int) -> tuple[bytes, str | None]:
        return file_in(content, number) or b"", None

    return Originals(installation.engine, installation.vault, installation.clock, who, take_out, scans=True)


def test_the_original_is_given_only_while_who_wrote_is_open_and_is_every_byte_of_it(
    installation: Installation,
) -> None:
    reference, who = filed(installation), identities(installation)
    originals_of = originals(installation, who)
    with pytest.raises(NotAllowed, match="not open"):
        originals_of.message(reference, WHISTLEBLOWING_OFFICER, 1)
    who.ask(reference, OFFICER, WHY)

    assert originals_of.message(reference, OFFICER, 1) == mail(SIGNED, uid=1).content
    for number in (0, 2, 10**30):
        with pytest.raises(NotAllowed, match="no such file"):
            originals_of.message(reference, OFFICER, number)
    installation.clock.advance(minutes=15)
    with pytest.raises(NotAllowed, match="not open"):
        originals_of.message(reference, OFFICER, 1)
    assert acts(installation, reference, "original") == [(OFFICER.email, "original read", "message 1")]


def test_files_come_as_they_were_sent_to_whoever_may_see_the_case(installation: Installation) -> None:
    raw = dataclasses.replace(mail(uid=9), content=PHOTOS.read_bytes())
    process(installation.ledger.keep([raw]), installation.office)
    (entry,) = installation.store.queue(WHISTLEBLOWING_OFFICER)
    case = installation.store.open_case(entry.reference, WHISTLEBLOWING_OFFICER)
    given = originals(installation, identities(installation))

    for number, attachment in enumerate(case.attachments):
        found = given.attachment(entry.reference, WHISTLEBLOWING_OFFICER, 0, number)
        assert (found.name, found.content) == (attachment.name, file_in(raw.content, number))
    for message, number in ((0, len(case.attachments)), (1, 0), (10**30, 0), (0, 10**30)):
        with pytest.raises(NotAllowed, match="no such file"):
            given.attachment(entry.reference, WHISTLEBLOWING_OFFICER, message, number)
    read = acts(installation, entry.reference, "attachment")
    assert len(read) == len(case.attachments)
    assert read[0] == (WHISTLEBLOWING_OFFICER.email, "attachment read", "message 0, file 0")


def test_a_scan_that_was_entered_by_hand_comes_back_byte_for_byte_and_to_nobody_else(
    installation: Installation,
) -> None:
    scan = EnteredFile(name="letter.pdf", media_type="application/pdf", content=PDF)
    reference = entered(installation, scan)
    given = originals(installation, identities(installation))
    file_handed_back(installation.office)
    assert given.attachment(reference, OFFICER, 0, 0).content == PDF
    Covering(installation.engine, installation.vault, installation.clock).restrict(reference, OFFICER)

    with pytest.raises(NotAllowed, match="no such case"):
        given.attachment(reference, OFFICER, 0, 0)
    assert given.attachment(reference, SECOND, 0, 0).content == PDF


def test_a_file_that_the_scanner_sealed_or_that_is_another_now_stays_where_it_is(sqlite: Installation) -> None:
    def sealed_parse(raw: object) -> object:
        email = parse(raw)  # type: ignore[arg-type]
        files = tuple(dataclasses.replace(one, sealed_because="it holds a virus") for one in email.attachments)
        return dataclasses.replace(email, attachments=files)

    office = dataclasses.replace(sqlite.office, parse=sealed_parse)  # type: ignore[arg-type]
    process(sqlite.ledger.keep([dataclasses.replace(mail(), content=PHOTOS.read_bytes())]), office)
    (entry,) = sqlite.store.queue(WHISTLEBLOWING_OFFICER)
    who = identities(sqlite)
    with pytest.raises(NotAllowed, match="stays sealed: it holds a virus"):
        originals(sqlite, who).attachment(entry.reference, SECOND, 0, 0)

    scan = EnteredFile(name="letter.pdf", media_type="application/pdf", content=PDF)
    reference = entered(sqlite, scan)
    for answer, why in (((b"%PDF another", None), "not the file"), ((b"", NOT_SCANNED), "no virus scanner")):
        given = Originals(sqlite.engine, sqlite.vault, sqlite.clock, who, lambda *_, it=answer: it, scans=True)
        with pytest.raises(NotAllowed, match=why):
            given.attachment(reference, OFFICER, 0, 0)
    assert acts(sqlite, entry.reference, "attachment") + acts(sqlite, reference, "attachment") == []


def test_of_a_difficult_message_each_file_is_found_again_at_its_number() -> None:
    lines = [json.loads(line) for line in (DIFFICULT / "index.jsonl").read_text("utf-8").splitlines()]
    with_files = [DIFFICULT / line["path"] for line in lines if line.get("attachments")]
    assert len(with_files) > 40
    for path in with_files:
        content, sizes = path.read_bytes(), _files(path)
        for number in {0, len(sizes) // 2, len(sizes) - 1}:
            found = file_in(content, number)
            assert found is not None, path.name
            assert len(found) == sizes[number], path.name
        assert file_in(content, len(sizes)) is None, path.name


@contextmanager
def scanner(answer: bytes) -> Iterator[Scanner]:
    """Something in clamd's place that says the same of every file."""

    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Scanner(host="127.0.0.1", port=server.server_address[1])
        server.shutdown()
        thread.join()


def test_the_process_apart_gives_out_what_the_scanner_passes_and_nothing_else() -> None:
    sent = PHOTOS.read_bytes()
    with scanner(b"stream: OK\n") as passes:
        assert TakingOut(passes)(sent, 1) == (file_in(sent, 1), None)
        assert TakingOut(passes)(sent, 400) == (b"", NOT_THERE)
        assert TakingOut(passes, seconds=0.01)(sent, 1) == (b"", FAILED)
    with scanner(b"stream: Eicar-Test FOUND\n") as finds:
        content, why = TakingOut(finds)(sent, 1)
    assert (content, why) == (b"", "the virus scanner found Eicar-Test in it")
    assert TakingOut(None)(sent, 1) == (b"", NOT_SCANNED)
    assert TakingOut(Scanner(host="127.0.0.1", port=1))(sent, 1)[0] == b""


def test_the_minutes_are_from_one_to_an_hour(tmp_path: Path) -> None:
    example = (Path(__file__).parent.parent.parent / "config.example.toml").read_text("utf-8")
    (tmp_path / "config.toml").write_text(example.replace("# minutes = 15", "minutes = 61"))
    with pytest.raises(ConfigError, match=r"identity\.minutes: found 61; allowed: 1 to 60"):
        load(tmp_path / "config.toml")


def test_a_reviewed_case_opens_like_any_other(sqlite: Installation) -> None:
    """Corrected to a disclosure it needs a second officer, whatever the machine said at first."""
    reference, who = filed(sqlite), identities(sqlite)
    change = Correction(field="whistleblowing", value="qualifying", reason="Says 'my shift'")
    sqlite.store.review(reference, OFFICER, 1, Decision(corrections=(change,)))

    assert who.ask(reference, SECOND, WHY) is RequestState.WAITING
