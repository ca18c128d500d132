"""GOV.UK Notify: each letter goes once or it is known why not, whatever the account, the line and Notify do."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import io
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pypdf
import pytest
from notifications_python_client import authentication
from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from mailbot.cases.letters.outbox import LetterDecision
from mailbot.config import Config, Mailbox, Outgoing
from mailbot.correspondence.notify import (
    LETTER_STATES,
    Fate,
    NotifyCarrier,
    NotifySettings,
    NotifyState,
    as_markdown,
    reference_of,
)
from mailbot.domain import Channel, Letter, LetterState, QueuedLetter
from mailbot.errors import DeliveryFailed
from mailbot.pipeline import process
from mailbot.sending import Results, send
from tests.conftest import OFFICER, Installation
from tests.doubles import mail
from tests.servers.notify import (
    DAILY_LIMIT,
    INTERNAL,
    NO_LETTERS,
    RATE_LIMIT,
    TEAM_KEY,
    TRIAL_MODE,
    NotifyAccount,
    Refusal,
    running_notify,
)

ADDRESS = "jo.sandiford@post.example"
HOUSE = "Jo Sandiford\n3 Larch Road\nLeeds\nLS1 4AP"
REPLY_ADDRESS = "enquiries@example.gov.uk"
REFERENCE = "mb-2k7d-9qxf.7"
BODY = """Thank you for getting in touch with us.

