"""Where a letter speaks of one person by the work they do, or by what they are to a child."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailbot.correspondence import giveaway_words as tables
from mailbot.correspondence.employers import is_provider
from mailbot.correspondence.letter_text import (
    Draft,
    Giveaway,
    Hit,
    Source,
    beside,
    figures_of,
    is_one,
    own_sentences,
    salutation_end,
    says_who,
    sign_off_start,
    singular,
    words_of,
)

STEM = 6
"""So many letters at the beginning of two words make them one word for the same work."""

MANY = 5
"""Of so many of a kind, one of them is nobody in particular to whoever does not know them."""
_OF_US = re.compile(rf"\b(?P<n>\d+|{tables.NUMBER}) of us\b", re.IGNORECASE)
_ONE_OF_THE = re.compile(r"(?:one of|a member of) (?!your\b)", re.IGNORECASE)

_DEFINITE = frozenset("the your our its their his her this that".split())
_INDEFINITE = frozenset("a an one another former".split())

_QUALIFIERS = frozenset(
    "night waking shift agency senior lead leader relief bank weekend trainee student nurse former".split()
)
"""Of the ordinary words of a role, those that narrow it to a few where the whole of it is named."""
_OFFICES = frozenset("manager leader lead head officer director".split())
"""One alone of these is somebody else: the manager is not the deputy manager."""
_OTHER_WORK = frozenset(
    "social health youth outreach key link sex family council inspection area regional duty".split()
)
"""Before worker, manager and the like these make another office of it, unless they are the source's own."""
_SOLE_ROLES = frozenset(
    "cook driver chair secretary therapist psychologist tutor advocate handyman caretaker housekeeper cleaner gardener "
    "bookkeeper counsellor receptionist administrator accountant chaplain psychiatrist physiotherapist interpreter "
    "trainer bursar technician deputy representative visitor paediatrician dentist plumber electrician groundsman "
    "librarian doctor ot slt consultant escort matron director trustee pharmacist apprentice "
    "vicar priest pastor imam rabbi joiner carpenter builder locksmith hairdresser barber optician midwife".split()
)
"""Of such there is one in a place, so that the word alone is enough beside an article."""
_KIN = frozenset(
    "grandmother grandfather grandparent nan nana gran granny grandma grandad granddad aunt auntie uncle".split()
)
"""Of such a child has few, and letters seldom have cause to name them."""
_FAMILIES = (
    "cook chef caterer catering kitchen",
    "cleaner housekeeper domestic cleaning",
    "handyman handy caretaker maintenance janitor repairman oddjob groundsman repairs",
    "driver chauffeur cabbie cabman",
    "vicar priest minister chaplain pastor reverend imam rabbi",
    "plumber electrician joiner carpenter builder locksmith tradesman contractor workman",
    "tutor teacher teaching lecturer instructor",
    "therapist therapy slt salt ot",
    "psychologist psychology",
    "counsellor counselling",
    "advocate advocacy",
    "chair chairman chairwoman chairperson chairing",
    "bookkeeper accountant accounts finance payroll",
    "administrator admin administrative secretary clerk receptionist office",
    "deputy vice second-in-command assistant",
    "senior lead leader",
    "night nights waking overnight nighttime wakeful",
    "student trainee placement intern",
    "computer computing technician technology systems",
    "representative rep official",
    "visitor visiting visits",
    "nurse nursing matron rgn",
    "minibus bus van transport",
    "parent mother father mum dad mam",
    "mother mum mam parent",
    "father dad parent",
    "grandmother nan nana gran granny grandma grandparent relative",
    "grandfather grandad granddad grandparent relative",
    "aunt auntie relative",
    "uncle relative",
    "neighbour neighbor resident",
    "carer fosterer",
    "worker work practitioner colleague employee staff",
    "volunteer helper volunteering",
    "physiotherapist physio",
    "gardener groundsman gardening",
    "trainer training",
    "supervising supervisor",
    "speech language communication",
    "childcare care",
    "manager head boss",
    "mentor mentoring coach",
    "escort chaperone",
    "doctor gp paediatrician",
    "pharmacist chemist dispenser",
    "teaching classroom",
    "former previous ex last outgoing",
    "headteacher head principal headmaster headmistress",
    "offending yot justice",
)
"""Words for the same work: who is called the one in the vault may be called another in a letter."""
_ACTIVITIES = frozenset(
    "catering kitchen domestic cleaning handy maintenance repairs teaching therapy slt salt psychology counselling "
    "advocacy chairing accounts finance payroll admin administrative office lead nights waking overnight nighttime "
    "placement computer computing technology systems visiting visits nursing minibus bus van transport volunteering "
    "gardening training speech language communication care childcare mentoring foster night shift agency school panel "
    "company support bank former previous ex last outgoing classroom".split()
)
_PERSON_NEXT = frozenset(
    "man woman person worker member lady guy lead officer assistant manager boss chap colleague".split()
)
"""Words for work that name nobody unless the next word does."""

