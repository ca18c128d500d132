"""Writing to those who must act, or may know more: the one way out of the building for anything but acknowledgements.

A draft is offered, an officer writes it to the end, it is compared with what the vault knows of the source, and only an
officer's click sends it. What stands in the way is said as sentences; nothing is sent while one is left.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailbot.cases.access import Officer, Permission
from mailbot.cases.letters.approaches import Approaches
from mailbot.cases.services.authorities import Authorities
from mailbot.cases.services.services import Services
from mailbot.clock import Clock
from mailbot.correspondence.compose import ENGLISH, LONDON, WELSH, WELSH_AND_ENGLISH, new_token
from mailbot.correspondence.disclosure import Giveaway, Hit, LetterPurpose, Source, Verdict, check, verdict
from mailbot.correspondence.drafts import Drafter, DraftFacts, due_on, end_of, prompts_left, told_by_telephone
from mailbot.correspondence.told_of_self import with_work
from mailbot.domain import (
    ActionKind,
    Addressee,
    Approach,
    ApproachState,
    Call,
    Case,
    Channel,
    Contact,
    Draft,
    KnownSource,
    Letter,
    LetterState,
    RegisteredService,
)
from mailbot.errors import NotAllowed

MOST_ALARMS = 5
"""How many words of danger a referral quotes before the whole of the message."""

THE_SENDER = "whoever wrote to us"
"""How the source is called wherever a page or a draft means them."""

LOOKED_FOR: dict[ActionKind, frozenset[Giveaway]] = {
    ActionKind.REFER_TO_AUTHORITY: frozenset(Giveaway) - {Giveaway.VERBATIM},
    ActionKind.ASK_THE_SERVICE: frozenset(Giveaway),
    ActionKind.SHARE_WITH_BODY: frozenset(Giveaway),
    ActionKind.ASK_THE_SENDER: frozenset({Giveaway.VERBATIM}),
}
"""What must not stand in each kind of letter. A referral holds the source's own words, masked: the authority needs
them to act; a letter to the source must not repeat them, for somebody else may read it."""

_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>.\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What stands between a draft and its leaving: `problems` forbid it, `warnings` are told.

    Where `needs_reason` the text may give the source away: only somebody who may override that sends it, with a reason.
    """

    hits: tuple[Hit, ...]
    verdict: Verdict
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    needs_reason: bool


