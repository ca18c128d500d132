"""The plain facts a message tells: who writes, who, when and where, what they have tried, what they fear (P2, P6, P7).

Facts are found by phrases. A phrase is looked for in one statement at a time, so that a "not" counts only where it
stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mailbot.domain import ComplainedFirst, Email, Evidence
from mailbot.triage.sought import Sought

LONGEST_STATEMENT = 1000
"""Characters looked at together. Longer runs without a full stop are cut, which bounds the time a message can take."""

SHORT_LINE = 50
"""A line shorter than this ends its statement: people who hard-wrap their mail write longer ones."""

_ENDS = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|\n\s*\n")
_STRAIGHT = str.maketrans("’‘‛`´“”", "'''''\"\"")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that say something, unless others stand in the same statement. `name` is the rule's in the evidence."""

    name: str
    pattern: Sought
    unless: Sought | None


@dataclass(frozen=True, slots=True)
class Told:
    """Where a phrase was found: [start, end) of the message's `part`."""

    name: str
    start: int
    end: int
    part: str


def phrase(name: str, pattern: str, unless: str = "") -> Phrase:
    """A phrase as written for a reader: a blank stands for any white space, ``blank?`` for perhaps some."""
    return phrase_of(name, (pattern,), (unless,) if unless else ())


def phrase_of(name: str, patterns: Sequence[str], unless: Sequence[str] = ()) -> Phrase:
    """A phrase that is said in one of several ways, each written as for `phrase`."""
    return Phrase(name, _compiled(patterns), _compiled(unless) if unless else None)


def _compiled(patterns: Sequence[str]) -> Sought:
    written = (one.replace(" ?", r"\s*").replace(" ", r"\s+") for one in patterns)
    return Sought(*written, flags=re.IGNORECASE | re.DOTALL)


def statements(text: str) -> Iterator[tuple[int, int]]:
    """The (start, end) of each statement: a sentence over its line breaks, or a short line without a full stop."""
    ends = {match.end() for match in _ENDS.finditer(text)}
    at = 0
    for line in text.split("\n"):
        ends |= {at + len(line) + 1} if len(line) < SHORT_LINE else set()
        at += len(line) + 1
    start = 0
    for end in [*sorted(ends), len(text)]:
        while start < end and text[start : start + 1].isspace():
            start += 1  # so that a statement begins with its first word
        for cut in range(start, end, LONGEST_STATEMENT):
            yield cut, min(end, cut + LONGEST_STATEMENT)
        start = max(start, end)


def all_told(email: Email, phrases: Iterable[Phrase], parts: Sequence[str] = ("text", "subject")) -> Iterator[Told]:
    """Every phrase found in the named parts, in the order of the text."""
    for part in parts:
        text = email.part(part).translate(_STRAIGHT)
        folded = text.casefold()
        possible = [(sought, within) for sought in phrases if (within := sought.pattern.within(folded))]
        for start, end in statements(text) if possible else ():
            statement = text[start:end]
            folded = statement.casefold()
            for sought, within in possible:
                match = within.search(statement, folded)
                if match and not (sought.unless and sought.unless.search(statement, folded)):
                    yield Told(sought.name, start + match.start(), start + match.end(), part)


def first_told(email: Email, phrases: Iterable[Phrase], parts: Sequence[str] = ("text", "subject")) -> Told | None:
    """The first of the phrases to be found, or None."""
    return next(all_told(email, phrases, parts), None)


def evidence_of(email: Email, told: Told, field: str, value: str, clause: str, score: float = 0.9) -> Evidence:
    """The evidence for a flag that rests on a phrase."""
    words = email.part(told.part)[told.start : told.end]
    lead = len(words) - len(words.lstrip())
    return Evidence(
        field=field,
        value=value,
        text=words.strip(),
        start=told.start + lead,
        end=told.start + lead + len(words.strip()),
        source=f"rule:{told.name}",
        score=score,
        clause=clause,
        part=told.part,
    )


# ---- What the phrases are --------------------------------------------------------------------------------------------

_ONCE = (
    r"\bwhen (?:i|we) (?:was|were)\b|years ago|back in (?:19|20)\d\d|as a child|i was a child|used to|"
    r"in the (?:19)?[5-9]0s|\bgrew up\b|as an adult|now (?:an adult|\d\d)"
)