_DOES = {
    "cook": r"(?:cooks|does the (?:cooking|meals|food)|makes (?:the|their) (?:meals|food)|in (?:the|your) kitchen)",
    "driver": r"drives",
    "cleaner": r"(?:cleans|does the cleaning)",
    "housekeeper": r"(?:cleans|does the cleaning|keeps house)",
    "handyman": r"(?:does the (?:repairs|maintenance)|looks after the (?:buildings?|premises|grounds|house))",
    "maintenance": r"(?:does the (?:repairs|maintenance)|looks after the (?:buildings?|premises|grounds|house))",
    "neighbour": r"(?:lives |living )?(?:next door|opposite|nearby|close by|a few doors (?:away|down)|beside|near |"
    r"(?:across|over|in|on|down) the (?:same )?(?:road|street|lane|way))",
    "computer": r"(?:looks after (?:the|your) (?:computers?|it|systems?|network)|in (?:the|your) it)",
    "finance": r"(?:does|keeps|runs|looks after) (?:the|your) (?:books|accounts|payroll)|"
    r"in (?:the|your) (?:finance|accounts)\b",
    "gardener": r"(?:does|looks after|keeps|mows|cuts|tends) (?:the|your) (?:gardens?|grounds|grass|lawns?|"
    r"pitch(?:es)?)",
    "administrator": r"(?:runs|manages|looks after) (?:the|your) office|in (?:the|your) (?:office|administration)\b",
    "leaver": r"(?:used to live|once lived|lived|grew up) (?:there|at|in)",
    "deputy": r"(?:next in|second in|your number two|deputises)",
    "tutor": r"(?:teaches|tutors|taught|tutored)",
    "teacher": r"(?:teaches|tutors|taught|tutored)",
    "therapist": r"(?:gives|provides|offers) (?:\w+ )?therapy",
    "pharmacist": r"(?:dispenses|makes up the)",
    "parent": r"whose (?:son|daughter|child|boy|girl)",
    "relative": r"whose (?:grand(?:son|daughter|child)|nephew|niece|brother|sister)",
}
"""What somebody with such a role does, where a letter goes round the word for it."""
_CALLED_ALSO = {
    "deputy": r"second in (?:charge|command)|number two",
    "leaver": r"former (?:resident|child of the home|young person)|care leaver",
    "neighbour": r"local resident|(?:house|flat|family|people|person) (?:next door|opposite|across the road)",
}
"""Names of several words for a role."""
_SOMEONE = (
    r"(?:someone|somebody|whoever|(?:the|your|our|a|an|one) (?:[\w-]+ ){0,2}?(?:person|one|man|woman|lady|"
    r"member of staff|worker|colleague|adult))(?: who(?: works)?)?"
)
_ANY_HOLDER_BEFORE = re.compile(
    r"\b(?:who (?:is|was|are|were)|which|names? (?:of |the )?|every|or|name|identify)\s+$|"
    r"\bor,? (?:if|when|in|where) [^.;]{2,30},?\s+$",
    re.IGNORECASE,
)
_ANY_HOLDER_AFTER = re.compile(
    r"^(?:,|,? and) (?:the|an?|any|each) |^,? (?:or|on (?:duty|call|each|every|that|any)|(?:of|for|at|during) (?:each|"
    r"every|any)|in charge (?:of|at|on) each|at the time|responsible for)\b",
    re.IGNORECASE,
)
"""Whoever holds the office at the time is meant, and nobody in particular."""

