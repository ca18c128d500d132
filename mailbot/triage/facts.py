"""The plain facts a message tells: who writes, who, when and where, what they have tried, what they fear (P2, P6, P7).

What is said in many ways is found by the phrases of `mailbot.triage.phrases`; names and dates by their shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailbot.domain import ComplainedFirst, Email, Evidence
from mailbot.triage.phrases import PhraseBook, Told, all_told, evidence_of, first_told

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:mon|tues?|wednes|wed|thurs?|fri|satur|sat|sun)(?:day)?"
_DATES = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (?:19|20)\d\d)?|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? "
    rf"(?:19|20)\d\d)?|{_MONTH} (?:19|20)\d\d|\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:20)?\d\d|20\d\d-\d\d-\d\d|"
    rf"(?:last|this|on|since|every|next) (?:{_DAY}|(?:week|month|year|night|weekend|spring|summer|autumn|winter|"
    rf"christmas|easter))(?: (?:morning|afternoon|evening|night))?|(?:in|since|until|from|by|last|early|late|mid-?) "
    rf"?{_MONTH}|the \d{{1,2}}(?:st|nd|rd|th)|yesterday|last night|tonight|this (?:morning|afternoon|evening)|"
    rf"today)\b",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Rev|Father|Sister|Cllr)\.? [A-Z][\w'’-]{1,30}(?: [A-Z][\w'’-]{1,30})?|"
    r"(?<=\bcalled )[A-Z][a-z'’-]{1,30}(?: [A-Z][a-z'’-]{1,30})?(?! (?:House|Lodge|Court|View))|"
    r"(?<=\bnamed )[A-Z][a-z'’-]{1,30}(?: "
    r"[A-Z][a-z'’-]{1,30})?|"
    r"(?<=\bmanager )[A-Z][a-z'’-]{1,30}(?: [A-Z][a-z'’-]{1,30})?|"
    r"(?<=\bmanager, )[A-Z][a-z'’-]{1,30}(?: [A-Z][a-z'’-]{1,30})?|"
    r"(?<=\bworker )[A-Z][a-z'’-]{1,30}(?: [A-Z][a-z'’-]{1,30})?|"
    r"(?<=\bson )[A-Z][a-z'’-]{1,30}|(?<=\bdaughter )[A-Z][a-z'’-]{1,30}|(?<=\bnephew )[A-Z][a-z'’-]{1,30}|(?<=\bniece "
    r")[A-Z][a-z'’-]{1,30}|(?<=\bgrandson )[A-Z][a-z'’-]{1,30}|(?<=\bbrother )[A-Z][a-z'’-]{1,30}|"
    r"(?<=\bsister )[A-Z][a-z'’-]{1,30}"
)
_ORGANISATIONS = re.compile(
    r"\b(?:(?:(?:University|Church|City|Borough|Bank) of )?(?:[A-Z][\w'’&-]{1,30} (?:(?:and|for|&) )?){1,5}(?:Council|"
    r"Police|Constabulary|Trust|Ltd|Limited|LLP|PLC|Group|Agency|Hospital|Foundation|University|Society|Fostering|"
    r"Association|Partnership|Charity|Solicitors|Union|Ombudsman|Court)\b|"
    r"Cafcass|CAFCASS|CAMHS|NSPCC|Barnardo['’]?s|CQC|LADO|MASH|NHS|Unison|UNISON|Ofsted|OFSTED|Acas|ACAS|Childline)"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the message tells besides what is wrong. The lists hold the words as written, each once, in their order.

    `missing` names what would help and is not told, of: dates, names, service, place, copies.
    """

    written_by_child: bool
    complained_first: ComplainedFirst
    fears_reprisal: bool
    adult_in_danger: bool
    people: tuple[str, ...]
    dates: tuple[str, ...]
    places: tuple[str, ...]
    organisations: tuple[str, ...]
    missing: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def read_facts(email: Email, book: PhraseBook, places: Sequence[str] | None = None, service: str | None = "") -> Facts:
    """The facts in the sender's own words.

    `places` and `service` are what the message was found to name; pass them to have their absence told in `missing`
    (None and "" mean that nobody has looked).
    """
    child = first_told(email, book.of("written_by_child"))
    danger = _adult_danger(email, book, by_child=child is not None)
    fear = first_told(email, book.of("fears_reprisal"))
    complained, tried = _complained(email, book)
    people, dates = _people(email), _unique(match.group() for match in _DATES.finditer(email.text))
    flags = [
        (child, "written_by_child", "true"),
        (tried, "complained_first", str(complained)),
        (fear, "fears_reprisal", "true"),
        (danger, "adult_in_danger", "true"),
    ]
    return Facts(
        written_by_child=child is not None,
        complained_first=complained,
        fears_reprisal=fear is not None,
        adult_in_danger=danger is not None,
        people=people,
        dates=dates,
        places=tuple(places or ()),
        organisations=_unique(match.group().strip() for match in _ORGANISATIONS.finditer(email.text)),
        missing=_missing(email, book, people, dates, places, service),
        evidence=tuple(evidence_of(email, told, field, value) for told, field, value in flags if told),
    )


def _adult_danger(email: Email, book: PhraseBook, *, by_child: bool) -> Told | None:
    """Words of live danger to an adult; a child who says them of themselves is in immediate risk instead."""
    own = {"sender-at-end"} if by_child else set()
    return next((told for told in all_told(email, book.of("adult_in_danger")) if told.name not in own), None)


def _complained(email: Email, book: PhraseBook) -> tuple[ComplainedFirst, Told | None]:
    """Having raised it anywhere with the service outweighs not having done so elsewhere."""
    for says, answer in (("complained_first", ComplainedFirst.YES), ("not_complained", ComplainedFirst.NO)):
        told = first_told(email, book.of(says))
        if told:
            return answer, told
    return ComplainedFirst.NOT_SAID, None


def _people(email: Email) -> tuple[str, ...]:
    """Names of the people told of, never the sender's own: that is identity."""
    sender = {word.casefold() for word in re.findall(r"\w+", email.sender.name) if len(word) > 1}
    last_line = email.text.rstrip().rpartition("\n")[2]
    if len(last_line.split()) <= 4:
        sender |= {word.casefold() for word in re.findall(r"\w+", last_line) if len(word) > 1}
    found = (match.group() for match in _PEOPLE.finditer(email.text))
    return _unique(name for name in found if not sender & {word.casefold() for word in re.findall(r"\w+", name)})


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    """Each once, the first spelling kept."""
    first: dict[str, str] = {}
    for words in found:
        first.setdefault(" ".join(words.split()).casefold(), " ".join(words.split()))
    return tuple(first.values())


def _missing(
    email: Email,
    book: PhraseBook,
    people: Sequence[str],
    dates: Sequence[str],
    places: Sequence[str] | None,
    service: str | None,
) -> tuple[str, ...]:
    copies_elsewhere = not email.attachments and first_told(email, book.of("has_copies")) is not None
    lacks = {
        "dates": not dates,
        "names": not people,
        "service": service is None,
        "place": places is not None and not places,
        "copies": copies_elsewhere,
    }
    return tuple(what for what, lacking in lacks.items() if lacking)