CHILD: tuple[Phrase, ...] = (
    phrase(
        "says-their-age",
        r"\b(?:i am|i'?m|im|am|i just turned|i turned|dw i'n|rwy'n|rydw i'n) (?:only |just |nearly |almost |a "
        r")?(?:[6-9]|1[0-7]|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
        r"(?:(?: (?:and a half|an a half|nearly|almost|next))?\s*(?:[.,!?;)]|$|\n|and\b|an\b|so\b|but\b|i\b|in\b|"
        r"years? old|yrs?\b|yo\b|y/o|oed|year old|cos\b|at\b|now\b|live|nearly))",
        rf"{_ONCE}|in (?:charge|total)|\bout of\b",
    ),
    phrase(
        "lives-in-care",
        r"\b(?:i am|i'?m|im|i live|i been|i'?ve been|i have been|i got (?:put|moved)|they (?:put|moved) me|i was "
        r"(?:put|moved|placed)) (?:now |living |currently |still )?(?:in|at|into) (?:a |the |this )?(?:\w+ "
        r")?(?:children'?s home|childrens home|kids'? home|care home for kids|foster care|foster home|foster "
        r"placement|secure unit|supported accommodation|supported living|semi[ -]independent|res unit)\b|"
        r"\bi'?m (?:a )?(?:young person|looked[ -]after child|child in care|kid in care)\b|\bi am (?:a )?(?:young "
        r"person|looked[ -]after child|child in care|kid in care)\b|\bi'?m in care\b|\bi am in care\b|\bim in care\b",
        rf"{_ONCE}|working|\bi work|employed|manager|my (?:role|job|shift)|\b(?:19[4-9]\d|20[01]\d)\b",
    ),
    phrase(
        "my-foster-carer",
        r"\bmy (?:foster (?:mum|dad|mam|carers?|mother|father|family|parents?|placement|lady|brother|sister)|key "
        r"?workers?|house ?parents?|house ?master|house ?mistress|dorm|matron)\b(?! (?:assessment|application|"
        r"registration|status|duties))",
        rf"{_ONCE}|\bi(?:'?m| am) (?:a |an |their |his |her )?(?:foster|parent|mother|father|mum|dad|carer|support|"
        rf"teacher|staff)|\bmy (?:son|daughter|grand\w+|nephew|niece)|supervis|deputy|rota",
    ),
    phrase(
        "at-school",
        r"\b(?:i am|i'?m|im) in (?:year|yr) (?:[5-9]|1[0-3])\b|\bmy (?:teacher|head of year|form tutor|mum and dad) "
        r"(?:says?|said|told me|knows?)\b.{0,40}\b(?:i|me)\b|\bi'?m (?:only )?a (?:kid|child|teenager)\b|\bim "
        r"(?:only )?a (?:kid|child)\b|\bother kids in (?:my|our) (?:home|house|unit)",
        _ONCE,
    ),
)

_TRIED = (
    r"(?:complain(?:ed|ing)?|raised|reported|told|spoken|spoke|written|wrote|emailed|e-mailed|rang|"
    r"rung|phoned|called|flagged|escalated|challenged|asked|brought (?:it|this) up|took (?:it|this) "
    r"up|taken (?:it|this) up|approached|contacted|met with|put in|made|lodged|submitted|logged|gone)"
)
_SERVICE = (
    r"(?:them|him|her|the (?:\w+ ){0,3}(?:manager|home|school|head|headteacher|agency|council|provider|company|owner|"
    r"director|college|centre|nursery|staff|deputy|service|principal|team leader|trust|ri|responsible individual|"
    r"office|lado|department|supervisor|warden|governors|chair)|"
    r"(?:my|our|his|her|their) (?:\w+ ){0,3}(?:manager|boss|line manager|supervisor|social worker|key ?worker|deputy|"
    r"head|team leader|agency|director|employer|iro)|management|hr|head office|(?:a |an |the |my |our |formal |"
    r"written |official |stage \w+ )*(?:complaint|grievance|concern)s?|staff|senior(?:s)?)"
)