_AN_INSIDER = re.compile(
    r"\b(?:(?:a|an|one|another)\s+(?:(?:current |present |former |ex-|serving |long-serving )?(?:member of (?:your|the|"
    r"its|their) (?:own )?(?:[\w-]+ )?(?:staff|team|workforce)|employee(?: of (?:yours|the \w+))?|colleague of yours)|"
    r"of (?:your|its|their|the) (?:own )?(?:[\w-]+ )?(?:staff|people|team|workers|employees|colleagues|carers))|"
    r"(?:someone|somebody|a person|one) (?:(?:who works|working|employed) (?:there|for you|with you|at the \w+|"
    r"in the \w+|by you)|(?:who works |working |employed )?(?:on|in|from|among|of) (?:your|"
    r"the) (?:[\w-]+ ){0,2}(?:staff|team|workforce|payroll|rota))|(?P<from_inside>(?:insider|whistle-?blower|source|"
    r"informant) (?:on|in|among|from|within|inside|at) (?:your|the) (?:own )?(?:staff|team|home|service|school|agency|"
    r"company)))\b",
    re.IGNORECASE,
)
"""Somebody who works there: telling only where the report is said to be theirs, or the words say so."""
_ONE_OF_A_KIND = re.compile(
    r"\b(?:the|your|our|its|their|his|her)\s+(?:only|sole|lone|single|one)\s+(?:[\w-]+\s+){0,3}?"
    r"(?:male|female|man|woman|gentleman|lady)\b(?!\s+(?:resident|child|young|pupil|person|boarder))"
    r"(?:\s+(?:member|worker|carer|colleague|nurse|employee|staff|assistant|[\w-]+ (?:worker|carer|staff|nurse)))?"
    r"(?:\s+(?:of|on|in)\s+(?:the|your)(?:\s+[\w-]+){1,2})?",
    re.IGNORECASE,
)
_ONLY_WORKER = re.compile(
    r"\b(?:the|your|our|its|their)\s+(?:only|sole|lone|one)\s+(?:[\w-]+\s+){0,3}?(?:member of (?:staff|the team|your)|"
    r"worker|nurse|carer|driver|employee|colleague|practitioner|assistant|professional|speaker)\b",
    re.IGNORECASE,
)
_ONLY_ONE = re.compile(
    r"\b(?:only one|the|your) (?P<kind>[\w-]+) (?:member of (?:staff|the team|your)|worker|nurse|carer|driver|employee|"
    r"colleague|person)\b",
    re.IGNORECASE,
)
_I_AM_ALONE = re.compile(
    r"\bI(?:'m|’m| am| was|'ve been| have been)\b[^.]{0,30}\b(?:only|sole|one|lone)\b|\bonly (?:me|I)\b|"
    r"\b(?:apart from|except|but) (?:me|I)\b",
    re.IGNORECASE,
)
"""The only man, the only nurse: one person. The second counts where the source says it of themselves."""


