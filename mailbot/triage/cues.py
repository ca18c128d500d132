"""What turns the words of a rule into something else: a "not", the past, an end to it, talk, a sale, all being well.

A cue is asked with the sentence and where in it the rule's words stand. Rules name the cues that silence them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_NEGATION = re.compile(
    r"\b(?:not|never|no|nobody|no one|no-one|none|neither|nor|without|nid|heb|byth|(?:is|are|was|were|do|does|did|"
    r"has|"
    r"have|had|would|could|should|wo|ca)n['’]?t|cannot|denies|denied)\b(?:\W+\w+){0,4}\W*$",
    re.IGNORECASE,
)
_NO_NEGATION = re.compile(
    r"\b(?:not only|not just|no (?:matter|doubt|question|wonder)|(?:ca|could|do|did)n['’]?t (?:believe|understand|"
    r"know|"
    r"think straight|sleep|stop)|cannot (?:believe|understand|stop|sleep)|not (?:sure|certain)|nobody (?:knows|cares|"
    r"listens|believes|does|did|will|is listening)|no one (?:knows|cares|listens|believes|does|did|will)|"
    r"why (?:is|are|"
    r"was|were|has|have|do|does|did)n['’]?t|never mind|is(?:n['’]?t| not) it|without (?:fail|doubt))\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:()–—]|\bbut\b|\bbecause\b|\bthough\b|\bcos\b")
_NONE_HARMED = re.compile(
    r"\b(?:nobody|no one|no-one|none of (?:them|us|the \w+)|no child(?:ren)?) (?:(?:is|was|has|are|were|got|been) )*"
    r"(?:hurt|harmed|injured|in danger|at risk|missing)\b|\bnot (?:hurt|in danger|at risk|missing|unsafe)\b|"
    r"\bno (?:danger|"
    r"risk|harm)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\byears ago\b|\bmonths ago\b|\bback in (?:19|20)\d\d\b|\bwhen i was (?:a |little|small|young|\d|five|six|"
    r"seven|eight|nine|ten|eleven|twelve)|\bas a child\b|"
    r"\bin the (?:19|20)?[5-9]0s\b|\bused to\b|\bin those days\b|\bat the time\b|\bonce upon\b|\bdecades\b|"
    r"\blong ago\b|"
    r"\bflynyddoedd yn ôl\b",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"\b(?:was|been|got|were|is|are) (?:since |now |then )?(?:found|located|dismissed|sacked|arrested|convicted|"
    r"jailed|"
    r"removed|charged|remanded|recalled)\b|\b(?:came|come|is|got|been|turned up) (?:back|home|found)? ?safe\b|"
    r"\bsafe and "
    r"well\b|\b(?:is|are|was) safe now\b|\bturned up\b|\bno longer (?:works?|there|in post|has access|lives?)\b|"
    r"\b(?:has|"
    r"have) (?:since )?(?:left|died|retired|gone)\b|\bleft the (?:company|job|country|service)\b|\bdealt with\b|\bin "
    r"(?:prison|custody)\b|\bon remand\b",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"\bif (?:a|an|any|the|you|someone|somebody)\b|\bin the event\b|\bwhat (?:should|would|happens)\b|\bpolic(?:y|"
    r"ies)\b|"
    r"\bprocedures?\b|\bguidance\b|\bwebinar\b|\bcourses?\b|\btraining\b|\bmodules?\b|\btemplates?\b|\bfor example\b|"
    r"\bscenario\b|\bhypothetical\w*\b|\bdissertation\b|\bresearch\b|\bdrill\b|\bnovel\b|\bexercise\b",
    re.IGNORECASE,
)
_ADULTS = re.compile(
    r"\b(?:my|her|his|the|our) (?:mum|mam|mother|dad|father|nan|gran\w*|grandad|husband|wife|partner|aunt\w*|"
    r"uncle)\b|"
    r"\belderly\b|\bpensioner\b|\bdementia\b|\bresident (?:aged|of) [4-9]\d\b|\bvulnerable adults?\b|"
    r"\b(?:colleague|nurse|"
    r"manager|worker|staff member)s? (?:is|was|has been|were)\b",
    re.IGNORECASE,
)
_CHILDREN = re.compile(
    r"\b(?:child\w*|kids?|bab(?:y|ies)|toddlers?|boys?|girls?|lads?|lass(?:es)?|sons?|daughters?|nieces?|nephews?|"
    r"grand(?:son|daughter|child)\w*|young (?:person|people|ones?|lady|man|lad|woman)|yp|teen\w*|pupils?|youngsters?|"
    r"brothers?|sisters?|siblings?|[1-9]|1[0-7]|plentyn|plant|bachgen|merch)\b",
    re.IGNORECASE,
)

_SOLD = re.compile(
    r"\b\d+ ?% off\b|\bper (?:learner|seat|user|month)\b|\bour (?:ai|app|platform|course|software|range)\b|\byour "
    r"(?:team|board|staff|organisation|rating)\b|\bfree (?:trial|demo|delivery|shipping)\b|\bbook (?:a|"
    r"your) (?:\d|demo|place)"
    r"|\bdonat(?:e|ion)\w*\b|\blimited offer\b|\bspot(?:ting)? the (?:signs|child)\b|\bevery (?:\d+|"
    r"few) (?:seconds|minutes)"
    r"\b|\borphans?\b|\bact (?:now|in the next)\b|\bsponsor\w*\b|\bwould you(?:r team)? (?:know|notice)\b|"
    r"\bcarers wanted\b|"
    r"\bready for\b|\bwith code\b|£\d+(?:\.\d\d)? (?:a|per) head\b|\bin this issue\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\bplease (?:provide|supply|send me (?:a copy|all|the number))\b|\bfoi\b|\bfreedom of information\b|"
    r"\bthe number of\b|"
    r"\bcorrespondence (?:with|between|since)\b|\bpress (?:office|team|desk)\b|\b(?:writing|preparing|"
    r"making) (?:a|an|my) "
    r"(?:feature|piece|article|programme|thesis|essay|role play|book)\b|\bphd\b|\bhow many\b|\bcan you confirm\b",
    re.IGNORECASE,
)
_WELL = re.compile(
    r"\b(?:(?:he|she|it|child|baby)(?: is| was|['’]?s)|(?:they|we|children|kids|boys|girls|lads)(?: are| were|['’]?re)|"
    r"i(?: am|['’]?m)) (?:(?!not\b|never\b)\w+ ){0,2}?(?:fine|safe|ok|okay|happy|well|laughing|thriving)\b|"
    r"\btouch wood\b|\bgood sign\b|\bno (?:particular|individual|one) child\b|"
    r"\b(?:not|nobody|no one)\b[^.]{0,30}\bworried\b",
    re.IGNORECASE,
)


def denied(sentence: str, start: int, end: int) -> bool:
    """Whether a "not" stands just before the words, in the same clause, or the sentence says that nobody was harmed."""
    clause = _CLAUSE.split(sentence[:start])[-1]
    return bool((_NEGATION.search(clause) and not _NO_NEGATION.search(clause)) or _NONE_HARMED.search(sentence))


def past(sentence: str, start: int, end: int) -> bool:
    """Whether the sentence tells of long ago."""
    return bool(_PAST.search(sentence))


def over(sentence: str, start: int, end: int) -> bool:
    """Whether the sentence says how it ended: found, arrested, gone."""
    return bool(_OVER.search(sentence))


def talk(sentence: str, start: int, end: int) -> bool:
    """Whether the sentence speaks of what might be, of a policy or a course."""
    return bool(_TALK.search(sentence))


def adults(sentence: str, start: int, end: int) -> bool:
    """Whether the sentence names adults as those it happens to, and no child."""
    return bool(_ADULTS.search(sentence[start:end]) and not _CHILDREN.search(sentence))


def sold(sentence: str, start: int, end: int) -> bool:
    """Whether the sentence advertises something or begs for money."""
    return bool(_SOLD.search(sentence))


def asked(sentence: str, start: int, end: int) -> bool:
    """Whether the sentence asks for figures or papers, or is for the press or a study."""
    return bool(_ASKED.search(sentence))


def well(sentence: str, start: int, end: int) -> bool:
    """Whether the sentence says that the child is well, or that nobody is worried."""
    return bool(_WELL.search(sentence))


Cue = Callable[[str, int, int], bool]

CUES: Mapping[str, Cue] = {
    "denied": denied,
    "past": past,
    "over": over,
    "talk": talk,
    "adults": adults,
    "sold": sold,
    "asked": asked,
    "well": well,
}
"""The cues by the names that rules give them."""
