"""What the sender wrote, told from what is quoted, forwarded and signed: by replies as mail programs write them.

Each file of `samples/replies` is a whole message; `index.jsonl` beside them says what its sender wrote and why it is
there. Losing the sender's own words is the worst that can happen, so the second half is words that must stay theirs.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.domain import RawMail
from mailbot.intake.body import text_of_html
from mailbot.intake.parse import parse
from mailbot.intake.replies import split_reply
from tests.doubles import NOON

SAMPLES = Path(__file__).parent / "samples" / "replies"


class Reply(NamedTuple):
    path: str
    text: str
    quoted_has: str | None
    signature_has: str | None
    lesson: str


REPLIES = [Reply(**json.loads(line)) for line in (SAMPLES / "index.jsonl").read_text().splitlines()]


def squeezed(text: str | None) -> str:
    return " ".join((text or "").split())


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.path.removesuffix(".eml"))
def test_what_the_sender_wrote_is_told_from_the_rest(reply: Reply) -> None:
    content = (SAMPLES / reply.path).read_bytes()
    mail = RawMail(mailbox="enquiries", folder="INBOX", uid_validity=1, uid=1, received_at=NOON, content=content)

    email = parse(mail)

    assert squeezed(email.text) == squeezed(reply.text), reply.lesson
    assert squeezed(reply.quoted_has) in squeezed(email.quoted), reply.lesson
    assert squeezed(reply.signature_has) in squeezed(email.signature), reply.lesson


def test_every_sample_is_in_the_index_once() -> None:
    assert Counter(path.name for path in SAMPLES.glob("*.eml")) == Counter(reply.path for reply in REPLIES)


PIECES = [
    "",
    "word one",
    "> a b",
    ">> c",
    ">From here",
    "| x | y |",
    "-- ",
    "—",
    "_______________",
    "***********************",
    "On Monday x wrote:",
    "On Mon, 2 Nov 2026 at 10:00, Ann <ann@post.example> wrote:",
    "> On 2 Nov 2026, at 10:00, Ann <ann@post.example> wrote:",
    "---- On Tue, 8 Dec 2026 12:02 Ann <ann@post.example> wrote ---",
    ">>> Ann <ann@post.example> 26/11/2026 16:40 >>>",
    "-----Original Message-----",
    "Original Message",
    "Begin forwarded message:",
    "From: Ann <ann@post.example>",
    "Sent: 2 November 2026 10:00",
    "To: y",
    "Subject: z",
    "Sent from my iPhone",
    "Jane Pike | Bursar",
    "Tel 01632 960123",
    "This e-mail is confidential and intended only for the addressee.",
    "please help me",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25))
@settings(max_examples=400)
def test_no_word_is_lost_between_text_quotation_and_signature(lines: list[str]) -> None:
    parts = split_reply("\n".join(lines))

    assert Counter(" ".join(parts).split()) == Counter(" ".join(lines).split())


@given(st.lists(st.sampled_from([piece for piece in PIECES if piece])))
@settings(max_examples=200)
def test_a_message_with_words_is_never_all_signature(lines: list[str]) -> None:
    text, quoted, _ = split_reply("\n".join(lines))

    assert text or quoted or not lines


@pytest.mark.parametrize(
    "words",
    [
        "It is bad.\n\n-- \nplease help me\nhe comes at night",
        "It is bad.\n-- \nDave hit Chloe, she was bleeding and nobody came",
        "It is bad.\n\n_________________\nHe has a knife.\n_________________",
        "It is bad.\n\n_________________\nRing 07700 900123 he has a knife",
        "It is bad.\n\nSent from my mum's phone, dont ring it",
        "It is bad.\n\nSent from my bedroom he has locked me in",
        "It is bad.\n\nSent from my room. Hurry",
        "It is bad.\n\nSent by post last week and nobody answered",
        "It is bad.\n\nSent from school library so reply quick",
        "It is bad.\n\nPlease consider how we live here.\nDave hit Chloe.",
        "* The original social worker has left.\n* The new one never came.",
        "-- original social worker gone\nHe hits me at night.",
        "*** original report ***\nHe was hit.",
        "Begin forwarded message from my sister, she typed it:\nhe hits us",
        "From: Jane Smith, jane@post.example\nTo: Ofsted\nDate: 3 May 2026\nSubject: my son\n\nHe is not safe.",
        "To: concerns@ofsted.example\nFrom: jane@post.example\nRe: my son\n\nHe is not safe.",
        "From: 22:00 Saturday\nTo: 08:00 Sunday\nDate: 21 November 09:00\nSubject: sleep-in\n\nNobody was awake.",
        "On 3 May 2026 at 10:30 Karen and Sue wrote in the book that nothing had happened:\nit was a lie, I saw it.",
        "He wrote on 3/5/2026 from karen@home.example and wrote: if you tell I will hurt you.\nI am scared.",
        "On Monday he wrote:\n> nobody will believe you\nI kept it.",
        "What he does:\n> hits\n> locks the door\nPlease come.",
        "Diary:\n| day | what |\n| Mon | hit |",
        "This email is confidential and my manager must not be told. She is the addressee of my first letter.",
        "If you are not the intended recipient of this, tell the sender: he is in danger.",
        "Important: a boy's confidential file was left open and a stranger copied it. He is named in it.",
    ],
)
def test_words_that_may_be_the_senders_own_stay_theirs(words: str) -> None:
    assert split_reply(words) == (words, "", "")


@pytest.mark.parametrize(
    ("introduction", "marked"),
    [
        ("On 3 May 2026, at 10:00, Ann <\nann@post.example> wrote:", True),
        ("Op 3 mei 2026 om 10:00 heeft Ann <ann@post.example> het volgende geschreven:", True),
        ("2026-05-03 10:00 GMT+01:00 Ann Smith <ann@post.example>:", True),
        ("2026年5月3日(日) 10:00 Ann <ann@post.example>:", True),
        ("Ann Smith wrote:", True),
        ("Ann Smith <ann@post.example> wrote:", False),
        ("From: Ann Smith\nSent: 3 May 2026 10:00\nTo: Jo\nSubject: x\n", False),
        ("Von: Ann <ann@post.example>\nGesendet am: Montag, 3. Mai 2026 10:00\nAn: Jo\nBetreff: x\n", False),
        ("De la: Ann <ann@post.example>\nTrimis: duminică, 3 mai 2026 10:00\nCătre: Jo\nSubiect: x\n", False),
        ("发件人\uff1aAnn <ann@post.example>\n发送时间\uff1a2026年5月3日 10:00\n收件人\uff1aJo\n主题\uff1ax\n", False),
        ("-------- Original Message --------\nSubject: x\nDate: y\nFrom: Ann\nTo: Jo\n", False),
    ],
)
def test_what_stands_below_an_introduction_is_quoted(introduction: str, marked: bool) -> None:
    text, quoted, _ = split_reply(f"Mine.\nRegards\njo@post.example\n{introduction}\n{'> ' if marked else ''}theirs")

    assert text == "Mine.\nRegards\njo@post.example"
    assert quoted.startswith(introduction.split("\n")[0])
    assert quoted.endswith("theirs")


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nJane Pike\nBursar",
        "--\nJane Pike | Bursar | Hill School\nTel 01632 960123",
        "______________\nJane Pike\nHill School, Leeds LS1 4AB\nwww.hill.example",
        "-- \nJane Pike\nThis e-mail is confidential.",
        "Sent from my Galaxy S24. Please excuse any typos.",
        "Anfonwyd o fy ffôn",
        "This email and its attachments are confidential.\nIf you are not the intended recipient, delete it.",
        "Please consider the environment before printing",
    ],
)
def test_signature_and_footer_are_apart_and_what_is_written_below_them_is_not(signature: str) -> None:
    below = "PS he hits us\nat night"

    assert split_reply(f"It was late.\nJane\n\n{signature}") == ("It was late.\nJane", "", signature)
    assert split_reply(f"It was late.\nJane\n\n{signature}\n\n{below}") == (
        f"It was late.\nJane\n\n\n{below}",
        "",
        signature,
    )


def test_what_a_page_marks_as_quoted_is_told_from_what_stands_between_and_after() -> None:
    page = (
        "<p>Above.</p><div class=gmail_quote><div class=gmail_attr>an unknown tongue</div>"
        "<blockquote class=gmail_quote>asked <b>one</b><blockquote type=cite>older</blockquote></blockquote>"
        "<div>Between.</div><blockquote class=gmail_quote>asked two</blockquote></div>After."
    )

    text, quoted, _ = split_reply(text_of_html(page))

    assert text.split() == ["Above.", "Between.", "After."]
    for words in ("an unknown tongue", "asked one", "older", "asked two"):
        assert words in quoted


def test_a_paragraph_that_is_only_indented_on_a_page_is_the_senders() -> None:
    page = "<p>He said:</p><blockquote>do not tell</blockquote><p>I tell.</p>"

    assert split_reply(text_of_html(page))[0].split("\n") == ["He said:", "do not tell", "I tell."]


@pytest.mark.parametrize("line", ["a", "--", "If you are not", "From: a@b 10:00", "On 1 2 3 4 <a@b", "_____", ">> x"])
def test_a_text_of_half_a_million_characters_is_split_in_seconds(line: str) -> None:
    started = time.perf_counter()

    split_reply(f"{line}\n" * (500_000 // (len(line) + 1)))

    assert time.perf_counter() - started < 15