COMPLAINED: tuple[Phrase, ...] = (
    phrase(
        "has-raised-it",
        rf"\b(?:i|we|i'?ve|we'?ve|ive|weve|me and \w+|my (?:husband|wife|partner|mum|dad|sister|daughter|son))(?: "
        rf"have| had| has| already| also| just| then| even| first| both| finally| repeatedly| twice| did)*"
        rf" {_TRIED}\b.{{0,45}}?\b{_SERVICE}\b",
        rf"{_ONCE}|\b(?:not|n'?t|never|haven'?t|havent|cannot|can'?t|daren'?t|didn'?t|no one|if|asked (?:them|him|"
        rf"her|to) (?:to )?(?:leave|stop)|was told|got told|been told|told (?:him|her|them) (?:to|that he|that she)|"
        rf"asked (?:him|her) (?:to|what|how|if|why|about))\b",
    ),
    phrase(
        "complaint-answered",
        r"\b(?:my|our) (?:\w+ ){0,2}(?:complaints?|grievance|letters?|emails?|concerns?)(?: \w+){0,4}? (?:was|were|"
        r"is|are|has|have|got|went|been|came|not|ignored)\b.{0,30}?(?:ignored|not upheld|upheld|unanswered|dismissed|"
        r"brushed|rejected|acknowledged|answered|lost|stage|closed|investigat\w+|nowhere|no reply)|"
        r"\b(?:stage (?:one|two|three|1|2|3)|complaints? (?:procedure|process|policy))\b.{0,40}\b(?:exhausted|"
        r"completed|finished|went|gone|used|followed|through|response|reply|answer|outcome|done|ended|no reply)|"
        r"\b(?:used|followed|exhausted|completed|been through|gone through|went through) (?:\w+ ){0,4}(?:complaints?|"
        r"whistleblowing) (?:procedure|process|policy)|(?:manager|management|head|they|she|he|owner) (?:just "
        r")?(?:told me to (?:leave it|keep|mind|drop|forget)|said to (?:leave it|keep|drop)|fobbed me off|brushed me "
        r"off|laughed it off|ignored me)",
        rf"{_ONCE}|\b(?:have not|haven'?t|did not|didn'?t|never) (?:used|followed|complained|been through|gone)",
    ),
)
NOT_COMPLAINED: tuple[Phrase, ...] = (
    phrase(
        "has-not-raised-it",
        r"\b(?:i|we|i'?ve|we'?ve|ive)(?: have| had| did| do| could| can| would| am| dare| just| really)*\s*(?:not|"
        r"n'?t|never|haven'?t|havent|didn'?t|didnt|daren'?t|can'?t|cant|cannot|couldn'?t|don'?t feel able to|dont) "
        r"(?:\w+ ){0,4}?"
        r"(?:complain(?:ed)?|raised?|report(?:ed)?|(?:told|tell) (?:them|the (?:manager|home|school|head|staff|"
        r"agency|council|owner|college|nursery)|my (?:manager|boss)|anyone (?:there|here|at|in)|management)|spoken "
        r"to (?:them|the|my|anyone)|say anything to (?:them|the)|said anything to (?:them|the)|go(?:ne)? to (?:the "
        r"(?:manager|home|school|head|owner)|management|my (?:manager|boss))|contacted (?:them|the)|approach(?:ed)?|"
        r"used? the complaints)",
        rf"{_ONCE}|can'?t complain about|cannot complain about|nothing to complain",
    ),
)

