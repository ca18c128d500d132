"""From what rules, model and facts say to one assessment. The decisions are tables; the model proposes, rules raise.

Nothing here lowers danger: a rule that says immediate risk wins over any probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from mailbot.domain import (
    Assessment,
    Confidentiality,
    Contact,
    Email,
    Evidence,
    Kind,
    Nation,
    Remit,
    ServiceType,
    Situation,
    Whistleblowing,
    priority_of,
)
from mailbot.errors import ArtefactRefused
from mailbot.triage.facts import read_facts
from mailbot.triage.model import Opinion, Passage, TextModel
from mailbot.triage.places import Gazetteer
from mailbot.triage.rules import RuleBook
from mailbot.triage.sentences import sentences
from mailbot.triage.services import find_service
from mailbot.triage.wishes import read_wishes

log = structlog.get_logger()

NO_MODEL = "none (rules alone)"
READ_LANGUAGES = frozenset({"en", "cy"})
FEW_WORDS = 25
"""A message with fewer words of its own is judged with what it forwards or attaches."""

MOST_SENTENCES = 60
"""How many sentences of a message the model looks at one by one."""

RULES_WEIGH = {"service_type": 15, "whistleblowing": 6}
"""How many times likelier a value becomes where a rule names it, beside what the model thinks."""

REMIT_OF_SERVICE: dict[ServiceType, Remit] = {
    ServiceType.CHILDRENS_HOME: Remit.REGULATED,
    ServiceType.RESIDENTIAL_FAMILY_CENTRE: Remit.REGULATED,
    ServiceType.INDEPENDENT_FOSTERING_AGENCY: Remit.REGULATED,
    ServiceType.VOLUNTARY_ADOPTION_AGENCY: Remit.REGULATED,
    ServiceType.ADOPTION_SUPPORT_AGENCY: Remit.REGULATED,
    ServiceType.RESIDENTIAL_HOLIDAY_SCHEME: Remit.REGULATED,
    ServiceType.SUPPORTED_ACCOMMODATION: Remit.REGULATED,
    ServiceType.LOCAL_AUTHORITY: Remit.INSPECTED,
    ServiceType.BOARDING_SCHOOL: Remit.INSPECTED,
    ServiceType.RESIDENTIAL_SPECIAL_SCHOOL: Remit.INSPECTED,
    ServiceType.FE_RESIDENTIAL: Remit.INSPECTED,
    ServiceType.CAFCASS: Remit.INSPECTED,
    ServiceType.SECURE_TRAINING_CENTRE: Remit.INSPECTED,
    ServiceType.YOUTH_OFFENDING_TEAM: Remit.OTHER_REGULATOR,
    ServiceType.SCHOOL: Remit.OTHER_OFSTED,
    ServiceType.CHILDMINDER_OR_NURSERY: Remit.OTHER_OFSTED,
    ServiceType.FE_COLLEGE: Remit.OTHER_OFSTED,
    ServiceType.ADULT_SOCIAL_CARE: Remit.OTHER_REGULATOR,
    ServiceType.HEALTH: Remit.OTHER_REGULATOR,
    ServiceType.OTHER: Remit.OTHER_REGULATOR,
    ServiceType.UNKNOWN: Remit.UNCLEAR,
}
"""Whose business a concern is, by its service (P14, P15, P26); place and grievance come on top in `remit_of`."""

EXCLUDED_SERVICES = frozenset({ServiceType.SECURE_TRAINING_CENTRE, ServiceType.YOUTH_OFFENDING_TEAM})

CLAUSES: dict[str, str] = {
    "immediate_risk": "P3",
    "kind": "P8",
    "service_type": "P14",
    "whistleblowing": "P16",
    "remit": "P5",
    **dict.fromkeys(Situation, "P8"),
}


def remit_of(kind: Kind, nation: Nation | None, service: ServiceType, *, grievance: bool) -> Remit:
    """The place decides first, then the service, then whether it is only a grievance (P4, P5)."""
    if kind is not Kind.CONCERN:
        return Remit.NOT_APPLICABLE
    if nation not in (None, Nation.ENGLAND):
        return Remit.OTHER_NATION
    remit = REMIT_OF_SERVICE[service]
    if grievance and remit in (Remit.REGULATED, Remit.INSPECTED):
        return Remit.GRIEVANCE
    return remit


def whistleblowing_of(worker: Whistleblowing, kind: Kind, remit: Remit, service: ServiceType) -> Whistleblowing:
    """What the law makes of a worker's message, by the service they work in (P16 to P18)."""
    if kind is not Kind.CONCERN or worker is Whistleblowing.NONE or remit is Remit.GRIEVANCE:
        return Whistleblowing.NONE
    if service in EXCLUDED_SERVICES:
        return Whistleblowing.EXCLUDED_SERVICE
    if remit not in (Remit.REGULATED, Remit.INSPECTED, Remit.UNCLEAR):
        return Whistleblowing.NONE
    return Whistleblowing.QUALIFYING if worker is Whistleblowing.EXCLUDED_SERVICE else worker