def job(source: Source, service: str, draft: Draft) -> Iterator[Hit]:
    """What they do there: the only one of its kind, or a common job where a sentence says the report is theirs."""
    many = _is_one_of_many(source)
    for role in re.split(r"\s+and\s+", _role_alone(source.role)):
        words = [singular(word.plain) for word in words_of(role) if word.plain not in tables.COMMON]
        for start, end in (*_role_told(words, draft), *_role_described(words, draft)) if words else ():
            if not (many and _ONE_OF_THE.match(draft.text, start)):
                yield draft.hit(Giveaway.JOB, start, end)
    inside = source.employer and (
        {word.plain for word in words_of(source.employer)} <= draft.service or is_provider(source, service, draft)
    )
    for match in _AN_INSIDER.finditer(draft.text) if inside else ():
        unknown = many and _ONE_OF_THE.match(match.group())
        if match["from_inside"] or (says_who(draft.text, *match.span()) and not unknown):
            yield draft.hit(Giveaway.JOB, match.start(), match.end())
    says_alone = [sentence for sentence in own_sentences(source.text) if _I_AM_ALONE.search(sentence)]
    alone = _ONLY_WORKER.finditer(draft.text) if says_alone else ()
    like_them = {word.plain for sentence in says_alone for word in words_of(sentence)}
    like_them -= tables.COMMON | tables.EVERYDAY | tables.ORDINARY_ROLES | {"only", "sole"}
    kind = [one for one in _ONLY_ONE.finditer(draft.text) if one["kind"].casefold() in like_them]
    for match in (*_ONE_OF_A_KIND.finditer(draft.text), *alone, *kind):
        yield draft.hit(Giveaway.JOB, match.start(), match.end())


def _is_one_of_many(source: Source) -> bool:
    """Whether the source says that there are so many of them that one of them may be anybody."""
    counts = (figures_of(match["n"]) for match in _OF_US.finditer(source.text))
    return any(int(count) >= MANY for count in counts if count.isdigit())


def _role_alone(role: str) -> str:
    """The role without whose it is: a relative of a child is a relative."""
    return re.sub(r"\bIT\b", "computer", re.sub(r"\s+(?:of|to) (?:an?|the|one of) .*", "", role))


def _role_described(role: Sequence[str], draft: Draft) -> Iterator[tuple[int, int]]:
    """Where the draft goes round the word: whoever drives the minibus, the second in charge."""
    for word in {other for one in role for other in same_work(one)}:
        if word in _DOES:
            for match in re.finditer(rf"\b{_SOMEONE} {_DOES[word]}", draft.text, re.IGNORECASE):
                if not _any_holder(draft.text, match.start(), match.end()):
                    yield match.start(), match.end()
        if word in _CALLED_ALSO:
            for match in re.finditer(rf"\b(?:an?|the|your|our) (?:{_CALLED_ALSO[word]})\b", draft.text, re.IGNORECASE):
                if says_who(draft.text, match.start(), match.end()):
                    yield match.start(), match.end()


def _any_holder(text: str, start: int, end: int) -> bool:
    return bool(
        _ANY_HOLDER_BEFORE.search(text[max(0, start - 45) : start]) or _ANY_HOLDER_AFTER.match(text[end : end + 30])
    )


def same_work(word: str) -> frozenset[str]:
    """The word of a role and every other for the same work."""
    return frozenset({word}).union(*(family.split() for family in _FAMILIES if word in family.split()))


def _one_stem(plain: str, word: str) -> bool:
    """Whether two words are of one stem: laundress and laundry, counsellor and counselling."""
    return len(word) >= STEM + 1 and len(plain) >= STEM + 1 and plain[:STEM] == word[:STEM]