class Dispatch:
    """Drafts, checks and sends what officers write about a case."""

    def __init__(
        self,
        approaches: Approaches,
        authorities: Authorities,
        services: Services,
        drafter: Drafter,
        reply_addresses: Mapping[str, str],
        clock: Clock,
    ) -> None:
        self._approaches = approaches
        self._authorities = authorities
        self._services = services
        self._drafter = drafter
        self._reply_addresses = reply_addresses
        self._clock = clock

    def begin(self, case: Case, officer: Officer, purpose: ActionKind, name: str) -> int:
        """Keeps a first draft to whoever `name` names; says the approach's number.

        `name` is an authority's, another body's, or the person at the service; of the source it is not looked at.
        """
        addressee, facts = self._addressed(case, purpose, name)
        welsh = purpose is ActionKind.ASK_THE_SENDER and case.entry.language == WELSH
        subject, body = self._drafter.draft(purpose, facts, WELSH_AND_ENGLISH if welsh else (ENGLISH,))
        draft = Draft(addressee=addressee, subject=subject, body=body, due_on=facts.due_on)
        return self._approaches.start(case.entry.reference, officer, purpose, draft)

    def checked(self, case: Case, approach: Approach, officer: Officer) -> Checked:
        """What stands between the draft and its leaving. The source is compared with it and shown to nobody."""
        source = self._approaches.source(case.entry.reference, officer)
        service = self.service_of(case)
        draft = approach.draft
        name = service.name if service else _service_name(case)
        found = check(_source(source), name, f"{draft.subject}\n\n{draft.body}")
        hits = [hit for hit in found if hit.what in LOOKED_FOR[approach.purpose]]
        hits.sort(key=lambda hit: hit.what is Giveaway.FEW)  # what names the source before what lets others guess
        if approach.purpose is ActionKind.ASK_THE_SENDER:
            said = Verdict.WARN if hits else Verdict.PASS
        else:
            said = verdict(hits, LetterPurpose(approach.purpose))
        return Checked(
            hits=tuple(hits),
            verdict=said,
            problems=tuple(self._problems(case, approach, source)),
            warnings=tuple(_warnings(case, approach)),
            needs_reason=said is Verdict.BLOCK,
        )

    def send(self, case: Case, approach: Approach, officer: Officer, reason: str = "") -> None:
        """Sends a draft as it is kept; raises `NotAllowed` with the first thing that stands in the way."""
        checked = self.checked(case, approach, officer)
        if checked.problems:
            raise NotAllowed(checked.problems[0])
        if checked.needs_reason:
            if not officer.may(Permission.OVERRIDE_DISCLOSURE):
                raise NotAllowed(
                    "It may give the source away. Write it otherwise, or ask the whistleblowing lead or a duty manager"
                )
            if not reason.strip():
                raise NotAllowed("Say why it must go although it may give the source away")
            draft = dataclasses.replace(approach.draft, reason=reason.strip())
            self._approaches.rewrite(approach.case_reference, approach.id, officer, draft)
        day = approach.draft.due_on
        self._approaches.send(
            approach.case_reference,
            approach.id,
            officer,
            self._letter(case, approach, officer),
            due_at=end_of(day) if day else None,
            warned=checked.verdict is not Verdict.PASS and approach.purpose is not ActionKind.ASK_THE_SENDER,
        )

    def note_call(self, approach: Approach, officer: Officer, call: Call) -> None:
        """Records a telephone call, and says it at the end of a letter that has not been sent yet."""
        self._approaches.note_call(approach.case_reference, approach.id, officer, call)
        if approach.state is ApproachState.DRAFT:
            body = f"{approach.draft.body.rstrip()}\n\n{told_by_telephone(call)}\n"
            draft = dataclasses.replace(approach.draft, body=body)
            self._approaches.rewrite(approach.case_reference, approach.id, officer, draft)

    def service_of(self, case: Case) -> RegisteredService | None:
        """The registered service that the case is about, as the register stands today."""
        matched = case.assessment.registered
        urn = case.entry.urn or (matched.urn if matched else None)
        return next((one for one in self._services.listed() if one.urn == urn), None) if urn else None

    def authorities_for(self, case: Case, known: Sequence[str]) -> list[str]:
        """The authorities that a referral is likely for: where the child is first, then those that may be responsible.

        `known` are the names of all there are; one that the message names may be the one that placed the child.
        """
        service = self.service_of(case)
        named = [case.entry.local_authority or "", service.authority if service else ""]
        words = {word.casefold() for word in (*case.assessment.places, *case.assessment.organisations)}
        named += [one for one in known if any(one.casefold() in word for word in words)]
        return list(dict.fromkeys(filter(None, named)))

    def _addressed(self, case: Case, purpose: ActionKind, name: str) -> tuple[Addressee, DraftFacts]:
        service = self.service_of(case)
        facts = _facts(case, service, purpose, self._clock)
        if purpose is ActionKind.REFER_TO_AUTHORITY:
            contact = self._authorities.contact(name)
            addressee = Addressee(name=name, person=contact.office, email=contact.email)
            here = name == case.entry.local_authority or bool(service and service.authority == name)
            told = dataclasses.replace(facts, office=contact.office, contact_known=bool(contact.telephone), here=here)
        elif purpose is ActionKind.ASK_THE_SERVICE:
            about = service.name if service else _service_name(case) or "the service"
            email, postal = (service.email, service.postal) if service else ("", "")
            addressee = Addressee(name=about, person=name, email=email, postal=postal)
            told = dataclasses.replace(facts, person=name)
        else:
            addressee = Addressee(name=name if purpose is ActionKind.SHARE_WITH_BODY else THE_SENDER)
            told = facts
        return addressee, dataclasses.replace(told, addressee=addressee.name)

    def _problems(self, case: Case, approach: Approach, source: KnownSource) -> list[str]:
        draft, found = approach.draft, []
        if prompts_left(f"{draft.subject}\n{draft.body}"):
            found.append("What stands in «guillemets» is still to be written, or to be deleted")
        if not draft.subject.strip() or "\n" in draft.subject.strip():
            found.append("The subject must be one line")
        if not draft.body.strip():
            found.append("Nothing is written")
        if approach.purpose is ActionKind.ASK_THE_SENDER:
            return found + _unsafe(case, source)
        if draft.addressee.email and not _EMAIL.fullmatch(draft.addressee.email):
            found.append("The email address cannot be used: write one such as name@council.example")
        if not draft.addressee.email and not draft.addressee.postal:
            found.append("Write the email address it goes to, or a postal address")
        if draft.due_on and draft.due_on <= self._clock().astimezone(LONDON).date():
            found.append("The day by which it asks for an answer has come: give this draft up and begin a new one")
        return found

    def _letter(self, case: Case, approach: Approach, officer: Officer) -> Letter:
        draft, addressee = approach.draft, approach.draft.addressee
        recipient = addressee.email or f"{addressee.name}\n{addressee.postal}"
        channel = Channel.EMAIL if addressee.email else Channel.POST
        if approach.purpose is ActionKind.ASK_THE_SENDER:
            source = self._approaches.source(case.entry.reference, officer)
            channel = Channel.POST if case.entry.contact is Contact.POST else Channel.EMAIL
            recipient = f"{source.name}\n{source.postal}".strip() if channel is Channel.POST else source.answer_to
        return Letter(
            recipient=recipient,
            channel=channel,
            subject=draft.subject.strip(),
            body=draft.body.strip() + "\n",
            template=approach.purpose,
            reply_address=self._reply_addresses.get(case.entry.mailbox, ""),
            reply_token=new_token(),
        )