class Judge:
    """Judges messages. The model is loaded with the first message; without one the rules work alone."""

    def __init__(self, models: Path, rules: RuleBook, gazetteer: Gazetteer) -> None:
        self._models = models
        self._rules = rules
        self._gazetteer = gazetteer
        self._model: TextModel | None = None
        self._model_tried = False

    def assess(self, emails: Sequence[Email]) -> list[Assessment]:
        """One assessment for each email, in order; the model is asked once for all of them."""
        model = self._loaded() if emails else None
        opinions = model.opinions([passage_of(email) for email in emails]) if model else [None] * len(emails)
        return [self._assess_one(email, opinion, model) for email, opinion in zip(emails, opinions, strict=True)]

    def sees_danger(self, text: str) -> bool:
        """Whether words of live danger stand anywhere in `text`, whoever wrote them and wherever they stand."""
        return any(hit.field == "immediate_risk" for hit in self._rules.hits(text, "text"))

    def unjudged(self, email: Email) -> Assessment:
        """What stands for a judgement where a person files a message by hand: look first, and nobody's but a few's.

        Words of danger in any part raise the danger all the same.
        """
        parts = ["text", "subject", "quoted", *(f"attachment:{number}" for number in range(len(email.attachments)))]
        found = [hit for part in parts for hit in self._rules.hits(email.part(part), part)]
        hits = tuple(hit for hit in found if hit.field == "immediate_risk")
        situations = frozenset({Situation.CHILD_AT_RISK} if hits else ())
        return Assessment(
            kind=Kind.CONCERN,
            immediate_risk=bool(hits),
            situations=situations,
            remit=Remit.UNCLEAR,
            service_type=ServiceType.UNKNOWN,
            whistleblowing=Whistleblowing.NONE,
            whistleblowing_sure=False,
            anonymous=False,
            confidentiality=Confidentiality.ASSUMED,
            contact=Contact.EMAIL,
            postal_address=None,
            service_name=None,
            local_authority=None,
            urn=None,
            language=email.language,
            priority=1 if hits else 2,
            look_first="filed by hand: the program could not judge it",
            evidence=hits,
            judged=False,
            model=NO_MODEL,
            rules=self._rules.version,
        )

    def _loaded(self) -> TextModel | None:
        if not self._model_tried:
            self._model_tried = True
            try:
                self._model = TextModel.load(self._models)
            except ArtefactRefused as error:
                log.error("no model: rules work alone", action="load model", problem=str(error))
        return self._model

    def _assess_one(self, email: Email, opinion: Opinion | None, model: TextModel | None) -> Assessment:
        draft = _Draft(email, opinion, model)
        hits = self._rules.hits_in(email, ("text", "subject"))
        forwarded = self._rules.hits_in(email, ("quoted",)) if is_forward(email) else ()
        kind = draft.kind()
        wishes = read_wishes(email)
        place = self._gazetteer.decide(email)
        service = find_service(email, place.places)
        facts = read_facts(email, [found.name for found in place.places], service.name)
        danger = draft.danger((*hits, *forwarded), kind)
        if danger and kind is Kind.ENQUIRY:
            kind = Kind.CONCERN  # words of live danger are a concern, however the message puts them
        situations = draft.situations((*hits, *forwarded), kind, danger=danger)
        service_type = draft.service_type((*hits, *forwarded))
        remit = remit_of(kind, place.nation, service_type, grievance=draft.grievance(situations))
        worker, sure = draft.worker((*hits, *forwarded))
        whistleblowing = whistleblowing_of(worker, kind, remit, service_type)
        look_first = self._look_first(email, kind, danger=danger)
        concern = kind is Kind.CONCERN
        immediate = danger and concern
        return Assessment(
            kind=kind,
            immediate_risk=immediate,
            situations=situations,
            remit=remit,
            service_type=service_type,
            whistleblowing=whistleblowing,
            whistleblowing_sure=not concern or sure,
            anonymous=wishes.anonymous,
            confidentiality=wishes.confidentiality,
            contact=wishes.contact,
            postal_address=wishes.postal_address,
            service_name=service.name if concern else None,
            local_authority=place.local_authority if concern else None,
            urn=service.urn,
            language=email.language,
            priority=priority_of(
                kind=kind,
                remit=remit,
                immediate_risk=immediate,
                adult_in_danger=facts.adult_in_danger,
                situations=situations,
                look_first=look_first is not None,
            ),
            written_by_child=facts.written_by_child,
            complained_first=facts.complained_first,
            fears_reprisal=facts.fears_reprisal,
            adult_in_danger=facts.adult_in_danger,
            look_first=look_first,
            people=facts.people,
            dates=facts.dates,
            places=tuple(dict.fromkeys(found.name for found in place.places)),
            organisations=facts.organisations,
            missing=facts.missing if concern else (),
            confidence=draft.confidence(),
            evidence=(*draft.evidence, *wishes.evidence, *facts.evidence, *place.evidence, *service.evidence),
            model=model.name if model else NO_MODEL,
            rules=self._rules.version,
        )

    def _look_first(self, email: Email, kind: Kind, *, danger: bool) -> str | None:
        """Why a person must look before its turn, whatever the kind; None where nothing says so."""
        if danger and kind in (Kind.AUTOMATIC, Kind.SPAM):
            return f"words of live danger in {kind} mail"
        aside = [("quoted text", email.quoted), ("what looks like a signature", email.signature)]
        aside += [("an attachment", one.text or "") for one in email.attachments]
        for place, text in aside:
            if self.sees_danger(text):
                return f"words of live danger in {place}"
        if email.unreadable:
            return email.unreadable
        if kind in (Kind.AUTOMATIC, Kind.SPAM):
            return None
        if email.language not in READ_LANGUAGES:
            return f"written in a language nobody here has read ({email.language})"
        if not email.text.strip() and not email.quoted.strip() and not any(one.text for one in email.attachments):
            return "no readable text"
        if any(one.sealed_because for one in email.attachments):
            return "an attachment is kept sealed"
        if any(one.unread for one in email.attachments):
            return "an attachment that only a person can read: a picture, a scan or a recording"
        return None


