"""Who is acknowledged, how, and with which template; and everybody who is not, with the reason."""

from __future__ import annotations

import pytest

from mailbot.correspondence.may_reply import may_reply
from mailbot.domain import (
    Address,
    Assessment,
    Channel,
    Confidentiality,
    Contact,
    Email,
    Kind,
    Remit,
    Reply,
    ServiceType,
    Whistleblowing,
)
from tests.doubles import assessment, email

WORKER = assessment(whistleblowing=Whistleblowing.QUALIFYING)


def sender(address: str, name: str = "Jo Sandiford") -> Email:
    return email(sender=Address(name=name, address=address))


def withheld(message: Email, judged: Assessment) -> str:
    reply = may_reply(message, judged, own_addresses=frozenset({"enquiries@example.gov.uk"}))
    assert reply.channel is Channel.NONE
    assert reply.template is None
    return reply.withheld_because or ""


@pytest.mark.parametrize(
    ("judged", "template"),
    [
        (assessment(), "regulated"),
        (assessment(remit=Remit.UNCLEAR), "regulated"),
        (assessment(remit=Remit.INSPECTED, service_type=ServiceType.BOARDING_SCHOOL), "inspected"),
        (assessment(remit=Remit.INSPECTED, service_type=ServiceType.LOCAL_AUTHORITY), "council"),
        (assessment(remit=Remit.INSPECTED, service_type=ServiceType.CAFCASS), "cafcass"),
        (assessment(immediate_risk=True), "danger"),
        (assessment(immediate_risk=True, remit=Remit.OTHER_NATION), "danger"),
        (assessment(adult_in_danger=True, whistleblowing=Whistleblowing.QUALIFYING), "danger"),
        (WORKER, "whistleblower"),
        (assessment(whistleblowing=Whistleblowing.NOT_COVERED), "whistleblower_not_covered"),
        (assessment(whistleblowing=Whistleblowing.EXCLUDED_SERVICE), "excluded_service"),
        (
            assessment(whistleblowing=Whistleblowing.EXCLUDED_SERVICE, remit=Remit.OTHER_REGULATOR),
            "excluded_service",
        ),
        (assessment(remit=Remit.GRIEVANCE), "grievance"),
        (assessment(remit=Remit.OTHER_NATION), "other_nation"),
        (assessment(remit=Remit.OTHER_NATION, whistleblowing=Whistleblowing.QUALIFYING), "other_nation"),
        (assessment(remit=Remit.OTHER_REGULATOR, service_type=ServiceType.HEALTH), "other_regulator"),
        (assessment(remit=Remit.OTHER_OFSTED, service_type=ServiceType.SCHOOL), "school"),
        (assessment(remit=Remit.OTHER_OFSTED, service_type=ServiceType.FE_COLLEGE), "further_education"),
        (assessment(kind=Kind.ENQUIRY, remit=Remit.NOT_APPLICABLE), "enquiry"),
        (assessment(kind=Kind.INFORMATION_REQUEST, remit=Remit.NOT_APPLICABLE), "information_request"),
        (assessment(written_by_child=True), "child"),
        (assessment(written_by_child=True, immediate_risk=True), "child"),
        (assessment(written_by_child=True, kind=Kind.ENQUIRY, remit=Remit.NOT_APPLICABLE), "child"),
    ],
)
def test_each_situation_has_its_template(judged: Assessment, template: str) -> None:
    assert may_reply(email(), judged) == Reply(channel=Channel.EMAIL, template=template, withheld_because=None)


def test_who_sent_what_nobody_can_read_is_asked_to_send_it_again() -> None:
    assert may_reply(email(unreadable="it is encrypted"), assessment()).template == "unreadable"
    assert may_reply(email(unreadable="it is encrypted"), assessment(immediate_risk=True)).template == "danger"


def test_machines_are_never_answered() -> None:
    assert "machine" in withheld(email(automatic="it is marked Auto-Submitted"), assessment())
    assert "automatic" in withheld(email(), assessment(kind=Kind.AUTOMATIC))
    assert "return path" in withheld(email(return_path=""), assessment())


def test_our_own_address_is_never_answered() -> None:
    assert "our own" in withheld(sender("enquiries@example.gov.uk"), assessment())


def test_spam_is_not_answered() -> None:
    assert "selling" in withheld(email(), assessment(kind=Kind.SPAM))


def test_nobody_is_answered_who_says_it_is_not_safe() -> None:
    assert "not to contact" in withheld(email(), assessment(contact=Contact.DO_NOT_CONTACT))


def test_who_asks_for_a_letter_gets_a_letter_and_no_email() -> None:
    reply = may_reply(
        sender("office@larchhouse.example"), assessment(contact=Contact.POST, postal_address="4 Mill Row")
    )

    assert reply.channel is Channel.POST


def test_who_asks_for_a_letter_without_an_address_gets_nothing_by_email() -> None:
    assert "a person decides" in withheld(email(), assessment(contact=Contact.POST))


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("jo@larchhouse.example", "Larch House"),
        ("jo@larch-house.example", "Larch House"),
        ("jo@mail.bramblegatecare.example", "Bramblegate"),
        ("jo@saltboxfostering.example", "Saltbox Fostering"),
    ],
)
@pytest.mark.parametrize("judged", [assessment(), WORKER])
def test_no_reply_reaches_the_domain_of_the_service_concerned(address: str, service: str, judged: Assessment) -> None:
    import dataclasses

    assert "service concerned" in withheld(sender(address), dataclasses.replace(judged, service_name=service))


def test_a_reply_to_at_the_service_is_as_bad_as_a_sender_there() -> None:
    message = email(reply_to=Address(address="manager@larchhouse.example"))

    assert withheld(message, assessment(service_name="Larch House"))


@pytest.mark.parametrize(
    "address", ["office@post.example", "night.staff@post.example", "flat3@post.example", "info@x.example"]
)
def test_shared_accounts_are_not_answered(address: str) -> None:
    assert "shared" in withheld(sender(address), assessment())


def test_a_computer_that_others_use_is_not_answered() -> None:
    assert "shared" in withheld(email(text="I am on the library computer. He hit me."), assessment())


@pytest.mark.parametrize("address", ["kay@pupils.example", "kay@learners.example", "kay@westhill.sch.example"])
def test_pupil_accounts_are_not_answered(address: str) -> None:
    assert "pupil" in withheld(sender(address), assessment())


def test_a_worker_at_what_may_be_the_employers_address_is_left_to_a_person() -> None:
    message = sender("g.attwater@oakfieldcare.example")

    assert "a person decides" in withheld(message, WORKER)
    assert "a person decides" in withheld(message, assessment(whistleblowing_sure=False))
    assert may_reply(message, assessment()).channel is Channel.EMAIL


def test_a_worker_at_a_public_provider_is_answered() -> None:
    assert may_reply(sender("remi84@gmail.com"), WORKER).template == "whistleblower"


def test_a_forged_sender_is_not_answered() -> None:
    assert "forged" in withheld(email(forged=True), assessment())


@pytest.mark.parametrize("address", ["", "nobody", "a b@c.example", "root@localhost"])
def test_an_address_that_cannot_be_used_is_not_answered(address: str) -> None:
    assert "cannot be used" in withheld(sender(address), assessment())


@pytest.mark.parametrize("confidentiality", list(Confidentiality))
def test_a_wish_for_secrecy_alone_withholds_nothing(confidentiality: Confidentiality) -> None:
    assert may_reply(email(), assessment(confidentiality=confidentiality)).acknowledge
