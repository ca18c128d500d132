"""From what rules, model and facts say to one assessment. The decisions are tables; the model proposes, rules raise.

Nothing here lowers danger: a rule that says immediate risk wins over any probability.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

from mailbot.domain import (
    EXCLUDED_SERVICES,
    Assessment,
    Confidentiality,
    Email,
    Evidence,
    Kind,
    Nation,
    Remit,
    SecondOpinion,
    ServiceMatch,
    ServiceType,
    Situation,
    Whistleblowing,
    priority_of,
)
from mailbot.errors import ArtefactRefused
from mailbot.log import log
from mailbot.triage.encoder import Encoder, Window
from mailbot.triage.facts import read_facts
from mailbot.triage.model import CHALLENGER, CHAMPION, SHIPPED, Opinion, Passage, TextModel, card_of
from mailbot.triage.phrases import PhraseBook
from mailbot.triage.places import Gazetteer, PlaceDecision
from mailbot.triage.register import Register
from mailbot.triage.rules import RuleBook
from mailbot.triage.sentences import sentences
from mailbot.triage.services import ServiceFound, find_service
from mailbot.triage.wishes import Wishes, read_wishes

NO_MODEL = "none (rules alone)"
READ_LANGUAGES = frozenset({"en", "cy"})
FEW_WORDS = 25
"""A message with fewer words of its own is judged with what it forwards or attaches."""

MAY_HOLD_DANGER = 0.1
"""The chance of danger from which a message is a concern, though it seems to be a question or a request."""

LIKELY = 0.5
"""The chance of danger from which somebody looks, though it seems that a machine sent it or that it is spam."""

MOST_ATTACHED = 5000
"""Characters of an attachment that are judged; rules look through all of it."""

MOST_SENTENCES = 60
"""How many sentences of a message the model looks at one by one."""

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

CLAUSES: dict[str, str] = {
    "immediate_risk": "P3",
    "kind": "P8",
    "service_type": "P14",
    "whistleblowing": "P16",
    "confidentiality": "P22",
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


def signposts_of(remit: Remit, nation: Nation | None, service: ServiceType) -> tuple[str, ...]:
    """Who is named to the sender, by the first line of `SIGNPOSTS` that fits; nobody where it is ours alone."""
    return next((bodies for fits, bodies in SIGNPOSTS if fits <= {remit, nation, service}), ())


SIGNPOSTS: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (frozenset({Remit.OTHER_NATION, Nation.WALES}), ("Care Inspectorate Wales",)),
    (frozenset({Remit.OTHER_NATION, Nation.SCOTLAND}), ("Care Inspectorate",)),
    (frozenset({Remit.OTHER_NATION, Nation.NORTHERN_IRELAND}), ("Regulation and Quality Improvement Authority",)),
    (frozenset({Remit.GRIEVANCE}), ("their organisation's own policy", "Acas", "a union")),
    (frozenset({Remit.OTHER_OFSTED}), ("Ofsted's route for schools, colleges, nurseries and childminders",)),
    (frozenset({Remit.OTHER_REGULATOR, ServiceType.YOUTH_OFFENDING_TEAM}), ("the council", "Ministry of Justice")),
    (frozenset({Remit.OTHER_REGULATOR, ServiceType.ADULT_SOCIAL_CARE}), ("Care Quality Commission",)),
    (frozenset({Remit.OTHER_REGULATOR, ServiceType.HEALTH}), ("Care Quality Commission",)),
    (frozenset({Remit.OTHER_REGULATOR}), ("the body that looks after it",)),
    (frozenset({Remit.INSPECTED, ServiceType.LOCAL_AUTHORITY}), ("Local Government and Social Care Ombudsman",)),
    (frozenset({Remit.INSPECTED, ServiceType.CAFCASS}), ("Parliamentary and Health Service Ombudsman",)),
)
"""Whom the sender is told of (P3 to P6, P18, P26), read from the top: every value of a line must be the message's."""


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
    """Judges messages. The model is loaded with the first message; without one the rules work alone.

    `register` gives the register of services as it stands. In the folder `learnt` there may be a champion, which then
    decides in the shipped model's place, and a challenger, which judges beside it and decides nothing.
    """

    def __init__(
        self,
        models: Path,
        rules: RuleBook,
        phrases: PhraseBook,
        gazetteer: Gazetteer,
        register: Callable[[], Register] = Register,
        *,
        model: Path | None = None,
        learnt: Path | None = None,
        encoder: bool = True,
    ) -> None:
        self._models = models
        self._model = model or models / SHIPPED
        self._learnt = learnt
        self._encodes = encoder
        self._rules = rules
        self._phrases = phrases
        self._gazetteer = gazetteer
        self._register = register
        self._encoder: Encoder | None = None
        self._decides: TextModel | None = None
        self._beside: TextModel | None = None
        self._stamp: tuple[int, ...] | None = None

    def assess(self, emails: Sequence[Email]) -> list[Assessment]:
        """One assessment for each email, in order; each model is asked once for all of them."""
        if not emails:
            return []
        self._load()
        passages = [passage_of(email) for email in emails]
        read = self._encoder.encode([one.text for one in passages]) if self._encoder else iter(())
        if self._beside is None:
            return self._assessed(emails, self._decides, passages, read)
        read, again = itertools.tee(read)
        assessments = self._assessed(emails, self._decides, passages, read)
        beside = self._assessed(emails, self._beside, passages, again)
        return [replace(one, second_opinion=_as_second(other)) for one, other in zip(assessments, beside, strict=True)]

    def _assessed(
        self,
        emails: Sequence[Email],
        model: TextModel | None,
        passages: Sequence[Passage],
        read: Iterable[Sequence[Window]],
    ) -> list[Assessment]:
        register = self._register()
        opinions = model.opinions(passages, read) if model else itertools.repeat(None, len(emails))
        return [
            self._assess_one(email, opinion, model, register) for email, opinion in zip(emails, opinions, strict=True)
        ]

    def named(self, email: Email) -> Named:
        """What rules and phrases name in a message, as it weighs beside the model: for fitting one."""
        return named_by(self._rules.hits_in(email, spoken_parts(email)), read_wishes(email, self._phrases))

    @property
    def rules_version(self) -> str:
        """The versions of what an officer can read: the rules and the phrases."""
        return f"{self._rules.version}+{self._phrases.version}"

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
        why = "filed by hand: the program could not judge it"
        return Assessment.unjudged(
            look_first=why, language=email.language, model=NO_MODEL, rules=self.rules_version, dangers=hits
        )

    def _load(self) -> None:
        """Loads the models where they are not loaded or have been changed since, as by a promotion."""
        champion, challenger = (self._learnt and self._learnt / name for name in (CHAMPION, CHALLENGER))
        stamp = tuple(_changed_at(at) for at in (self._model, champion, challenger))
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self._encoder = self._read_encoder() if self._encodes else None
        learnt = self._loaded(champion) if champion and stamp[1] else None
        self._decides = learnt or self._loaded(self._model)
        self._beside = self._loaded(challenger) if challenger and stamp[2] else None
        if not any(model and model.encoded for model in (self._decides, self._beside)):
            self._encoder = None

    def _loaded(self, at: Path) -> TextModel | None:
        try:
            return TextModel.load(at, self._encoder.digest if self._encoder else "")
        except ArtefactRefused as error:
            log.error("a model is refused: what else there is works on", action="load model", problem=str(error))
            return None

    def _read_encoder(self) -> Encoder | None:
        try:
            return Encoder.load(self._models)
        except ArtefactRefused as error:
            log.error("no encoder: models judge by words alone", action="load encoder", problem=str(error))
            return None

    def _assess_one(
        self, email: Email, opinion: Opinion | None, model: TextModel | None, register: Register
    ) -> Assessment:
        wishes = read_wishes(email, self._phrases)
        place = self._gazetteer.decide(email)
        service = find_service(email, place.places)
        facts = read_facts(email, self._phrases, [found.name for found in place.places], service.name)
        registered = _registered(register, service, place)
        authority = registered.authority if registered else None
        hits = (*self._rules.hits_in(email, spoken_parts(email)), *_of_register(registered, service))
        draft = _Draft(email, opinion, model, hits, wishes)
        kind = draft.kind()
        danger = draft.danger(kind)
        if danger and kind in (Kind.ENQUIRY, Kind.INFORMATION_REQUEST):
            kind = Kind.CONCERN  # words of live danger are a concern, however the message puts them
        situations = draft.situations(kind, danger=danger)
        service_type = draft.service_type()
        remit = remit_of(kind, place.nation, service_type, grievance=draft.grievance(situations))
        worker, sure = draft.worker()
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
            confidentiality=draft.confidentiality(),
            contact=wishes.contact,
            postal_address=wishes.postal_address,
            service_name=service.name if concern else None,
            local_authority=(place.local_authority or authority) if concern else None,
            urn=service.urn,
            registered=registered,
            signposts=signposts_of(remit, place.nation, service_type),
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
            rules=self.rules_version,
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