def _role_told(role: Sequence[str], draft: Draft) -> Iterator[tuple[int, int]]:
    """Where the draft speaks of one person by that role or by another word for the same work, as start and end."""
    families = [same_work(word) for word in role]
    greeting, signed = salutation_end(draft.text), sign_off_start(draft.text)
    at = 0
    while at < len(draft.words):
        end, covered = _role_words(families, draft, at)
        first, at = at, max(end, at + 1)
        if not covered or not greeting <= draft.words[first].start < signed:
            continue
        told = [word.plain for word in draft.words[first:end]]
        next_word = draft.words[end].plain if end < len(draft.words) else ""
        known = frozenset().union(*families)
        stems = {w for w in told if singular(w) not in known and any(_one_stem(w, one) for one in known)}
        heads = [word for word in told if {word, singular(word)}.isdisjoint(_ACTIVITIES | tables.COMMON | stems)]
        if not heads and next_word not in _PERSON_NEXT:
            continue
        start, article = _article(draft, first)
        if not is_one((heads or told)[-1]) and article != "one of":
            continue
        foreign = first and draft.words[first - 1].plain in _OTHER_WORK - set(role)
        where = (start, draft.words[end - 1].end)
        any_holder = _any_holder(draft.text, *where)
        one = not foreign and _names_the_one(role, covered, told, article) and not any_holder
        either = draft.text[: where[0]].endswith(" or ")
        theirs = (
            article
            and not either
            and not foreign
            and _is_the_role(role, covered, told)
            and says_who(draft.text, *where)
        )
        if one or theirs:
            yield where


def _is_the_role(role: Sequence[str], covered: set[int], told: Sequence[str]) -> bool:
    """Whether so much of the role is told that it is that work and no other."""
    if any(word in _SOLE_ROLES for word in told):
        return True
    needed = {number for number, word in enumerate(role) if word != "registered"}
    return len(role) - 1 in covered and (len(role) == 1 or role[-1] not in _OFFICES or needed <= covered)


def _names_the_one(role: Sequence[str], covered: set[int], told: Sequence[str], article: str) -> bool:
    """Whether the words, after the or your, can mean only one person in such a place."""
    telling = {number for number, word in enumerate(role) if word not in tables.ORDINARY_ROLES}
    needed = {number for number, word in enumerate(role) if word != "registered"}
    named = {role[number] for number in covered} if set(told) - tables.ORDINARY_ROLES else set()
    sole = bool(covered & telling) and not _SOLE_ROLES.isdisjoint({*told, *named})
    enough = bool(telling) and len(role) - 1 in covered and len(covered & telling) >= min(len(telling), 2)
    narrowed = not telling and needed <= covered and len(role) > 1 and any(word in _QUALIFIERS for word in role)
    kin = article in ("his", "her", "their", "child's") and any(singular(word) in _KIN for word in told)
    return kin or (article in _DEFINITE and (sole or enough or narrowed))


def _role_words(families: Sequence[frozenset[str]], draft: Draft, at: int) -> tuple[int, set[int]]:
    """How far from here the words of a role reach, and which of its words they are."""
    covered: set[int] = set()
    end = at
    for number in range(at, min(at + 7, len(draft.words))):
        word = draft.words[number]
        if number > at and not beside(draft.text, draft.words[number - 1], word):
            break
        plain = "computer" if word.written == "IT" else singular(word.plain)
        pair = plain + singular(draft.words[number + 1].plain) if number + 1 < len(draft.words) else plain
        found = {
            index
            for index, family in enumerate(families)
            if not family.isdisjoint((plain, word.plain, pair)) or any(_one_stem(plain, one) for one in family)
        }
        if found:
            covered, end = covered | found, number + 1
        elif number == at or word.plain not in ("of", "the", "in", "and", "for", "to", "on", "our", "your"):
            break
    return end, covered


def _article(draft: Draft, first: int) -> tuple[int, str]:
    """The article or possessive before a noun, past up to three other words, and where it stands; one of your, too."""
    for number in range(first - 1, max(-1, first - 5), -1):
        word = draft.words[number]
        if not beside(draft.text, word, draft.words[number + 1]):
            break
        owner = word.written.endswith(("'s", "’s")) or draft.text[word.end] in "'’"
        if owner or word.plain in _DEFINITE | _INDEFINITE:
            opening = [one.plain for one in draft.words[max(0, number - 3) : number]]
            for size in (2, 3 if owner else 2):
                if opening[-size:][:2] == ["one", "of"]:
                    return draft.words[number - size].start, "one of"
            return word.start, "the" if owner else word.plain
        if word.plain in tables.COMMON or not is_one(word.plain):
            break
    return draft.words[first].start, ""