def person_at(service: RegisteredService | None) -> list[str]:
    """Who at a service may be asked: its registered manager, its responsible individual."""
    return [one for one in (service.manager, service.responsible_individual) if one] if service else []


def named_in(person: str, case: Case) -> bool:
    """Whether the message names that person, as it may where it accuses them: their surname, or their whole name."""
    words = re.findall(r"[^\W\d_]{3,}", person)
    texts = [case.subject, case.narrative, case.quoted, *(one.narrative for one in case.follow_ups)]
    texts += [one.text or "" for one in case.attachments]
    return bool(words) and any(re.search(rf"\b{words[-1]}\b", text, re.IGNORECASE) for text in texts)


def _warnings(case: Case, approach: Approach) -> list[str]:
    addressee = approach.draft.addressee
    found = []
    if approach.purpose is ActionKind.ASK_THE_SERVICE and addressee.person and named_in(addressee.person, case):
        found.append(
            f"The message names somebody called {addressee.person}. An enquiry never goes to the person it is about: "
            "if it is them, write to the responsible individual instead"
        )
    if approach.purpose is ActionKind.REFER_TO_AUTHORITY and not approach.calls:
        found.append("No telephone call is recorded. Telephone first: an email may be read too late")
    return found


def _unsafe(case: Case, source: KnownSource) -> list[str]:
    """Why the source cannot be written to, as the case stands after officers' corrections.

    Where the acknowledgement stays withheld nothing else goes to that address: what makes the one unsafe makes the
    other so.
    """
    if case.entry.acknowledgement == LetterState.WITHHELD:
        return [f"The acknowledgement is withheld, because {case.reply.withheld_because}: decide on that first"]
    if case.entry.contact is Contact.DO_NOT_CONTACT:
        return ["Whoever wrote does not want to be written to: it may not be safe"]
    if case.entry.contact is Contact.TELEPHONE:
        return ["They asked to be telephoned: a letter may not be safe"]
    if case.entry.contact is Contact.POST:
        return [] if source.postal else ["They want a letter by post, and gave no postal address"]
    return [] if _EMAIL.fullmatch(source.answer_to) else ["There is no address that an answer could go to"]


def _facts(case: Case, service: RegisteredService | None, purpose: ActionKind, clock: Clock) -> DraftFacts:
    texts = [case.narrative, *(one.narrative for one in case.follow_ups)]
    day = due_on(purpose, clock().astimezone(LONDON).date())
    return DraftFacts(
        reference=case.entry.reference,
        received_at=case.entry.received_at,
        addressee="",
        service_name=service.name if service else _service_name(case),
        urn=case.entry.urn or "",
        authority=case.entry.local_authority or "",
        situations=case.entry.situations,
        people=case.assessment.people,
        places=case.assessment.places,
        dates=case.assessment.dates,
        alarms=_alarms(case),
        told="\n\n".join(text.strip() for text in texts if text.strip()) or case.quoted.strip() or "(no words)",
        missing=case.assessment.missing,
        due_on=day,
    )


def _alarms(case: Case) -> tuple[str, ...]:
    """The words of danger in a case's messages, the surest first."""
    found = [*case.assessment.evidence, *(one for later in case.follow_ups for one in later.assessment.evidence)]
    danger = [one for one in found if one.field in ("immediate_risk", "adult_in_danger") and one.text.strip()]
    danger.sort(key=lambda one: -one.score)
    return tuple(dict.fromkeys(" ".join(one.text.split()) for one in danger))[:MOST_ALARMS]


def _service_name(case: Case) -> str:
    return case.corrected.get("service_name", case.assessment.service_name or "")


def _source(known: KnownSource) -> Source:
    return with_work(
        Source(name=known.name, address=known.address, postal=known.postal, phones=known.phones, text=known.text)
    )