def weighed(chances: Mapping[str, float], hits: Sequence[Evidence], field: str) -> dict[str, float]:
    """The model's chances for a field's values, multiplied for those that rules name, together 1 again."""
    raised = dict(chances)
    for value, hit in {hit.value: hit for hit in hits if hit.field == field}.items():
        raised[value] *= 1 + RULES_WEIGH[field] * hit.score
    total = sum(raised.values())
    return {value: chance / total for value, chance in raised.items()}


class _Draft:
    """One message on its way to an assessment: asks the model, and gathers the evidence as it goes."""

    def __init__(self, email: Email, opinion: Opinion | None, model: TextModel | None) -> None:
        self.email = email
        self.opinion = opinion
        self.model = model
        self.evidence: list[Evidence] = []
        self._part = _spoken_part(email)
        self._spans = _spoken_sentences(email)

    def kind(self) -> Kind:
        """When in doubt a concern: another kind must be clearly likelier.

        What a machine sent is told by its signs alone (`mailbot.intake.automatic`): a model that takes a person's words
        for a machine's would leave them unanswered and last in the queue.
        """
        if self.email.automatic is not None:
            return Kind.AUTOMATIC
        if self.opinion is None:
            return Kind.CONCERN
        chances = {value: chance for value, chance in self.opinion.fields["kind"].items() if value != Kind.AUTOMATIC}
        value, chance = max(chances.items(), key=lambda item: item[1])
        if value != Kind.CONCERN and chance < self._threshold("kind"):
            return Kind.CONCERN
        self._model_evidence("kind", value, chance)
        return Kind(value)

    def danger(self, hits: Sequence[Evidence], kind: Kind) -> bool:
        found = [hit for hit in hits if hit.field == "immediate_risk"]
        self.evidence.extend(found)
        chance = self.opinion.of("immediate_risk") if self.opinion else 0.0
        if kind is Kind.CONCERN and self.opinion and chance >= self._threshold("immediate_risk"):
            self._model_evidence("immediate_risk", "true", chance)
            return True
        return bool(found)

    def situations(self, hits: Sequence[Evidence], kind: Kind, *, danger: bool) -> frozenset[Situation]:
        if kind is not Kind.CONCERN:
            return frozenset()
        raised = {Situation.CHILD_AT_RISK} if danger else set()
        for hit in hits:
            if hit.field == "situations":
                raised.add(Situation(hit.value))
                self.evidence.append(hit)
        for situation in Situation if self.opinion else ():
            chance = self.opinion.of(situation) if self.opinion else 0.0
            if chance >= self._threshold(situation):
                raised.add(situation)
                self._model_evidence("situations", situation, chance, column=situation)
        return frozenset(raised)

    def service_type(self, hits: Sequence[Evidence]) -> ServiceType:
        """The kind of service: what the model thinks, weighed with the kinds that the words name."""
        evenly = dict.fromkeys(map(str, ServiceType), 1 / len(ServiceType))
        chances = weighed(self.opinion.fields["service_type"] if self.opinion else evenly, hits, "service_type")
        named = {hit.value: hit for hit in hits if hit.field == "service_type"}
        best = max(chances, key=chances.__getitem__)
        if best == ServiceType.UNKNOWN or (best not in named and chances[best] < self._threshold("service_type")):
            return ServiceType.UNKNOWN
        if best in named:
            self.evidence.append(named[best])
        else:
            self._model_evidence("service_type", best, chances[best])
        return ServiceType(best)

    def grievance(self, situations: frozenset[Situation]) -> bool:
        """A private dispute only: nothing about children may be in it."""
        if self.opinion is None or situations:
            return False
        chance = self.opinion.of("grievance")
        if chance < self._threshold("grievance"):
            return False
        self._model_evidence("remit", Remit.GRIEVANCE, chance, column="grievance")
        return True

    def worker(self, hits: Sequence[Evidence]) -> tuple[Whistleblowing, bool]:
        """Whether a worker writes, weighed with what the words say of it, and whether that is sure.

        Unsure cases are restricted (P22). Only words that say somebody else writes make it surer that no worker does.
        """
        if self.opinion is None:
            return Whistleblowing.NONE, False
        chances = weighed(self.opinion.fields["whistleblowing"], hits, "whistleblowing")
        value = max(chances, key=chances.__getitem__)
        named = [hit for hit in hits if (hit.field, hit.value) == ("whistleblowing", value)]
        self.evidence.extend(named[:1])
        if value != Whistleblowing.NONE and not named:
            self._model_evidence("whistleblowing", value, chances[value])
        return Whistleblowing(value), 1 - chances[Whistleblowing.NONE] < self._threshold("whistleblowing")

    def confidence(self) -> tuple[tuple[str, float], ...]:
        """How likely the model holds each answer: the probability of the flag, or of the chosen value."""
        if self.opinion is None:
            return ()
        return tuple(
            (field, round(self.opinion.of(field) if len(values) == 1 else self.opinion.best(field)[1], 3))
            for field, values in self.opinion.fields.items()
        )

    def _threshold(self, field: str) -> float:
        return self.model.card.thresholds[field] if self.model else 1.0

    def _model_evidence(self, field: str, value: str, score: float, column: str | None = None) -> None:
        """The sentence that weighed most for the model's answer."""
        if self.opinion is None:
            return
        number = self.opinion.heaviest(*((column, "true") if column else (field, value)))
        if number is None:
            return
        start, end = self._spans[number]
        clause = CLAUSES.get(value, CLAUSES.get(field, "P8"))
        self.evidence.append(
            Evidence(
                field=field,
                value=value,
                text=self.email.part(self._part)[start:end],
                start=start,
                end=end,
                source="model",
                score=round(score, 3),
                clause=clause,
                part=self._part,
            )
        )