def _changed_at(at: Path | None) -> int:
    """When the card of the model called `at` was changed, in nanoseconds; 0 without one."""
    try:
        return card_of(at).stat().st_mtime_ns if at else 0
    except FileNotFoundError:
        return 0


def _as_second(assessment: Assessment) -> SecondOpinion:
    return SecondOpinion(**{field.name: getattr(assessment, field.name) for field in fields(SecondOpinion)})


def _registered(register: Register, service: ServiceFound, place: PlaceDecision) -> ServiceMatch | None:
    named = [found.name for found in place.places]
    return register.match(service.urn, service.name, filter(None, (*named, place.local_authority)))


def _of_register(registered: ServiceMatch | None, service: ServiceFound) -> tuple[Evidence, ...]:
    """What the register says of the service's kind, resting on the words that name the service."""
    named = service.evidence[-1:] if registered else ()
    return tuple(
        replace(one, field="service_type", value=registered.service_type, source="register", score=registered.score)
        for one in named
        if registered
    )


Named = Mapping[str, Mapping[str, float]]
"""For each field, how surely rules and phrases name which of its values, from 0 to 1."""


def named_by(hits: Sequence[Evidence], wishes: Wishes) -> dict[str, dict[str, float]]:
    """What rules and the sender's stated wishes name. A situation is a field of its own."""
    named: dict[str, dict[str, float]] = {}
    for hit in hits:
        flag = hit.field == "situations"
        values = named.setdefault(hit.value if flag else hit.field, {})
        value = "true" if flag else hit.value
        values[value] = max(values.get(value, 0.0), hit.score)
    for one in wishes.evidence:
        named[one.field] = {one.value: 1.0}
    return named


