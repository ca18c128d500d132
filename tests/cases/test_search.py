"""Cases are found by the words in them and by nothing that tells who wrote; the index holds nothing readable."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from datetime import timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.cases import access
from mailbot.cases.access import Officer, Permission
from mailbot.cases.arrivals.joining import add_task
from mailbot.cases.schema import audit, cases, search_documents, senders
from mailbot.cases.sealing.vault import key_table
from mailbot.cases.search import search
from mailbot.cases.search.words import STOP_WORDS, parsed, spoken, stems, words
from mailbot.domain import Correction, Decision, RawMail, Role, TaskKind
from mailbot.errors import NotAllowed
from mailbot.pipeline import process
from tests.commands import mailbot
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation, installed
from tests.doubles import NOON, mail

DUTY_MANAGER = Officer(email="duty@example.gov.uk", role=Role.DUTY_MANAGER)
_numbers = itertools.count(1)


def filed(installation: Installation, text: str, *, hours: int = 0, to: str = "", sender: str = "") -> str:
    """Files a message that came that many hours after noon; says the reference of the case that has it."""
    number = next(_numbers)
    raw = mail(text, uid=number, sender=sender or f"Ann Other{number} <ann{number}@post.example>")
    raw = dataclasses.replace(raw, received_at=NOON + timedelta(hours=hours))
    if to:
        raw = dataclasses.replace(
            raw, content=raw.content.replace(b"To: enquiries@example.gov.uk", f"To: {to}".encode())
        )
    (stored,) = installation.ledger.keep([raw])
    process([stored], installation.office)
    with installation.engine.connect() as connection:
        query = sa.text(
            "SELECT reference FROM cases JOIN messages ON messages.case_id = cases.id WHERE messages.id = :id"
        )
        reference: str = connection.execute(query, {"id": stored.id}).scalar_one()
    return reference


def found(installation: Installation, text: str, officer: Officer = OFFICER, page: int = 1) -> list[str]:
    return [hit.reference for hit in installation.search.find(officer, text, page).hits]


def excerpt(installation: Installation, text: str) -> tuple[str, str, list[str]]:
    """Where the first hit stands, what is shown of it, and what of that is marked."""
    shown = installation.search.find(OFFICER, text).hits[0].excerpt
    assert shown is not None
    return shown.where, "".join(piece for piece, _ in shown.pieces), [piece for piece, asked in shown.pieces if asked]


def test_a_case_is_found_by_any_form_of_its_words(installation: Installation) -> None:
    reference = filed(installation, "The children’s bruises were seen at Tŷ'r Môr, IP12 4AB, URN SC045678.")
    filed(installation, "How much does it cost to register?")

    for query in (
        "bruise",
        "BRUISED child",
        "children's",
        "mor ty",
        "ip124ab",
        "IP12 4ab",
        "sc045678",
        reference.lower(),
    ):
        assert found(installation, query) == [reference], query
    assert found(installation, "bruises registration") == []


def test_a_phrase_is_found_word_for_word_alone(installation: Installation) -> None:
    filed(installation, "He was told again and again to stop shouting.")
    right = filed(installation, "She was told, to\nstop  Shouting!")

    assert len(found(installation, "told to stop shouting")) == 2
    assert found(installation, '"told to stop shouting"') == [right]
    assert found(installation, "“told to stop shouting”") == [right]
    assert found(installation, '"told to" "to told"') == []
    assert excerpt(installation, '"told to stop"')[2] == ["told", "stop"]


def test_attachments_follow_ups_and_notes_are_searched_and_said_to_be_where_the_words_stand(
    installation: Installation,
) -> None:
    message = EmailMessage()
    message["From"], message["Message-ID"] = "Jo Sandiford <jo.sandiford@post.example>", "<attached@post.example>"
    message.set_content("Please see what I enclose.")
    message.add_attachment("The ligature point was never removed.", filename="risk assessment.txt")
    raw = RawMail(
        mailbox="enquiries", folder="INBOX", uid_validity=1, uid=9001, received_at=NOON, content=message.as_bytes()
    )
    process(installation.ledger.keep([raw]), installation.office)
    (entry,) = installation.store.queue(OFFICER)
    (queued,) = installation.outbox.claim(10)
    to = queued.letter.tagged_address
    assert filed(installation, "Now the boiler is broken.", to=to, sender=queued.letter.recipient) == entry.reference
    version = installation.store.open_case(entry.reference, OFFICER).version
    corrections = (Correction(field="service_name", value="Larkspur Lodge", reason="The sender rang"),)
    decision = Decision(corrections=corrections, note="Spoke to the plumber")
    installation.store.review(entry.reference, OFFICER, version, decision)

    assert excerpt(installation, "ligature") == (
        "the attachment risk assessment.txt",
        "The ligature point was never removed.\n",
        ["ligature"],
    )
    assert excerpt(installation, "boilers")[::2] == ("a later message", ["boiler"])
    assert excerpt(installation, "plumber")[::2] == ("a note", ["plumber"])
    assert found(installation, "ligature boiler plumber larkspur assessment") == [entry.reference]


def test_the_newest_come_first_twenty_a_page(installation: Installation) -> None:
    order = [3, 21, 0, 7, *range(8, 21), 1, 2, 4, 5, 6]
    by_age = {hour: filed(installation, f"Mould in room {hour + 100}.", hours=hour) for hour in order}
    newest = [by_age[hour] for hour in sorted(order, reverse=True)]

    assert found(installation, "mould") == newest[:20]
    assert found(installation, "mould", page=2) == newest[20:]
    assert found(installation, '"mould in"', page=2) == newest[20:]
    assert installation.search.find(OFFICER, "mould").total == len(order)
    assert found(installation, "mould", page=9) == []


def test_a_phrase_is_looked_for_in_the_newest_cases_alone_and_that_is_said(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOKED_THROUGH", 3)
    filed(sqlite, "Damp walls.")
    newer = [filed(sqlite, "Walls that are damp.", hours=hour) for hour in (1, 2, 3)]

    assert sqlite.search.find(OFFICER, '"damp walls"') == search.Found(cut_short=True)
    assert found(sqlite, '"are damp"') == newer[::-1]
    assert not sqlite.search.find(OFFICER, "damp walls").cut_short


def test_of_words_that_many_cases_have_all_are_shown_and_some_are_counted(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = [3, 1, 4, 0, 2]
    by_age = {hour: filed(installation, f"Mould in room {hour + 100}.", hours=hour) for hour in order}
    hidden = filed(installation, "WORKER saw mould.", hours=9)
    monkeypatch.setattr(search, "PAGE", 2)
    counts = []
    for counted in (3, 5):
        monkeypatch.setattr(search, "COUNTED", counted)
        pages = [installation.search.find(OFFICER, "mould", page) for page in (1, 2, 3)]
        assert [hit.reference for page in pages for hit in page.hits] == [by_age[hour] for hour in (4, 3, 2, 1, 0)]
        counts.append([(page.total, page.more) for page in pages])

    assert counts == [[(3, True), (4, True), (5, False)], [(5, False)] * 3]
    assert found(installation, "mould", WHISTLEBLOWING_OFFICER)[0] == hidden


def test_restricted_cases_are_absent_for_those_without_the_role_counts_and_all(installation: Installation) -> None:
    hidden = filed(installation, "WORKER saw the plover nest.")
    shown = filed(installation, "A nest in the roof.", hours=1)

    for query in ("nest", '"nest"'):
        assert installation.search.find(OFFICER, query).total == 1
        assert found(installation, query) == [shown]
        assert found(installation, query, WHISTLEBLOWING_OFFICER) == [shown, hidden]
    assert installation.search.find(OFFICER, "plover") == installation.search.find(OFFICER, "nowhere")
    assert found(installation, "plover", dataclasses.replace(DUTY_MANAGER, opened=frozenset({hidden}))) == [hidden]
    with pytest.raises(NotAllowed):
        installation.search.find(Officer(email="a@example.gov.uk", role=Role.ADMINISTRATOR), "nest")


def test_who_wrote_is_found_by_no_word(installation: Installation) -> None:
    text = "I am Petronella Quillfeather, ring 07700 900123 or petro@post.example.\n\nRegards\nPetronella Quillfeather"
    reference = filed(installation, text, sender="Petronella Quillfeather <petro@post.example>")

    for query in ("petronella", "quillfeather", "07700 900123", "900123", "petro@post.example", "sender", "phone"):
        assert found(installation, query) == [], query
    assert found(installation, "ring") == [reference]
    assert "Petronella" not in excerpt(installation, "ring")[1]


def test_nothing_readable_is_on_the_disk(sqlite: Installation) -> None:
    reference = filed(sqlite, "Petrichor bruises.\n\nRegards\nJo Sandiford", sender="Jo Sandiford <jo@post.example>")
    sqlite.store.review(reference, OFFICER, 1, Decision(note="Quokka"))
    assert found(sqlite, "petrichor quokka") == [reference]
    sqlite.engine.dispose()

    disk = b"".join(path.read_bytes() for path in sqlite.folder.glob("mailbot.sqlite3*")).lower()
    for word in (b"petrichor", b"bruis", b"quokka", b"sandiford", b"jo@post"):
        assert word not in disk, word


def test_the_index_keeps_no_order_and_no_count_of_words(sqlite: Installation) -> None:
    filed(sqlite, "alpha beta gamma")
    filed(sqlite, "gamma gamma alpha beta beta beta", hours=1)
    with sqlite.engine.connect() as connection:
        first, second = connection.execute(sa.select(search_documents.c.tokens)).scalars()

    assert len(first.split()) == len(set(first.split()))
    assert len(set(first.split()) & set(second.split())) == len(set(first.split())) - 2  # each has its own reference
    assert first.split() == sorted(first.split())


def joined(installation: Installation) -> tuple[str, str]:
    """Two cases of which the first now belongs to the second."""
    case, other = filed(installation, "The heron case."), filed(installation, "The otter case.", hours=1)
    installation.store.review(case, OFFICER, 1, Decision(note="Kingfisher"))
    with installation.engine.begin() as connection:
        ids = {row.reference: row.id for row in connection.execute(sa.select(cases.c.id, cases.c.reference))}
        add_task(connection, ids[case], TaskKind.JOIN, "it names that case", ids[other], NOON)
    (task,) = installation.store.open_case(case, OFFICER).tasks
    installation.store.settle_task(case, OFFICER, task.id, join=True)
    return case, other


def test_the_messages_of_a_joined_case_are_found_under_the_other_and_its_notes_where_they_stand(
    installation: Installation,
) -> None:
    case, other = joined(installation)

    assert found(installation, "heron") == found(installation, "heron otter") == [other]
    assert found(installation, "kingfisher") == [case]
    assert excerpt(installation, "heron")[::2] == ("a later message", ["heron"])


def test_an_index_built_anew_finds_the_very_same(installation: Installation) -> None:
    joined(installation)
    filed(installation, "Once more, an otter.", hours=2)
    queries = ("heron", "otter", "kingfisher", "case")

    def kept() -> tuple[object, ...]:
        with installation.engine.connect() as connection:
            return tuple(
                sorted(tuple(row) for row in connection.execute(sa.select(table)))
                for table in (search_documents, senders)
            )

    before, finds = kept(), [found(installation, query) for query in queries]
    with installation.engine.begin() as connection:
        connection.execute(sa.delete(search_documents))
        connection.execute(sa.delete(senders))
    assert installation.search.missing() == 2
    assert found(installation, "otter") == []

    assert list(installation.search.rebuild()) == [(3, 3)]
    assert installation.search.missing() == 0
    assert kept() == before
    assert [found(installation, query) for query in queries] == finds


def test_what_is_erased_is_gone_from_the_index_once_it_is_built_anew(sqlite: Installation) -> None:
    reference = filed(sqlite, "The heron case.")
    with sqlite.engine.connect() as connection:
        tokens = connection.execute(sa.select(search_documents.c.tokens)).scalar_one().split()
    with sqlite.vault._key_store.begin() as connection:
        connection.execute(sa.delete(key_table))
    sqlite.vault.open_many(1)
    assert found(sqlite, "heron") == [reference]

    list(sqlite.search.rebuild())
    assert found(sqlite, "heron") == []
    with sqlite.engine.connect() as connection:
        blocks = connection.exec_driver_sql("SELECT block FROM search_index_data").scalars().all()
        assert connection.execute(sa.select(senders)).all() == []
    assert not any(token.encode()[-8:] in block for token in tokens for block in blocks)


def test_a_search_is_on_record_without_its_words_and_with_every_case_it_showed(installation: Installation) -> None:
    reference = filed(installation, "The heron case.")
    filed(installation, "Something else.")
    found(installation, "heron")

    with installation.engine.connect() as connection:
        rows = [row for row in connection.execute(sa.select(audit)) if row.actor == OFFICER.email]
    assert [(row.act, row.reference) for row in rows] == [("searched", None), ("seen in a search", reference)]
    assert not any("heron" in row.detail for row in rows)


def test_a_sender_is_looked_up_by_address_or_full_name_with_a_reason_on_record(installation: Installation) -> None:
    jo = "Jo Sandiford <jo.sandiford@post.example>"
    first = filed(installation, "WORKER: the heron case.", sender=jo)
    second = filed(installation, "The otter case.", sender=jo, hours=1)
    filed(installation, "Not by Jo Sandiford.", sender="Jo Sandifords <jo.s@post.example>")

    for asked in ("jo.sandiford@post.example", " Jo.Sandiford@POST.example ", "jo SANDIFORD"):
        hits = installation.search.find_sender(WHISTLEBLOWING_OFFICER, asked, "She rang to add something")
        assert [hit.reference for hit in hits] == [second, first], asked
    for asked in ("sandiford", "jo", "@post.example", ""):
        with pytest.raises(NotAllowed, match="whole email address"):
            installation.search.find_sender(WHISTLEBLOWING_OFFICER, asked, "why")
    with pytest.raises(NotAllowed, match="Say why"):
        installation.search.find_sender(WHISTLEBLOWING_OFFICER, "jo.sandiford@post.example", " ")
    with installation.engine.connect() as connection:
        rows = [row for row in connection.execute(sa.select(audit)) if row.actor == WHISTLEBLOWING_OFFICER.email]
    assert [(row.act, row.reference) for row in rows[:3]] == [
        ("sender looked up", None),
        ("found by its sender", second),
        ("found by its sender", first),
    ]
    assert {row.detail for row in rows} == {"She rang to add something"}
    assert len(rows) == 9


def test_a_sender_whose_cases_are_restricted_looks_like_one_who_never_wrote(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(installation, "WORKER", sender="Jo Sandiford <jo.sandiford@post.example>")
    for role in set(Role) - {Role.WHISTLEBLOWING_OFFICER}:
        with pytest.raises(NotAllowed):
            installation.search.find_sender(Officer(email="a@example.gov.uk", role=role), "jo@post.example", "why")
    monkeypatch.setitem(access.ALLOWED, Permission.LOOK_UP_SENDERS, frozenset(Role))

    for asked in ("jo.sandiford@post.example", "nobody@post.example"):
        assert installation.search.find_sender(OFFICER, asked, "why") == ()


def test_a_query_of_words_that_stand_in_every_message_comes_to_nothing(sqlite: Installation) -> None:
    filed(sqlite, "The and of it.")

    for text in ("", "the", '"it is"', "a b c", "?! *", '"'):
        assert parsed(text).stems == ()
        assert sqlite.search.find(OFFICER, text) == search.Found()


@pytest.mark.parametrize("text", ['NOT heron OR "', "heron*", "tokens:heron", "' OR 1=1 --", "heron AND", "NEAR(a b)"])
def test_a_query_is_words_and_never_a_language(installation: Installation, text: str) -> None:
    filed(installation, "Nothing of the kind.")

    assert found(installation, text) == []


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, empty_database: object) -> Installation:
    """One installation for all examples of a property."""
    folder = tmp_path_factory.mktemp("search")
    shutil.copy(str(empty_database), folder / "mailbot.sqlite3")
    return installed(folder, f"sqlite:///{folder}/mailbot.sqlite3")


DISTINCTIVE = st.text(st.characters(categories=("Ll", "Lu", "Nd"), max_codepoint=0x24F), min_size=3, max_size=20)


@given(word=DISTINCTIVE, around=st.lists(st.sampled_from(["the", "food", "was", "poor,", "again.\n"]), max_size=8))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_message_is_found_by_its_distinctive_word(everything: Installation, word: str, around: list[str]) -> None:
    distinctive = f"zq{word}"  # no name, stop word or postcode
    reference = filed(everything, " ".join([*around, f"({distinctive})", *around]))

    assert reference in found(everything, distinctive)


@given(st.text(max_size=80))
def test_words_stand_where_they_are_said_to_and_finding_them_needs_no_more(text: str) -> None:
    known = stems(text)
    assert spoken(text).split() == [word.folded for word in words(text) if word.folded]
    for word in words(text):
        assert text[word.start : word.end]
        if 1 < len(word.folded) <= 64 and word.folded not in STOP_WORDS:
            assert stems(text[word.start : word.end]) <= known


def test_the_command_indexes_what_was_filed_before_there_was_a_search(sqlite: Installation) -> None:
    reference = filed(sqlite, "The heron case.")
    with sqlite.engine.begin() as connection:
        connection.execute(sa.delete(search_documents))
    (sqlite.folder / "config.toml").write_text(
        f'[database]\nurl = "sqlite:///{sqlite.folder}/mailbot.sqlite3"\n'
        f'[keys]\nfile = "{sqlite.folder}/keys"\nstore = "sqlite:///{sqlite.folder}/keystore.sqlite3"\n'
        '[outgoing]\nkind = "folder"\n'
        '[[mailbox]]\nname = "enquiries"\nkind = "maildir"\npath = "mail"\nreply_address = "enquiries@example.gov.uk"\n'
    )

    def said(*words: str) -> str:
        done = mailbot(*words, "--config", str(sqlite.folder / "config.toml"))
        assert done.code == 0, done.both
        return done.out

    assert "1 cases are not found by the search yet" in said("init", "--admin", "a@example.gov.uk")
    assert "1 cases indexed" in said("search", "rebuild")
    assert found(sqlite, "heron") == [reference]
    assert "not found by the search" not in said("init", "--admin", "a@example.gov.uk")
