"""What an officer was told by telephone or read in a letter (P25), and how it outweighs what the machine reads.

The questions stand here once, in the order in which they are asked, for the form and for the case's page. What was not
asked is left to the machine. A danger that was told is raised; that none was told lowers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from mailbot.cases.masking.mask import PHONE, Masker
from mailbot.cases.masking.narrative import Identity, Narrative, masked
from mailbot.domain import (
    EXCLUDED_SERVICES,
    Address,
    Assessment,
    Confidentiality,
    Contact,
    Email,
    Entry,
    EntryKind,
    Kind,
    Relation,
    Remit,
    Reply,
    Situation,
    Told,
    Whistleblowing,
    priority_of,
)

QUESTIONS: Mapping[str, str] = {
    "danger": "Is anybody in danger now?",
    "said": "What has happened?",
    "service": "Which service, and where is it?",
    "name": "Who are they?",
    "confidentiality": "May we pass their name on?",
    "contact": "How can we reach them safely?",
    "relation": "What are they to the service?",
}

CONFIDENTIALITY: Mapping[Confidentiality, str] = {
    Confidentiality.REQUESTED: "No, keep it to ourselves",
    Confidentiality.WAIVED: "Yes, it may be passed on",
}
CONTACT: Mapping[Contact, str] = {
    Contact.EMAIL: "By email",
    Contact.POST: "By post",
    Contact.TELEPHONE: "By telephone",
    Contact.DO_NOT_CONTACT: "Not at all: they do not want to be contacted",
}
RELATION: Mapping[Relation, str] = {
    Relation.WORKER: "They work there, or did",
    Relation.NOT_COVERED: "Self-employed, a volunteer or a foster carer there",
    Relation.CHILD: "A child or young person who lives or learns there",
    Relation.OTHER: "Family, a neighbour, another professional or anybody else",
}
NOT_ASKED = "Not asked, or not answered"
NOT_JUDGED_YET = "entered by hand, and not judged yet"
SUBJECTS = {EntryKind.CALL: "Telephone call", EntryKind.LETTER: "Letter"}
WHISTLEBLOWING = {
    Relation.WORKER: Whistleblowing.QUALIFYING,
    Relation.NOT_COVERED: Whistleblowing.NOT_COVERED,
    Relation.CHILD: Whistleblowing.NONE,
    Relation.OTHER: Whistleblowing.NONE,
}
_OF_A_SENDER = ("no sender", "no sender's address", "more than one sender")
"""What is wrong with a message whose sender's line is broken; an entry has its sender from the officer."""


def words_of(entry: Entry) -> str:
    """What is judged and shown of an entry: the service and the place in lines of their own, and what was said."""
    lines = [("Service", entry.service_name), ("Place", entry.place)]
    head = "\n".join(f"{name}: {told}" for name, told in lines if told)
    return "\n\n".join(part for part in (head, entry.said.strip()) if part)


def as_entered(read: Email, entry: Entry) -> Email:
    """A message that was read from an entry's bytes, with what the officer wrote in the place of what a parser guesses.

    Only the files and the language are the parser's: no line of an officer's notes is a signature, a quotation or a
    machine's answer, and whoever called sent no header.
    """
    return replace(
        read,
        sender=Address(name=entry.name, address=entry.email.lower()),
        reply_to=None,
        return_path=None,
        recipients=(),
        references=(),
        subject=SUBJECTS[entry.kind],
        sent_at=entry.received_at,
        text=words_of(entry),
        quoted="",
        signature="",
        automatic=None,
        undelivered=False,
        forged=False,
        unreadable=None,
        defects=tuple(one for one in read.defects if one not in _OF_A_SENDER),
    )


def before_judgement(entry: Entry) -> Assessment:
    """What stands for an entry until it is judged: what the officer was told and nothing else. Somebody looks first.

    Where they did not tell whether a worker called, it is restricted until that is known (P22).
    """
    nothing = Assessment.unjudged(look_first=NOT_JUDGED_YET, language="en", model="none", rules="none")
    return as_told(nothing, entry)