def _spoken_part(email: Email) -> str:
    """The part that the model's evidence is taken from: the sender's own words, else what they pass on."""
    attached = (f"attachment:{number}" for number, one in enumerate(email.attachments) if one.text)
    return next((part for part in ("text", "quoted", *attached) if email.part(part).strip()), "subject")


def _spoken_sentences(email: Email) -> list[tuple[int, int]]:
    """Where the sentences of the spoken part stand; of a long one the first and the last."""
    spans = sentences(email.part(_spoken_part(email)))
    half = MOST_SENTENCES // 2
    return spans if len(spans) <= MOST_SENTENCES else [*spans[:half], *spans[-half:]]


def passage_of(email: Email) -> Passage:
    """What the model reads of a message."""
    words = email.part(_spoken_part(email))
    return Passage(judged_text(email), tuple(words[start:end] for start, end in _spoken_sentences(email)))


def is_forward(email: Email) -> bool:
    """Whether the message mainly passes on somebody else's words, so that those are to be judged."""
    return len(email.text.split()) < FEW_WORDS or email.subject.lower().startswith(("fw:", "fwd:"))


def judged_text(email: Email) -> str:
    """What the model reads: subject and the sender's own words; what they forward or attach where they say little."""
    parts = [email.subject, email.text]
    if is_forward(email):
        parts.append(email.quoted)
        parts += [attachment.text[:5000] for attachment in email.attachments if attachment.text]
    return "\n".join(parts)