IF A CHILD IS IN DANGER NOW
Please call:
- Police, 101
- Childline, 0800 1111
"""


@pytest.fixture
def account() -> Iterator[NotifyAccount]:
    with running_notify() as running:
        yield running


def queued(attempts: int = 1, **changes: Any) -> QueuedLetter:
    plain = Letter(
        recipient=ADDRESS,
        channel=Channel.EMAIL,
        subject="Your message to us: MB-2K7D-9QXF",
        body=BODY,
        template="regulated",
        reply_address=REPLY_ADDRESS,
        reply_token="kq5wdzrbvmt2ahyx7cgefj3nsu",
    )
    letter = dataclasses.replace(plain, **changes)
    return QueuedLetter(id=7, case_reference="MB-2K7D-9QXF", letter=letter, attempts=attempts)


def paper(letter: QueuedLetter) -> bytes:
    writer, written = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.add_metadata({"/Title": letter.letter.subject})
    writer.write(written)
    return written.getvalue()


def settings_for(account: NotifyAccount, **changes: Any) -> NotifySettings:
    plain = NotifySettings(
        api_key=account.api_key,
        email_template=account.template,
        reply_to_ids={REPLY_ADDRESS: account.reply_to_ids[0]},
        url=account.url,
        timeout_seconds=5,
    )
    return dataclasses.replace(plain, **changes)


def carrier_for(account: NotifyAccount, **changes: Any) -> NotifyCarrier:
    return NotifyCarrier(settings_for(account, **changes), paper)


def failure(carrier: NotifyCarrier, letter: QueuedLetter) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        carrier.deliver(letter)
    assert ADDRESS not in str(caught.value)
    assert "Larch" not in str(caught.value)
    return caught.value


def may_be_tried_again(error: DeliveryFailed) -> bool:
    return not error.permanent and not error.uncertain


# ---- What goes out --------------------------------------------------------------------------------------------------


def test_an_email_goes_with_our_reference_and_the_reply_address_of_its_mailbox(account: NotifyAccount) -> None:
    with carrier_for(account) as post:
        post.deliver(queued())

    (taken,) = account.messages
    assert taken["email_address"] == ADDRESS
    assert taken["reference"] == REFERENCE
    assert taken["email_reply_to_id"] == account.reply_to_ids[0]
    assert taken["personalisation"]["subject"] == "Your message to us: MB-2K7D-9QXF"
    assert taken["personalisation"]["body"].startswith("Thank you for getting in touch with us.\n")


def test_headings_and_lists_are_marked_as_notify_reads_them() -> None:
    assert as_markdown(BODY) == (
        "Thank you for getting in touch with us.\n\n# IF A CHILD IS IN DANGER NOW\nPlease call:\n\n"
        "- Police, 101\n- Childline, 0800 1111\n"
    )
    assert as_markdown("YOUR NAME\n- first\nAnd then?\n") == "# YOUR NAME\n\n- first\n\nAnd then?\n"


def test_a_letter_to_be_posted_goes_as_its_pdf(account: NotifyAccount) -> None:
    letter = queued(channel=Channel.POST, recipient=HOUSE)
    with carrier_for(account, postage="first") as post:
        post.deliver(letter)
        assert post.state_of(REFERENCE) == NotifyState(fate=Fate.ON_ITS_WAY, status="pending-virus-check")

    (taken,) = account.messages
    assert (taken["reference"], taken["postage"]) == (REFERENCE, "first")
    sent = pypdf.PdfReader(io.BytesIO(base64.b64decode(taken["content"])))
    assert sent.metadata is not None
    assert sent.metadata.title == letter.letter.subject


def test_a_letter_whose_paper_cannot_be_made_is_not_sent(account: NotifyAccount) -> None:
    def torn(_: QueuedLetter) -> bytes:
        raise DeliveryFailed("the address has too few lines", permanent=True)

    with NotifyCarrier(settings_for(account), torn) as post:
        assert failure(post, queued(channel=Channel.POST, recipient=HOUSE)).permanent
    assert account.messages == []


def test_an_answer_never_goes_to_another_mailbox_than_the_letters_own(account: NotifyAccount) -> None:
    with carrier_for(account) as post:
        error = failure(post, queued(reply_address="reports@example.gov.uk"))
        post.deliver(queued(reply_address=REPLY_ADDRESS.title()))
        post.deliver(queued(reply_address=""))

    assert "reply_to_ids has no id for reports@example.gov.uk" in str(error)
    assert may_be_tried_again(error)
    assert [taken.get("email_reply_to_id") for taken in account.messages] == [account.reply_to_ids[0], None]


# ---- Refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "refusal", [RATE_LIMIT, DAILY_LIMIT, INTERNAL, TEAM_KEY, TRIAL_MODE, NO_LETTERS], ids=lambda one: str(one)[:30]
)
def test_what_is_wrong_with_the_account_or_with_notify_costs_no_letter(
    account: NotifyAccount, refusal: Refusal
) -> None:
    with carrier_for(account) as post:
        account.refuse = refusal
        error = failure(post, queued())
        assert may_be_tried_again(error)
        assert str(refusal.status) in str(error)
        account.refuse = None
        post.deliver(queued(attempts=2))
    assert len(account.messages) == 1


def test_an_address_that_is_none_is_never_tried_again_and_stands_in_no_log(
    account: NotifyAccount, caplog: pytest.LogCaptureFixture
) -> None:
    with carrier_for(account) as post:
        error = failure(post, queued(recipient="jo.sandiford at Larch"))

    assert error.permanent
    assert not error.uncertain
    assert "ValidationError" in str(error)
    assert "jo.sandiford" not in str(error)
    assert "jo.sandiford" not in caplog.text


def test_an_error_that_repeats_the_address_is_not_repeated(
    account: NotifyAccount, caplog: pytest.LogCaptureFixture
) -> None:
    with carrier_for(account) as post:
        account.refuse = Refusal(500, f"Exception about {ADDRESS}", f"{ADDRESS} could not be stored")
        assert may_be_tried_again(failure(post, queued()))
    assert ADDRESS not in caplog.text


@pytest.mark.parametrize(
    "changes",
    [
        {"api_key": "mailbot-26785a09-ab16-4eb0-8407-a37497a57506-99999999-8d35-48ac-975b-e847b4f122b0"},
        {"api_key": "mailbot-99999999-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"},
    ],
    ids=["another secret", "another service"],
)
def test_a_wrong_key_is_found_before_any_letter_is_touched(account: NotifyAccount, changes: dict[str, str]) -> None:
    with pytest.raises(DeliveryFailed, match="refused the API key \\(403 AuthError\\)") as caught:
        carrier_for(account, **changes).__enter__()
    assert may_be_tried_again(caught.value)
    assert "48ac" not in str(caught.value)


def test_a_key_withdrawn_in_the_middle_costs_no_letter(account: NotifyAccount) -> None:
    with carrier_for(account) as post:
        account.secret = "00000000-8d35-48ac-975b-e847b4f122b0"
        assert may_be_tried_again(failure(post, queued()))


def test_a_clock_that_is_wrong_is_named(account: NotifyAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    now: Callable[[], int] = authentication.epoch_seconds
    monkeypatch.setattr(authentication, "epoch_seconds", lambda: now() - 40)
    with pytest.raises(DeliveryFailed, match="clock is right to 30 seconds"):
        carrier_for(account).__enter__()
    monkeypatch.setattr(authentication, "epoch_seconds", lambda: now() - 20)
    with carrier_for(account) as post:
        post.deliver(queued())


def test_a_template_that_asks_for_more_than_a_subject_and_a_body_is_found_first(account: NotifyAccount) -> None:
    account.placeholders = ("subject", "body", "name")
    with pytest.raises(DeliveryFailed, match="body, name, subject; it must have subject and body, and no other"):
        carrier_for(account).__enter__()

    account.placeholders = ("Subject", "body")
    with carrier_for(account) as post:
        account.placeholders = ("subject", "body", "name")  # changed in the middle of a run
        assert may_be_tried_again(failure(post, queued()))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"email_template": "740e5834-3a29-46b4-9a6f-16142fde533a"}, "404 NoResultFound"),
        ({"email_template": "the usual one"}, "outgoing.email_template: found"),
        ({"reply_to_ids": {REPLY_ADDRESS: "desk"}}, f'outgoing.reply_to_ids."{REPLY_ADDRESS}": found "desk"'),
        ({"api_key": "3d844edf-8d35-48ac-975b-e847b4f122b0"}, "no API key of GOV.UK Notify"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(account: NotifyAccount, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(DeliveryFailed) as caught, carrier_for(account, **changes):
        pytest.fail("a wrong setting was let through")
    assert says in str(caught.value)
    assert "48ac" not in str(caught.value)


def test_a_reply_id_of_another_account_costs_no_letter(account: NotifyAccount) -> None:
    with carrier_for(account, reply_to_ids={REPLY_ADDRESS: "740e5834-3a29-46b4-9a6f-16142fde533a"}) as post:
        assert may_be_tried_again(failure(post, queued()))


def test_the_settings_do_not_show_the_key(account: NotifyAccount) -> None:
    assert account.secret not in repr(settings_for(account))


def test_where_the_library_is_not_installed_it_is_said_how_to_get_it(
    account: NotifyAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "notifications_python_client.notifications", None)
    with pytest.raises(DeliveryFailed, match=r"pip install 'mailbot\[notify\]'"):
        carrier_for(account)


# ---- The line -------------------------------------------------------------------------------------------------------


def test_where_nobody_listens_nothing_was_sent(account: NotifyAccount) -> None:
    with carrier_for(account) as post:
        account.stop()
        error = failure(post, queued())
        assert may_be_tried_again(error)
        assert "cannot be reached (NewConnectionError)" in str(error)

        account.start()
        post.deliver(queued(attempts=2))
    assert len(account.messages) == 1


def test_a_connection_that_is_never_taken_up_has_sent_nothing(account: NotifyAccount) -> None:
    with jammed_port() as port:
        post = carrier_for(account, url=f"http://127.0.0.1:{port}", timeout_seconds=0.3)
        error = failure(post, queued())
    assert may_be_tried_again(error)
    assert "ConnectTimeoutError" in str(error)


def test_a_certificate_that_does_not_verify_gets_no_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_notify(tls=True) as account:
        error = failure(carrier_for(account), queued())
        assert may_be_tried_again(error)
        assert "certificate does not verify" in str(error)
        assert account.asked == 0

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(account.ca_file))
        with carrier_for(account) as post:
            post.deliver(queued())
        assert len(account.messages) == 1


def test_a_proxy_that_is_down_has_sent_nothing(account: NotifyAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert may_be_tried_again(failure(carrier_for(account, url="https://notify.example"), queued()))


@contextlib.contextmanager
def jammed_port() -> Iterator[int]:
    """A port whose queue of connections is full, so that another one waits for ever."""
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


# ---- Answers that are lost ------------------------------------------------------------------------------------------


def loses_the_answer(account: NotifyAccount) -> None:
    account.loses_answers = True


def answers_too_late(account: NotifyAccount) -> None:
    account.delay_seconds = 1.5


def answers_with_a_page(account: NotifyAccount) -> None:
    account.garbles = True


@pytest.mark.parametrize("fault", [loses_the_answer, answers_too_late, answers_with_a_page])
@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.POST])
def test_a_letter_whose_answer_is_lost_is_found_by_its_reference_and_not_sent_again(
    account: NotifyAccount, fault: Callable[[NotifyAccount], None], channel: Channel
) -> None:
    letter = queued(channel=channel)
    with carrier_for(account, timeout_seconds=1) as post:
        fault(account)
        error = failure(post, letter)
        assert error.uncertain
        assert not error.permanent

        account.loses_answers, account.delay_seconds, account.garbles = False, 0, False
        state = post.state_of(reference_of(letter))
        assert state is not None
        assert LETTER_STATES[state.fate] is LetterState.SENT
        post.deliver(dataclasses.replace(letter, attempts=2))
    assert len(account.messages) == 1


def test_an_answer_about_another_letter_leaves_it_uncertain(
    account: NotifyAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    with carrier_for(account) as post:
        mailed = account.answer
        monkeypatch.setattr(
            NotifyAccount, "answer", lambda _, *asked: (mailed(*asked)[0], {"reference": "mb-2k7d-9qxf.8"})
        )
        assert failure(post, queued()).uncertain


def test_before_a_second_attempt_notify_must_say_what_it_knows(account: NotifyAccount) -> None:
    with carrier_for(account) as post:
        account.garbles = True
        assert may_be_tried_again(failure(post, queued(attempts=2)))
        account.stop()
        assert may_be_tried_again(failure(post, queued(attempts=2)))
    assert account.messages == []


# ---- What became of it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "status", "fate", "state"),
    [
        (Channel.EMAIL, "created", Fate.ON_ITS_WAY, LetterState.SENT),
        (Channel.EMAIL, "sending", Fate.ON_ITS_WAY, LetterState.SENT),
        (Channel.EMAIL, "delivered", Fate.ARRIVED, LetterState.SENT),
        (Channel.EMAIL, "permanent-failure", Fate.RETURNED, LetterState.FAILED),
        (Channel.EMAIL, "temporary-failure", Fate.RETURNED, LetterState.FAILED),
        (Channel.EMAIL, "technical-failure", Fate.NOT_SENT, LetterState.FAILED),
        (Channel.EMAIL, "a status of next year", Fate.ON_ITS_WAY, LetterState.SENT),
        (Channel.POST, "pending-virus-check", Fate.ON_ITS_WAY, LetterState.SENT),
        (Channel.POST, "accepted", Fate.ON_ITS_WAY, LetterState.SENT),
        (Channel.POST, "received", Fate.POSTED, LetterState.SENT),
        (Channel.POST, "returned-letter", Fate.RETURNED, LetterState.FAILED),
        (Channel.POST, "cancelled", Fate.NOT_SENT, LetterState.FAILED),
        (Channel.POST, "virus-scan-failed", Fate.NOT_SENT, LetterState.FAILED),
        (Channel.POST, "validation-failed", Fate.NOT_SENT, LetterState.FAILED),
        (Channel.POST, "technical-failure", Fate.NOT_SENT, LetterState.FAILED),
        (Channel.POST, "permanent-failure", Fate.NOT_SENT, LetterState.FAILED),
    ],
)
def test_each_status_says_whether_the_letter_reached_anybody(
    account: NotifyAccount, channel: Channel, status: str, fate: Fate, state: LetterState
) -> None:
    with carrier_for(account) as post:
        post.deliver(queued(channel=channel))
        account.becomes(REFERENCE, status)
        assert post.state_of(REFERENCE) == NotifyState(fate=fate, status=status)
    assert LETTER_STATES[fate] is state


def test_a_reference_that_notify_does_not_know_has_no_state(account: NotifyAccount) -> None:
    with carrier_for(account) as post:
        post.deliver(queued())
        assert post.state_of("mb-2k7d-9qxf.8") is None


def test_a_letter_that_came_back_may_be_sent_again_and_the_newest_counts(account: NotifyAccount) -> None:
    with carrier_for(account) as post:
        post.deliver(queued())
        account.becomes(REFERENCE, "permanent-failure")
        post.deliver(queued(attempts=2, recipient="jo@other.example"))
        assert [taken["email_address"] for taken in account.messages] == [ADDRESS, "jo@other.example"]
        account.becomes(REFERENCE, "delivered")
        assert post.state_of(REFERENCE) == NotifyState(fate=Fate.ARRIVED, status="delivered")


def test_where_notify_cannot_be_asked_no_state_is_made_up(account: NotifyAccount) -> None:
    with carrier_for(account) as post:
        post.deliver(queued())
        account.stop()
        with pytest.raises(DeliveryFailed) as caught:
            post.state_of(REFERENCE)
    assert may_be_tried_again(caught.value)


def test_a_message_is_also_found_by_the_id_that_notify_gave_it(account: NotifyAccount) -> None:
    library: Any = NotificationsAPIClient
    client = library(account.api_key, base_url=account.url)
    with carrier_for(account) as post:
        post.deliver(queued())
    (listed,) = client.get_all_notifications()["notifications"]
    assert client.get_notification_by_id(listed["id"])["email_address"] == ADDRESS
    with pytest.raises(HTTPError, match=r"404.*No result found"):
        client.get_notification_by_id("740e5834-3a29-46b4-9a6f-16142fde533a")
    with pytest.raises(HTTPError, match=r"400.*not a valid PDF"):
        client.send_precompiled_letter_notification("one", io.BytesIO(b"%PDF-1.7 no more"))
    with pytest.raises(HTTPError, match=r"400.*first, second or economy"):
        client.send_precompiled_letter_notification("one", io.BytesIO(paper(queued())), "third")
    client.request_session.close()


# ---- With the outbox ------------------------------------------------------------------------------------------------


@pytest.fixture
def run(sqlite: Installation, account: NotifyAccount, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Results]:
    """Sends what is due through Notify, as `sending.send` does."""
    process(sqlite.ledger.keep([mail()]), sqlite.office)
    box = Mailbox(name="enquiries", kind="maildir", path=".")
    config = Config(mailbox=(box,), outgoing=Outgoing(kind="folder"))

    def running(**changes: Any) -> Results:
        monkeypatch.setattr("mailbot.sending.carrier", lambda *_: carrier_for(account, **changes))
        return send(config, sqlite.outbox, sqlite.clock)

    return running


def test_a_wrong_key_or_a_dead_line_costs_no_attempt(account: NotifyAccount, run: Callable[..., Results]) -> None:
    with pytest.raises(DeliveryFailed, match="refused the API key"):
        run(api_key=account.api_key.replace(account.secret, "99999999-8d35-48ac-975b-e847b4f122b0"))
    account.stop()
    with pytest.raises(DeliveryFailed, match="cannot be reached"):
        run()
    account.start()
    assert run() == {LetterState.SENT: 1}
    assert len(account.messages) == 1


def test_a_limit_puts_the_letter_off_and_it_goes_later(
    sqlite: Installation, account: NotifyAccount, run: Callable[..., Results]
) -> None:
    account.refuse = RATE_LIMIT
    assert run() == {LetterState.DUE: 1}
    account.refuse = None
    assert run() == Results()
    sqlite.clock.advance(minutes=2)
    assert run() == {LetterState.SENT: 1}
    assert len(account.messages) == 1


def test_a_letter_in_doubt_that_an_officer_sends_again_does_not_go_twice(
    sqlite: Installation, account: NotifyAccount, run: Callable[..., Results]
) -> None:
    account.loses_answers = True
    assert run() == {LetterState.UNKNOWN: 1}
    account.loses_answers = False
    (entry,) = sqlite.store.queue(OFFICER)
    (outline,) = sqlite.outbox.of_case(entry.reference)
    sqlite.outbox.decide(entry.reference, outline.id, OFFICER, LetterDecision.SEND_AGAIN)

    assert run() == {LetterState.SENT: 1}
    assert [taken["email_address"] for taken in account.messages] == [ADDRESS]
