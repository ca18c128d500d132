"""Letters on paper, and letters by GOV.UK Notify, from the outbox to where they are settled."""

from __future__ import annotations

import dataclasses
import io
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdf
import pytest
from flask.testing import FlaskClient

from mailbot.config import Config, Mailbox, Outgoing
from mailbot.domain import (
    Assessment,
    Contact,
    Email,
    LetterState,
    Role,
    TaskKind,
)
from mailbot.pipeline import process
from mailbot.sending import ask_after, lay_out, send
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import WordJudge, mail
from tests.servers.notify import NotifyAccount, running_notify
from tests.web.conftest import application, sign_in, token_of

HOUSE = "3 Larch Road\nLeeds\nLS1 4AP"
BOX = Mailbox(name="enquiries", kind="maildir", path=".")


class PostJudge(WordJudge):
    """Takes every message to ask for a letter to `postal`."""

    def __init__(self, postal: str) -> None:
        self._postal = postal

    def assess(self, emails: Sequence[Email]) -> list[Assessment]:
        return [
            dataclasses.replace(one, contact=Contact.POST, postal_address=self._postal)
            for one in super().assess(emails)
        ]


def filed(installation: Installation, text: str = "The food is poor.", postal: str = HOUSE) -> str:
    office = dataclasses.replace(installation.office, assessor=PostJudge(postal))
    process(installation.ledger.keep([mail(text)]), office)
    return installation.store.queue(WHISTLEBLOWING_OFFICER)[0].reference


def printing(folder: Path) -> Config:
    return Config(mailbox=(BOX,), outgoing=Outgoing(kind="folder", path="x", print_folder=str(folder)))


# ---- The print folder ------------------------------------------------------------------------------------------------


def test_a_letter_lies_in_the_print_folder_until_it_is_posted_for_its_owner_alone(
    installation: Installation, tmp_path: Path
) -> None:
    filed(installation)
    config, folder = printing(tmp_path / "print"), tmp_path / "print"

    assert lay_out(config, installation.outbox, installation.clock) == 1
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "3 Larch Road" in pypdf.PdfReader(file).pages[0].extract_text()
    assert lay_out(config, installation.outbox, installation.clock) == 0

    (waiting,) = installation.outbox.by_post(OFFICER)
    assert (waiting.state, waiting.printed_at) == (LetterState.DUE, installation.clock())
    installation.outbox.mark_posted(waiting.id, OFFICER)
    lay_out(config, installation.outbox, installation.clock)
    assert list(folder.iterdir()) == []


def test_an_address_that_cannot_be_posted_to_is_a_task_and_no_letter(sqlite: Installation, tmp_path: Path) -> None:
    reference = filed(sqlite, postal="no fixed abode, Leeds")

    assert lay_out(printing(tmp_path / "print"), sqlite.outbox, sqlite.clock) == 0
    assert list((tmp_path / "print").iterdir()) == []
    assert {task.kind for task in sqlite.store.open_case(reference, OFFICER).tasks} == {TaskKind.LETTER_FAILED}
    assert sqlite.outbox.by_post(OFFICER) == []


def test_a_letter_half_written_when_the_program_ended_is_written_whole_the_next_time(
    sqlite: Installation, tmp_path: Path
) -> None:
    filed(sqlite)
    (waiting,) = sqlite.outbox.by_post(OFFICER)
    (tmp_path / f"{waiting.case_reference}-{waiting.id}.part").write_bytes(b"%PDF-1.7 half")

    assert lay_out(printing(tmp_path), sqlite.outbox, sqlite.clock) == 1
    (file,) = tmp_path.glob("*.pdf")
    assert pypdf.PdfReader(file).pages


def test_a_letter_that_came_back_is_a_task_on_its_case(installation: Installation) -> None:
    reference = filed(installation)
    (waiting,) = installation.outbox.by_post(OFFICER)
    installation.outbox.mark_posted(waiting.id, OFFICER)
    installation.outbox.mark_returned(waiting.id, OFFICER)

    case = installation.store.open_case(reference, OFFICER)
    assert {task.kind for task in case.tasks} == {TaskKind.LETTER_FAILED}
    assert case.entry.acknowledgement == LetterState.FAILED


# ---- The page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def client(sqlite: Installation) -> FlaskClient:
    signed_in = application(sqlite).test_client()
    sign_in(signed_in, f"{Role.OFFICER}@example.gov.uk")
    return signed_in


def test_an_officer_prints_posts_and_marks_what_came_back(sqlite: Installation, client: FlaskClient) -> None:
    reference = filed(sqlite)
    page = client.get("/post").text
    (waiting,) = sqlite.outbox.by_post(OFFICER)
    assert reference in page
    assert "Larch Road" not in page
    printed = client.get(f"/post/{waiting.id}.pdf")
    assert "3 Larch Road" in pypdf.PdfReader(io.BytesIO(printed.data)).pages[0].extract_text()

    data = {"csrf_token": token_of(page)}
    assert "marked as posted" in client.post(f"/post/{waiting.id}/posted", data=data, follow_redirects=True).text
    assert client.get(f"/post/{waiting.id}.pdf").status_code == 404
    assert "A task stands" in client.post(f"/post/{waiting.id}/returned", data=data, follow_redirects=True).text