FEAR: tuple[Phrase, ...] = (
    phrase(
        "afraid-of-them",
        r"\b(?:scared|afraid|frightened|terrified|fear(?:ful|ing)?|worried|petrified|frit|nervous|anxious|"
        r"dread\w*)\b.{0,25}\b(?:of (?:him|her|them|what|losing|my (?:manager|boss|employer)|the (?:manager|owner|"
        r"staff|boss|head)|reprisals?|repercussions|being (?:sacked|punished|moved|named|found)|the consequences|"
        r"getting)|for my (?:job|safety|life|family)|(?:they|he|she|the manager|staff)(?:'?ll|'?d| will| would| "
        r"might| could)|to (?:speak|say|tell|complain|report|raise|go back|give|put|use)|i(?:'?ll|'?d| will| would| "
        r"might| could) (?:lose|be|get)|if (?:they|he|she)|reprisals?)",
        r"\b(?:not|n'?t|never) (?:\w+ )?(?:scared|afraid|frightened|worried|fear)|(?:children|kids|residents|he|she|"
        r"they|girls|boys|child)(?:'?s| is| are| was| were|'?re) (?:\w+ )?(?:scared|afraid|frightened|terrified|"
        r"worried)|(?:staff|they) (?:are|were|is) (?:\w+ )?(?:worried|scared) (?:of|that) (?:him|her|he|she|the "
        r"(?:boy|girl|child))",
    ),
    phrase(
        "they-would-punish",
        r"\b(?:they|he|she|the (?:\w+ )?(?:manager|owner|staff|boss|home|head|company|agency))(?:'?ll|'?d| will| "
        r"would| could| might| always| just)+ (?:\w+ )?(?:sack|fire|get rid of|punish|take it out on|make (?:my|our|"
        r"his|her) life|kill me|hurt me|hit me|batter me|come after|get me|move (?:me|him|her)|stop my|cut my|"
        r"blacklist|finish me|go mad|go mental|kick off|lose it|retaliate|victimise|take (?:him|her|them|my \w+) "
        r"(?:away|off)|send me)|"
        r"\btake(?:s|n)? it out on\b|took it out on\b|\b(?:victimi[sz](?:ed|ation)|reprisals?|retaliat\w+|"
        r"repercussions?|recriminations?|blacklist(?:ed)?|backlash)\b|\b(?:get|be|make it|things?) (?:\w+ )?worse "
        r"(?:for (?:me|him|her|us|them))|lose my (?:job|shifts|home|place|placement|visa)\b|\bi(?:'?d|'?ll| would| "
        r"will| could| might) (?:be|get) (?:sacked|fired|in (?:\w+ )?trouble|done|battered|kicked out|moved|punished|"
        r"the sack)|"
        r"\b(?:anyone|anybody|whoever|last (?:person|one|lad|girl|woman|man|worker)|staff|people|those) (?:who|that) "
        r"(?:speaks?|spoke|complains?|complained|raises?|raised|said|says|reports?|reported|asks?|asked|challenges?|"
        r"did|questions?)\b.{0,50}\b(?:sacked|gone|got rid|moved|suspended|dropped|shifts|rota|booked|left|let go|"
        r"out|job|bullied|dismissed|hours|pushed)",
        r"\b(?:no|without|not (?:afraid|scared|worried) of) (?:\w+ )?(?:repercussions?|reprisals?|retaliation)|worse "
        r"for wear|policy|unfair(?:ly)? dismiss",
    ),
)

_ADULT = (
    r"(?:my (?:mum|mam|mother|dad|father|wife|husband|partner|sister|brother|nan|gran|colleague|"
    r"friend|neighbour|manager|aunt|auntie|uncle|ex)|a (?:colleague|worker|member of staff|carer)|our "
    r"(?:colleague|manager)|(?:the )?(?:foster (?:carer|mum|dad)|carer|member of staff|staff member|"
    r"worker|mother|mum|woman next door))"
)
_HARM_SELF = (
    r"(?:(?:kill|hang|drown|harm|hurt) (?:my|him|her)sel(?:f|ves)|end (?:it all|it tonight|my life|"
    r"her life|his life|things)|take (?:my|her|his) own life|suicid\w+|overdose[ds]?|taken (?:all "
    r")?(?:my|her|his) (?:pills|tablets))"
)
_PAST_OR_TALK = (
    rf"{_ONCE}|(?:\bif|when) (?:a|any|the) (?:child|young|resident|kid)|policy|training|course|months "
    rf"ago|last year|tried to (?:kill|hang|end) .{{0,20}}(?:in|when|at|last)|killing me|(?:thought|"
    rf"felt) (?:about|like) .{{0,20}}(?:then|once|at the time)|prevent|awareness|not (?:suicidal|going "
    rf"to|saying)|n'?t (?:going to|want to) (?:kill|end|harm|hurt)"
)