class _Draft:
    """One message on its way to an assessment: asks the model, and gathers the evidence as it goes."""

    def __init__(
        self, email: Email, opinion: Opinion | None, model: TextModel | None, hits: Sequence[Evidence], wishes: Wishes
    ) -> None:
        self.email = email
        self.opinion = opinion
        self.model = model
        self.hits = hits
        self.wishes = wishes
        self.named: Named = named_by(hits, wishes)
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
        chances = {value: chance for value, chance in self._chances("kind").items() if value != Kind.AUTOMATIC}
        value, chance = max(chances.items(), key=lambda item: item[1])
        if value != Kind.CONCERN and chance < self._threshold("kind"):
            return Kind.CONCERN
        self._model_evidence("kind", value, chance)
        return Kind(value)

    def danger(self, kind: Kind) -> bool:
        """By a rule that raises, whatever the model thinks; else by the model, beside which other rules weigh.

        In what a machine sent, and in spam, any rule's words count, and what the model is sure of: they only have
        somebody look. A question may hold the danger, too.
        """
        if kind in (Kind.AUTOMATIC, Kind.SPAM):
            found = [hit for hit in self.hits if hit.field == "immediate_risk"]
            self.evidence.extend(found)
            chance = self._chances("immediate_risk")["true"] if self.opinion else 0.0
            if chance >= LIKELY:  # a form that passes on what a person wrote looks like a machine's
                self._model_evidence("immediate_risk", "true", chance)
            return bool(found) or chance >= LIKELY
        asked = kind is Kind.CONCERN
        if kind in (Kind.ENQUIRY, Kind.INFORMATION_REQUEST) and self.opinion:
            asked = self._chances("immediate_risk")["true"] >= MAY_HOLD_DANGER
        return self._flagged("immediate_risk", "immediate_risk", "true", asked=asked)

    def situations(self, kind: Kind, *, danger: bool) -> frozenset[Situation]:
        if kind is not Kind.CONCERN:
            return frozenset()
        found = {situation for situation in Situation if self._flagged(situation, "situations", situation, asked=True)}
        return frozenset(found | ({Situation.CHILD_AT_RISK} if danger else set()))

    def _flagged(self, output: str, field: str, value: str, *, asked: bool) -> bool:
        """Whether a flag stands, with its evidence. Without a model a rule that only weighs raises it, too."""
        hits = [hit for hit in self.hits if (hit.field, hit.value) == (field, value)]
        chance = self._chances(output)["true"] if asked and self.opinion else 0.0
        by_model = chance >= self._threshold(output)
        raising = [hit for hit in hits if hit.raises or by_model or self.opinion is None]
        self.evidence.extend(raising)
        if by_model:
            self._model_evidence(field, value, chance, column=output)
        return by_model or bool(raising)

    def service_type(self) -> ServiceType:
        """The kind of service: what the model thinks, weighed with the kinds that the words name."""
        named = {hit.value: hit for hit in self.hits if hit.field == "service_type"}
        chances = self._chances("service_type") if self.opinion else {value: hit.score for value, hit in named.items()}
        best = max(chances, key=chances.__getitem__, default=str(ServiceType.UNKNOWN))
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
        chance = self._chances("grievance")["true"]
        if chance < self._threshold("grievance"):
            return False
        self._model_evidence("remit", Remit.GRIEVANCE, chance, column="grievance")
        return True

    def worker(self) -> tuple[Whistleblowing, bool]:
        """Whether a worker writes, weighed with what the words say of it, and whether that is sure.

        Unsure cases are restricted (P22). Only words that say somebody else writes make it surer that no worker does.
        """
        if self.opinion is None:
            return Whistleblowing.NONE, False
        chances = self._chances("whistleblowing")
        value = max(chances, key=chances.__getitem__)
        named = [hit for hit in self.hits if (hit.field, hit.value) == ("whistleblowing", value)]
        self.evidence.extend(named[:1])
        if value != Whistleblowing.NONE and not named:
            self._model_evidence("whistleblowing", value, chances[value])
        return Whistleblowing(value), 1 - chances[Whistleblowing.NONE] < self._threshold("whistleblowing")

    def confidentiality(self) -> Confidentiality:
        """What the sender says of their identity: in words that phrases know, else as the model is sure to read it."""
        said = self.wishes.confidentiality
        if self.opinion is None or said is not Confidentiality.ASSUMED:
            return said
        chances = self._chances("confidentiality")
        value = max(chances, key=chances.__getitem__)
        if value == Confidentiality.ASSUMED or chances[value] < self._threshold("confidentiality"):
            return Confidentiality.ASSUMED
        self._model_evidence("confidentiality", value, chances[value])
        return Confidentiality(value)

    def confidence(self) -> tuple[tuple[str, float], ...]:
        """How likely each answer is held: the probability of the flag, or of the likeliest value."""
        if self.opinion is None:
            return ()
        return tuple((field, round(max(self._chances(field).values()), 3)) for field in self.opinion.scores)

    def _chances(self, field: str) -> dict[str, float]:
        return self.opinion.chances(field, self.named.get(field, {})) if self.opinion else {}

    def _threshold(self, field: str) -> float:
        return self.model.thresholds[field] if self.model else 1.0

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
    part = _spoken_part(email)
    spans = sentences(email.part(part)[: MOST_ATTACHED if part.startswith("attachment") else None])
    half = MOST_SENTENCES // 2
    return spans if len(spans) <= MOST_SENTENCES else [*spans[:half], *spans[-half:]]