def as_told(judged: Assessment, entry: Entry) -> Assessment:
    """The judgement with what the officer was told in the place of what the machine read; danger is only ever raised.

    Whoever gives their address in a letter and asks for nothing is answered there, as who writes an email is by email.
    """
    kind, remit = judged.kind, judged.remit
    told_of_work = entry.relation in (Relation.WORKER, Relation.NOT_COVERED)
    if kind is not Kind.CONCERN and (entry.child_in_danger or entry.adult_in_danger or told_of_work):
        kind, remit = Kind.CONCERN, Remit.UNCLEAR if remit is Remit.NOT_APPLICABLE else remit
    situations = judged.situations | ({Situation.CHILD_AT_RISK} if entry.child_in_danger else frozenset())
    immediate_risk = judged.immediate_risk or entry.child_in_danger
    adult_in_danger = judged.adult_in_danger or entry.adult_in_danger
    at_their_address = Contact.POST if entry.kind is EntryKind.LETTER and entry.postal else judged.contact
    return replace(
        judged,
        kind=kind,
        remit=remit,
        situations=frozenset(situations),
        immediate_risk=immediate_risk,
        adult_in_danger=adult_in_danger,
        whistleblowing=_whistleblowing(judged, entry.relation),
        whistleblowing_sure=judged.whistleblowing_sure or entry.relation is not None,
        anonymous=entry.anonymous or (judged.anonymous and not entry.name),
        confidentiality=entry.confidentiality or judged.confidentiality,
        contact=entry.contact or at_their_address,
        postal_address=entry.postal or judged.postal_address,
        service_name=entry.service_name or judged.service_name,
        written_by_child=judged.written_by_child or entry.relation is Relation.CHILD,
        priority=priority_of(
            kind=kind,
            remit=remit,
            immediate_risk=immediate_risk,
            adult_in_danger=adult_in_danger,
            situations=frozenset(situations),
            look_first=judged.look_first is not None,
        ),
    )


def _whistleblowing(judged: Assessment, relation: Relation | None) -> Whistleblowing:
    if relation is None:
        return judged.whistleblowing
    told = WHISTLEBLOWING[relation]
    if told is not Whistleblowing.NONE and judged.service_type in EXCLUDED_SERVICES:
        return Whistleblowing.EXCLUDED_SERVICE
    return told


def parted(email: Email, judged: Assessment, entry: Entry, reply: Reply) -> tuple[Narrative, Identity]:
    """An entry parted into what officers read and who called or wrote.

    `judged` stays what the machine said; the service's name that was told stands as corrected from the first.
    """
    told = as_told(judged, entry)
    narrative, identity = masked(email, replace(judged, postal_address=told.postal_address))
    masker = Masker(email, told.postal_address)
    answers = tuple((question, _plain(masker.mask(answer).text)) for question, answer in answers_of(entry))
    corrected = {"service_name": entry.service_name} if entry.service_name else {}
    if entry.relation is Relation.CHILD:
        corrected["written_by_child"] = "true"
    rung = {f"[{PHONE} to ring]": entry.telephone} if entry.telephone else {}
    return (
        replace(
            narrative,
            reply=reply,
            corrected=corrected,
            told=Told(kind=entry.kind, entered_by=entry.entered_by, answers=answers),
        ),
        replace(identity, tokens=identity.tokens | rung),
    )


def _plain(answer: str) -> str:
    """Tokens without their numbers, which are counted anew in each text."""
    return re.sub(r"\[([a-z ]+) \d+\]", r"[\1]", answer)


def answers_of(entry: Entry) -> tuple[tuple[str, str], ...]:
    """Each question with what was answered, in order; never who called, nor where they are."""
    danger = [who for who, told in (("a child", entry.child_in_danger), ("an adult", entry.adult_in_danger)) if told]
    named = "Name given, and kept sealed" if entry.name else "They stay anonymous" if entry.anonymous else ""
    contact = CONTACT[entry.contact] if entry.contact else ""
    if contact and entry.telephone_times:
        contact = f"{contact}, {entry.telephone_times}"
    told = {
        "danger": f"Yes, {' and '.join(danger)}" if danger else "",
        "service": ", ".join(filter(None, (entry.service_name, entry.place))),
        "name": named,
        "confidentiality": CONFIDENTIALITY[entry.confidentiality] if entry.confidentiality else "",
        "contact": contact,
        "relation": RELATION[entry.relation] if entry.relation else "",
    }
    return tuple((QUESTIONS[name], answer or NOT_ASKED) for name, answer in told.items())
