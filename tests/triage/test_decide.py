"""How an assessment is decided: the tables, and that danger is never lowered."""

from __future__ import annotations

from typing import Any

import pytest

from mailbot.config import shipped
from mailbot.domain import Attachment, Kind, Nation, Remit, ServiceType, Situation, Whistleblowing
from mailbot.triage.decide import NO_MODEL, REMIT_OF_SERVICE, Judge, remit_of, signposts_of, whistleblowing_of
from mailbot.triage.phrases import PhraseBook
from mailbot.triage.places import Gazetteer
from mailbot.triage.rules import RuleBook
from tests.doubles import email

MODELS = shipped("models")


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(MODELS, RuleBook.load(MODELS), PhraseBook.load(MODELS), Gazetteer.load(MODELS))


@pytest.fixture(scope="module")
def judge_without_model(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    return Judge(
        tmp_path_factory.mktemp("empty"), RuleBook.load(MODELS), PhraseBook.load(MODELS), Gazetteer.load(MODELS)
    )


def test_every_kind_of_service_has_its_remit() -> None:
    assert set(REMIT_OF_SERVICE) == set(ServiceType)


@pytest.mark.parametrize(
    ("kind", "nation", "service", "grievance", "remit"),
    [
        (Kind.CONCERN, None, ServiceType.CHILDRENS_HOME, False, Remit.REGULATED),
        (Kind.CONCERN, Nation.ENGLAND, ServiceType.CAFCASS, False, Remit.INSPECTED),
        (Kind.CONCERN, Nation.WALES, ServiceType.CHILDRENS_HOME, False, Remit.OTHER_NATION),
        (Kind.CONCERN, Nation.SCOTLAND, ServiceType.SCHOOL, True, Remit.OTHER_NATION),
        (Kind.CONCERN, None, ServiceType.LOCAL_AUTHORITY, True, Remit.GRIEVANCE),
        (Kind.CONCERN, None, ServiceType.CHILDMINDER_OR_NURSERY, True, Remit.OTHER_OFSTED),
        (Kind.CONCERN, None, ServiceType.YOUTH_OFFENDING_TEAM, False, Remit.OTHER_REGULATOR),
        (Kind.CONCERN, None, ServiceType.UNKNOWN, True, Remit.UNCLEAR),
        (Kind.ENQUIRY, Nation.WALES, ServiceType.CHILDRENS_HOME, False, Remit.NOT_APPLICABLE),
    ],
)
def test_the_place_decides_first_then_the_service_then_the_grievance(
    kind: Kind, nation: Nation | None, service: ServiceType, grievance: bool, remit: Remit
) -> None:
    assert remit_of(kind, nation, service, grievance=grievance) is remit


@pytest.mark.parametrize(
    ("worker", "remit", "service", "result"),
    [
        (Whistleblowing.QUALIFYING, Remit.REGULATED, ServiceType.CHILDRENS_HOME, Whistleblowing.QUALIFYING),
        (Whistleblowing.NOT_COVERED, Remit.REGULATED, ServiceType.CHILDRENS_HOME, Whistleblowing.NOT_COVERED),
        (
            Whistleblowing.QUALIFYING,
            Remit.INSPECTED,
            ServiceType.SECURE_TRAINING_CENTRE,
            Whistleblowing.EXCLUDED_SERVICE,
        ),
        (
            Whistleblowing.QUALIFYING,
            Remit.OTHER_REGULATOR,
            ServiceType.YOUTH_OFFENDING_TEAM,
            Whistleblowing.EXCLUDED_SERVICE,
        ),
        (Whistleblowing.QUALIFYING, Remit.OTHER_OFSTED, ServiceType.SCHOOL, Whistleblowing.NONE),
        (Whistleblowing.QUALIFYING, Remit.GRIEVANCE, ServiceType.CHILDRENS_HOME, Whistleblowing.NONE),
        (Whistleblowing.EXCLUDED_SERVICE, Remit.REGULATED, ServiceType.CHILDRENS_HOME, Whistleblowing.QUALIFYING),
    ],
)
def test_what_the_law_makes_of_a_worker_follows_from_the_service(
    worker: Whistleblowing, remit: Remit, service: ServiceType, result: Whistleblowing
) -> None:
    assert whistleblowing_of(worker, Kind.CONCERN, remit, service) is result


@pytest.mark.parametrize(
    ("remit", "nation", "service", "named"),
    [
        (Remit.OTHER_NATION, Nation.WALES, ServiceType.CHILDRENS_HOME, "Care Inspectorate Wales"),
        (Remit.OTHER_NATION, Nation.SCOTLAND, ServiceType.SCHOOL, "Care Inspectorate"),
        (Remit.OTHER_NATION, Nation.NORTHERN_IRELAND, ServiceType.UNKNOWN, "Regulation and Quality"),
        (Remit.GRIEVANCE, None, ServiceType.CHILDRENS_HOME, "Acas"),
        (Remit.OTHER_OFSTED, Nation.ENGLAND, ServiceType.SCHOOL, "Ofsted's route"),
        (Remit.OTHER_REGULATOR, None, ServiceType.HEALTH, "Care Quality Commission"),
        (Remit.OTHER_REGULATOR, None, ServiceType.YOUTH_OFFENDING_TEAM, "Ministry of Justice"),
        (Remit.INSPECTED, None, ServiceType.LOCAL_AUTHORITY, "Local Government and Social Care Ombudsman"),
        (Remit.INSPECTED, None, ServiceType.CAFCASS, "Parliamentary and Health Service Ombudsman"),
        (Remit.REGULATED, Nation.ENGLAND, ServiceType.CHILDRENS_HOME, ""),
        (Remit.NOT_APPLICABLE, None, ServiceType.LOCAL_AUTHORITY, ""),
    ],
)
def test_who_is_named_to_the_sender_follows_from_remit_place_and_service(
    remit: Remit, nation: Nation | None, service: ServiceType, named: str
) -> None:
    assert named in ", ".join(signposts_of(remit, nation, service))
    assert bool(named) == bool(signposts_of(remit, nation, service))


def test_without_a_model_a_rule_still_raises_danger_and_unsure_cases_are_restricted(judge_without_model: Judge) -> None:
    (judged,) = judge_without_model.assess([email(text="He hit her again. please")])

    assert judged.immediate_risk
    assert judged.priority == 1
    assert judged.model == NO_MODEL
    assert judged.restricted


@pytest.mark.parametrize(
    "padding",
    ["The bins are out on the wrong day. ", "Thank you for the poster, it is lovely. ", "We sell online courses. "],
)
def test_no_amount_of_harmless_words_lowers_what_a_rule_raised(judge: Judge, padding: str) -> None:
    (judged,) = judge.assess(
        [email(text=padding * 15 + "My niece is still missing and her phone is off. " + padding * 15)]
    )

    assert judged.priority <= 2
    assert judged.immediate_risk or judged.look_first


def test_a_child_in_danger_is_always_a_child_at_risk(judge: Judge) -> None:
    (judged,) = judge.assess([email(text="I am 12. My foster dad hits me every night, I am scared to go home.")])

    assert judged.immediate_risk
    assert Situation.CHILD_AT_RISK in judged.situations


def test_a_machines_mail_is_automatic_and_words_of_danger_in_it_are_still_looked_at(judge: Judge) -> None:
    (judged,) = judge.assess([email(automatic="it is marked Auto-Submitted", text="He hit her again. please")])

    assert judged.kind is Kind.AUTOMATIC
    assert judged.look_first
    assert judged.priority == 2


def test_danger_in_an_attachment_or_in_quoted_words_is_looked_at_first(judge: Judge) -> None:
    words = "She went out on Saturday and she's not been back since."
    attached = email(
        text="Please see the note. " * 10, attachments=(Attachment(name="n", media_type="t", size=9, text=words),)
    )
    quoted = email(text="Please see the message below. " * 10, quoted=words)

    for judged in judge.assess([attached, quoted]):
        assert judged.priority <= 2
        assert judged.look_first


def test_a_language_nobody_reads_and_an_empty_message_are_looked_at_first(judge: Judge) -> None:
    polish, empty = judge.assess(
        [email(text="Dzień dobry, proszę o pomoc.", language="pl"), email(text="", subject="")]
    )

    assert "language" in (polish.look_first or "")
    assert empty.look_first == "no readable text"


def test_every_piece_of_evidence_stands_where_it_says(judge: Judge) -> None:
    text = (
        "I work nights at Ashgrove, the children's home in Leeds (URN 1234567).\nHe is back on shift tonight and she "
        "told us he touched her. The records are backdated.\nPlease don't tell them it came from me. Don't reply to "
        "this address."
    )
    message = email(text=text, subject="Ashgrove")
    (judged,) = judge.assess([message])

    assert {"immediate_risk", "service_type", "whistleblowing", "confidentiality", "contact"} <= {
        one.field for one in judged.evidence
    }
    for one in judged.evidence:
        assert message.part(one.part)[one.start : one.end] == one.text
        assert 0 <= one.score <= 1
        assert one.clause.startswith("P")


def test_an_enquiry_names_no_service_and_no_authority(judge: Judge) -> None:
    (judged,) = judge.assess(
        [email(subject="fees", text="What is the annual fee to register a home in Leeds, please?")]
    )

    assert judged.kind is Kind.ENQUIRY
    assert judged.service_name is judged.local_authority is None


def test_a_batch_is_judged_as_each_message_alone(judge: Judge) -> None:
    messages = [email(text=text) for text in ("He hit her again. please", "How do I register?", "The food is poor.")]

    assert judge.assess(messages) == [judge.assess([message])[0] for message in messages]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"unreadable": "it is encrypted and cannot be read here"}, "encrypted"),
        ({"attachments": (Attachment(name="a.jpg", media_type="image/jpeg", size=90_000, unread=True),)}, "picture"),
        (
            {"attachments": (Attachment(name="a.zip", media_type="application/zip", size=9, sealed_because="found"),)},
            "sealed",
        ),
        ({"signature": "Jo\nPS He hit her again. please"}, "signature"),
    ],
)
def test_what_only_a_person_can_tell_is_looked_at_before_its_turn(
    judge: Judge, changes: dict[str, Any], why: str
) -> None:
    (plain, changed) = judge.assess([email(), email(**changes)])

    assert plain.look_first is None
    assert why in (changed.look_first or "")
    assert changed.priority <= 2


def test_a_small_picture_within_the_text_is_no_reason_to_look_first(judge: Judge) -> None:
    logo = Attachment(name="logo.png", media_type="image/png", size=4_000)
    (judged,) = judge.assess([email(attachments=(logo,))])

    assert judged.look_first is None


def test_what_a_person_files_by_hand_is_restricted_and_looked_at_first(judge: Judge) -> None:
    calm = judge.unjudged(email())
    danger = judge.unjudged(email(quoted="He hit her again. please"))

    assert (calm.priority, calm.restricted, calm.immediate_risk) == (2, True, False)
    assert (danger.priority, danger.immediate_risk) == (1, True)
    assert all(danger_words.part == "quoted" for danger_words in danger.evidence)


def test_a_machine_is_told_by_its_signs_and_never_by_the_model(judge: Judge) -> None:
    words = "Thank you for your email. I am out of the office until Monday 30 November."
    (told, not_told) = judge.assess([email(text=words, automatic="it is marked Auto-Submitted"), email(text=words)])

    assert told.kind is Kind.AUTOMATIC
    assert not_told.kind is not Kind.AUTOMATIC