def passage_of(email: Email) -> Passage:
    """What the model reads of a message, and where the sentences stand that its evidence is taken from."""
    read = _judged_parts(email)
    spoken, offset = _spoken_part(email), 0
    for part, text in read:
        if part == spoken:
            break
        offset += len(text) + 1
    sentences = tuple((offset + start, offset + end) for start, end in _spoken_sentences(email))
    return Passage("\n".join(text for _, text in read), sentences)


def spoken_parts(email: Email) -> tuple[str, ...]:
    """The parts that rules look through: of a forward, what it passes on too."""
    return ("text", "subject", "quoted") if is_forward(email) else ("text", "subject")


def is_forward(email: Email) -> bool:
    """Whether the message mainly passes on somebody else's words, so that those are to be judged."""
    return len(email.text.split()) < FEW_WORDS or email.subject.lower().startswith(("fw:", "fwd:"))


def _judged_parts(email: Email) -> list[tuple[str, str]]:
    """Subject and the sender's own words; what they forward or attach where they say little. Each part by its name."""
    parts = [("subject", email.subject), ("text", email.text)]
    if is_forward(email):
        parts.append(("quoted", email.quoted))
        parts += [
            (f"attachment:{number}", attachment.text[:MOST_ATTACHED])
            for number, attachment in enumerate(email.attachments)
            if attachment.text
        ]
    return parts