def test_a_letter_of_a_restricted_case_is_on_no_page_of_other_officers(
    sqlite: Installation, client: FlaskClient
) -> None:
    reference = filed(sqlite, "WORKER here")
    (waiting,) = sqlite.outbox.by_post(WHISTLEBLOWING_OFFICER)
    page = client.get("/post").text

    assert reference not in page
    assert client.get(f"/post/{waiting.id}.pdf").status_code == 404
    data = {"csrf_token": token_of(client.get("/queue").text)}
    assert client.post(f"/post/{waiting.id}/posted", data=data).status_code == 404


# ---- GOV.UK Notify ---------------------------------------------------------------------------------------------------


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[NotifyAccount]:
    with running_notify() as running:
        monkeypatch.setenv("NOTIFY_KEY", running.api_key)
        yield running


def notifying(account: NotifyAccount) -> Config:
    outgoing = Outgoing(
        kind="notify",
        password_env="NOTIFY_KEY",
        notify_url=account.url,
        email_template=account.template,
        reply_to_ids={
            "enquiries@example.gov.uk": account.reply_to_ids[0],
            "reports@example.gov.uk": account.reply_to_ids[0],
        },
    )
    return Config(mailbox=(BOX,), outgoing=outgoing)


def test_notify_prints_and_posts_a_letter(sqlite: Installation, account: NotifyAccount) -> None:
    filed(sqlite)

    assert send(notifying(account), sqlite.outbox, sqlite.clock) == {LetterState.SENT: 1}
    assert len(account.messages) == 1
    assert lay_out(notifying(account), sqlite.outbox, sqlite.clock) == 0


def test_an_address_that_notify_cannot_post_to_is_a_task(sqlite: Installation, account: NotifyAccount) -> None:
    reference = filed(sqlite, postal="12 Rue de la Paix, Paris")

    assert send(notifying(account), sqlite.outbox, sqlite.clock) == {LetterState.FAILED: 1}
    assert {task.kind for task in sqlite.store.open_case(reference, OFFICER).tasks} == {TaskKind.LETTER_FAILED}


def test_a_letter_in_doubt_is_settled_by_asking_notify(installation: Installation, account: NotifyAccount) -> None:
    process(installation.ledger.keep([mail()]), installation.office)
    account.loses_answers = True
    assert send(notifying(account), installation.outbox, installation.clock) == {LetterState.UNKNOWN: 1}
    account.loses_answers = False

    assert ask_after(notifying(account), installation.outbox, installation.clock) == 1
    assert installation.store.queue(OFFICER)[0].acknowledgement == LetterState.SENT


def test_an_address_that_does_not_exist_is_told_by_notify_and_becomes_a_task(
    sqlite: Installation, account: NotifyAccount
) -> None:
    process(sqlite.ledger.keep([mail()]), sqlite.office)
    send(notifying(account), sqlite.outbox, sqlite.clock)
    assert ask_after(notifying(account), sqlite.outbox, sqlite.clock) == 0
    account.becomes(account.messages[0]["reference"], "permanent-failure")

    assert ask_after(notifying(account), sqlite.outbox, sqlite.clock) == 1
    (entry,) = sqlite.store.queue(OFFICER)
    assert entry.acknowledgement == LetterState.FAILED
    assert {task.kind for task in sqlite.store.open_case(entry.reference, OFFICER).tasks} == {TaskKind.LETTER_FAILED}


def test_what_has_arrived_is_not_asked_after_again(sqlite: Installation, account: NotifyAccount) -> None:
    process(sqlite.ledger.keep([mail()]), sqlite.office)
    send(notifying(account), sqlite.outbox, sqlite.clock)
    account.becomes(account.messages[0]["reference"], "delivered")

    assert ask_after(notifying(account), sqlite.outbox, sqlite.clock) == 1
    assert sqlite.outbox.in_question() == []
    assert sqlite.outbox.by_post(OFFICER) == []


# ---- What has not gone -----------------------------------------------------------------------------------------------


def test_a_letter_that_should_be_gone_is_listed_for_those_who_may_see_its_case(installation: Installation) -> None:
    process(installation.ledger.keep([mail("The food is poor.")]), installation.office)
    process(
        installation.ledger.keep([mail("WHISTLE: the food is poor.", mailbox="whistleblowing")]), installation.office
    )
    outbox = installation.outbox
    before = outbox.stuck(WHISTLEBLOWING_OFFICER)
    installation.clock.advance(minutes=16)
    late = outbox.stuck(WHISTLEBLOWING_OFFICER)
    (queued,) = [one for one in outbox.claim(9) if one.case_reference == late[0].case_reference]
    outbox.settle(queued, LetterState.UNKNOWN, "the server hung up")

    assert before == []
    assert [one.state for one in late] == [LetterState.DUE] * 2
    assert outbox.count_for_officers(WHISTLEBLOWING_OFFICER) == 2
    (seen,) = outbox.stuck(OFFICER)
    assert (seen.state, seen.problem) == (LetterState.UNKNOWN, "the server hung up")
    assert outbox.count_for_officers(OFFICER) == 1


def test_the_page_of_letters_says_how_one_that_has_not_gone_stands(sqlite: Installation) -> None:
    process(sqlite.ledger.keep([mail("The food is poor.")]), sqlite.office)
    (queued,) = sqlite.outbox.claim(9)
    sqlite.outbox.settle(queued, LetterState.FAILED, "no such mailbox")
    client = application(sqlite).test_client()
    sign_in(client, "officer@example.gov.uk")
    page = client.get("/post").text

    assert queued.case_reference in page
    assert "no such mailbox" in page