ADULT_IN_DANGER: tuple[Phrase, ...] = (
    phrase(
        "sender-at-end",
        rf"\b(?:i|i'?m|im|i'?ve|ive)(?: am| just| have| really| honestly| \w+ing| do| don'?t| now| feel| feeling| "
        rf"want| wanna| going| gonna| to| like| been| about| might| will| could| think)* (?:{_HARM_SELF}|to die\b|"
        rf"die\b(?! (?:of|for|laugh|hap))|dead\b)|"
        r"\bi (?:can'?t|cant|cannot|can not) (?:go on|do this any ?more|live (?:like this|with this|any ?more)|carry "
        r"on (?:living|any ?more|like this))|\bi (?:do not|don'?t|dont) want to (?:be here|live|be alive|wake up)(?: "
        r"any ?more| no more)?|\bbetter off (?:dead|without me)|no reason (?:left )?to live|nothing (?:left )?to "
        r"live for",
        rf"{_PAST_OR_TALK}|embarrass|shame|laugh|dentist|work here|sick and|tired of it|live (?:here|there|near|with "
        rf"(?:him|her|them|mum|dad))|be here (?:in|on|at|when|with)",
    ),
    phrase(
        "another-adult-at-end",
        rf"\b{_ADULT} (?:\w+ ){{0,3}}?(?:wants? to|is|says? (?:she|he)|going|keeps?|has|threatening|will|has just|"
        rf"might|is going) (?:\w+ ){{0,4}}?(?:{_HARM_SELF}|to die\b)",
        _PAST_OR_TALK,
    ),
    phrase(
        "held-or-attacked",
        rf"\b(?:he|she|they|my (?:husband|partner|boyfriend|ex|son|dad))(?:'?s|'?ve| has| have| is| are|'?re| keeps?|"
        rf" won'?t| wont| will not)* (?:locked (?:me|us) in|keeping (?:me|us|my \w+) (?:locked|here|prisoner)|"
        rf"holding (?:me|us|my (?:mum|mother|sister|wife))|let(?:ting)? me (?:out|leave|go)|got (?:a|the) (?:knife|"
        rf"gun|hammer)|taken my (?:passport|keys and)|hitting me|beating me|strangl\w+ me|choking me|trying to kill "
        rf"(?:me|my (?:mum|mother|wife|sister)|us)|(?:going|gonna|threatening) to (?:\w+ )?kill (?:me|my (?:mum|"
        rf"mother|wife|sister)|us)|(?:outside|in) (?:the|my) (?:house|door|home) (?:now|with))\b|"
        rf"\b(?:he|she|they)(?:'?s| has| is|'?re| keeps?)* (?:attacking|beating|strangling|stabbing|punching|hitting|"
        rf"beat|attacked|stabbed) {_ADULT}\b|\b{_ADULT} (?:is|are|was) (?:being |getting )?(?:attacked|beaten|"
        rf"stabbed|held|strangled|assaulted) (?:right |just )?(?:now|tonight|again|at the moment|against)",
        rf"{_PAST_OR_TALK}|won'?t let me (?:go|leave) (?:on|to|home early|early|the school)",
    ),
)

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
_COPIES = phrase(
    "has-copies",
    r"\b(?:i|we|i'?ve|ive)(?: have| still| also| got| kept| took| can send| can| will)* (?:kept|have|got|took|taken|"
    r"send|copied|photographed|screenshotted)(?: \w+){0,3} (?:copies|photos?|pictures|screenshots?|recordings?|diary|"
    r"notes?|emails|letters|texts|messages|evidence|log|proof)\b",
    r"\b(?:no|not|n'?t|never) (?:\w+ ){0,3}(?:copies|photos|evidence|proof|screenshots)",
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


def read_facts(email: Email, places: Sequence[str] | None = None, service: str | None = "") -> Facts:
    """The facts in the sender's own words.

    `places` and `service` are what the message was found to name; pass them to have their absence told in `missing`
    (None and "" mean that nobody has looked).
    """
    child = first_told(email, CHILD)
    danger = _adult_danger(email, by_child=child is not None)
    fear = first_told(email, FEAR)
    complained, tried = _complained(email)
    people, dates = _people(email), _unique(match.group() for match in _DATES.finditer(email.text))
    flags = [
        (child, "written_by_child", "true", "P3"),
        (tried, "complained_first", str(complained), "P2"),
        (fear, "fears_reprisal", "true", "P2"),
        (danger, "adult_in_danger", "true", "P3"),
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
        missing=_missing(email, people, dates, places, service),
        evidence=tuple(evidence_of(email, told, field, value, clause) for told, field, value, clause in flags if told),
    )


def _adult_danger(email: Email, *, by_child: bool) -> Told | None:
    """Words of live danger to an adult; a child who says them of themselves is in immediate risk instead."""
    own = {"sender-at-end"} if by_child else set()
    return next((told for told in all_told(email, ADULT_IN_DANGER) if told.name not in own), None)


def _complained(email: Email) -> tuple[ComplainedFirst, Told | None]:
    """Having raised it anywhere with the service outweighs not having done so elsewhere."""
    for phrases, answer in ((COMPLAINED, ComplainedFirst.YES), (NOT_COMPLAINED, ComplainedFirst.NO)):
        told = first_told(email, phrases)
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
    email: Email, people: Sequence[str], dates: Sequence[str], places: Sequence[str] | None, service: str | None
) -> tuple[str, ...]:
    copies_elsewhere = not email.attachments and first_told(email, (_COPIES,)) is not None
    lacks = {
        "dates": not dates,
        "names": not people,
        "service": service is None,
        "place": places is not None and not places,
        "copies": copies_elsewhere,
    }
    return tuple(what for what, lacking in lacks.items() if lacking)
