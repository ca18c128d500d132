"""Which service a message is about: its name and number as written (P1)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailbot.domain import Email, Evidence
from mailbot.triage.places import SHORT_FORMS, PlaceFound


@dataclass(frozen=True, slots=True)
class ServiceFound:
    """The service as the message names it; None where it names none, a council, a team or an address."""

    name: str | None
    urn: str | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A name that may be the service's, at [start, end) of a part, and how much speaks for it."""

    name: str
    start: int
    end: int
    part: str
    points: int


CAFCASS = re.compile(r"\bcafcass(?:\s+cymru)?\b", re.IGNORECASE)

_CAP = r"(?:St\.?\s(?=[A-Z])|[A-Z][\w'’-]{0,30}|(?<=\s)\d{1,2}\b)"
_NAME = (
    rf"(?:[Tt]he\s(?=[A-Z]))?{_CAP}(?:[ \t]+(?:(?:and|of|the|on|for|in\sthe|&|at\sthe|le|y|yr|"
    rf"du)\s)?{_CAP}){{0,5}}"
)
_CARE = (
    r"(?:House|Lodge|Court|View|Grange|Manor|Hall|Cottages?|Villas?|Farmhouse|Farm|Place|Mount|Fostering Agency|"
    r"Fostering Services?|Fostering Solutions|Fostering (?:North|South|East|West|Midlands)(?:\s(?:East|West))?|"
    r"Fostering|Foster (?:Care|Agency|Families|Network|"
    r"Carers)|Families|Children['’]?s Homes?|Childrens Homes?|Residential|"
    r"Adoption (?:Agency|Support|Services?|Society|Guild|Trust|UK)|Adoption|Therapies|Attachment Service|Breaks|"
    r"Holidays|Camps|Adventures|Trails|Connect|Futures|Steps|Stays|Nest|Haven|Family Centre|"
    r"Assessment Centre|Secure Unit|"
    r"Secure Children['’]s Home|Secure Training Centre|STC|Secure School|Supported (?:Living|Accommodation|Housing)|"
    r"Care Homes?|Homes|Placements|"
    r"Living|Pathways|Outreach|Care|Rise|Bank|Croft|Meadows?|Fields?|Gardens|Barn|Heights|Wood|Woods|Mews|Terrace|"
    r"Gate|Ridge|Hill|Park|Heath|Vale|Dene|End|Grove|Wharf|Copse|Fold|Garth|Steading|Reach|Point|Rectory|Vicarage|"
    r"Chapel|Orchard|Paddock|Beech|Oaks?|Elms?|Beeches|Willows|Firs|Pines|Limes|Bungalow|Unit|Plas|Tŷ)"
)
_TAUGHT = (
    r"(?:Nursery|Nurseries|Day Nursery|Nursery School|Pre-?[Ss]chool|Playgroup|Childminding|Childcare|"
    r"Kindergarten|Primary School|Primary|School|Academy|College|Sixth Form|Hospital|Centre|Center|Priory|Abbey School|"
    r"Trust|"
    r"Hospice|Surgery|YOI|Prison|Group|Kids|Daycare)"
)
_GENERIC = re.compile(
    r"(?:children['’]?s|childrens|child|homes?|house|unit|foster|fostering|care|secure|residential|special|boarding|"
    r"primary|high|secondary|grammar|junior|infant|school|college|nursery|academy|"
    r"centre|agency|adoption|service|services|family|supported|accommodation|living|assessment|training|local|"
    r"authority|council|county|city|borough|social|worker|team|manager|registered|"
    r"the|a|an|and|of|in|for|quality|standards|hospital|hall|town|court|crown|magistrates['’]?|high|family|court|"
    r"park|place|view|group|trust|board|visit|reg|regulation|act|police|"
    r"youth|justice|offending|offender|centre|further|education|day|support|leaving|looked|after|young|people|person|"
    r"persons|nhs|independent|cafcass|i|my|ofsted|solo|stc|la|illegal|unregistered|private|internal|"
    r"welsh|english|scottish|catholic|christian|national|new|old|placements?|unit|department)",
    re.IGNORECASE,
)
_NOT_A_SERVICE = re.compile(
    r"\b(?:transport|front door|grade|citizens advice|yot|care leavers|year|key stage|council|team|"
    r"police|constabulary|crown court|family court|county court|magistrates['’]?|high court|"
    r"supreme court|court of|house of|companies house|town hall|county hall|city hall|civic|somerset house|"
    r"local authority|social services|children['’]?s services|childrens services|(?:street|road|avenue|lane|"
    r"close|drive|crescent|way)(?!\s(?:nursery|day|school|primary|academy|house|lodge|children|fostering|family|residential|centre|"
    r"care|home|families))|ofsted|inspectorate|ombudsman|university|regulation|act\b|quality standards|"
    r"working together|data protection|freedom of information|health and social care act|department|ministry|"
    r"parliament|education health|ehcp?|union|unison|whistle|church|station|hotel|bank holiday|"
    r"mr|mrs|ms|miss|dr|deputy|head of|registered manager|responsible individual|foster carers?|duty|trading estate|"
    r"retail|tesco|asda|christmas|camhs|mash|lado|social care)\b",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:(?:left|rang|ring|visited|its|it['’]s|im|i['’]m|"
    r"at|in|from|for|of|to|on|by|near|our|my|your|their|his|her|this|that|these|when|while|since|after|before|"
    r"if|as|and|but|so|because|is|are|was|were|re|fw|fwd|about|concern\w*|complaint|i|we|he|she|they|it|both|all|"
    r"then|now|there|here|what|why|"
    r"who|how|please|dear|hello|hi|sir|madam|thank|thanks|subject|urgent|help|child|children|staff|manager|home|name|"
    r"setting|provider|service|urn|ofsted|mr|mrs|ms|also|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|july|august|"
    r"september|october|november|december|regarding|whistleblowing|safeguarding|report|abuse|not|no|yes|last|today|"
    r"yesterday|agency|bank|(?:one|two)(?!\s(?:oaks|elms|trees|rivers|bridges|ways|hills|mills|gates|ashes|"
    r"pines|chimneys|saints|shires|acres)\b)|until|with|leaving|inside|outside|under|over)\b[\s:,–-]*)+(?=\S)",
    re.IGNORECASE,
)
_KIND = (
    r"(?:children['’]?s home|childrens home|kids['’]? home|care home|residential home|home for|home|family centre|"
    r"residential (?:unit|family centre|school)|fostering (?:agency|service|company|provider)|foster (?:agency|"
    r"company)|adoption (?:agency|service|charity)|"
    r"agency|special school|boarding school|school|nursery|pre-?school|playgroup|college|unit|secure (?:unit|home)|"
    r"semi[ -]?independent|supported (?:accommodation|living|housing)|hostel|placement|provider|charity|centre|"
    r"holiday (?:scheme|centre)|place|house|project|setting|company|short[ -]breaks?\s?\w*|respite (?:unit|home|"
    r"centre)|cartref plant|ysgol|meithrinfa)"
)
_PATTERNS: tuple[tuple[re.Pattern[str], int], ...] = (
    # the name follows the kind: "a children's home called X", "the home, X, in Town", "the home (X)"
    (
        re.compile(
            rf"\b{_KIND}\s+(?:\w+\s){{0,3}}?(?:(?:is|was)\s)?(?:called|named|known\sas|o['’]r\senw|"
            rf"enw)\s+[\"“'‘]?({_NAME})"
        ),
        9,
    ),
    (
        re.compile(
            rf"\b(?:the|a|an|our|my|this|their|"
            rf"your)\s(?:\w+\s){{0,3}}?{_KIND}\s*[,:(–-]\s*[\"“'‘]?({_NAME})(?=[\"”'’]?\s*(?:[,.)–;:]|in\s|"
            rf"at\s|near\s|-))"
        ),
        7,
    ),
    (
        re.compile(
            rf"\b(?:[Ss]ervice|[Ss]etting|[Hh]ome|[Pp]rovider|[Aa]gency|[Nn]ursery|"
            rf"[Ss]chool)(?:\s[Nn]ame)?\s*[:=]\s*({_NAME})"
        ),
        9,
    ),
    (
        re.compile(
            rf"\b(?i:agency|provider|company|firm|society|charity|(?:mother (?:and|n|&) baby |family |secure )?unit|"
            rf"residential (?:centre|home|school)|children['’]?s home group|group|employer|placement|darparwr|"
            rf"n?gh?artref plant)"
            rf"(?:\s(?:\w+\s){{0,4}}?(?:is|was|are))?\s[\"“'‘]?({_NAME})"
            rf"(?=\s?[.,;()\n]|$|\s(?:in|at|near|and|who|which|but|is|where)\b)"
        ),
        5,
    ),
    (
        re.compile(
            rf"\b{_KIND}\s(?:in|at|near|yn|ym|yng|ger)\s[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)?(?:,|\s\()\s?({_NAME})"
            rf"(?=[.,)]|\s(?:and|where|which|who)\b)"
        ),
        6,
    ),
    (
        re.compile(
            rf"\b(?:run|owned|employed|approved|managed|placed|supported) by\s(?:the\s)?({_NAME})|"
            rf"\b(?:belonging to|trading as|known as|what is now)\s({_NAME})|"
            rf"\b(?:[Ff]oster(?:ed|ing)?|carers?)\s(?:with|for|from|through)\s({_NAME})"
        ),
        4,
    ),
    # a name with its number: "Larch Rise (URN 1234567)", "The Paddock, Derby SC061234"
    (
        re.compile(
            rf"({_NAME})(?:,\s[A-Z][\w'’-]+)?\s{{0,2}}[,(–-]?\s{{0,2}}(?:your ref\s)?(?:\bURN\b|\bSC\s?\d{{6}}\b|"
            rf"rhif unigryw|Ofsted (?:number|no|ref|reg))"
        ),
        7,
    ),
    # a name that says it is one: "called X", "X it's called", "X yw enw'r lle"
    (
        re.compile(
            rf"(?:[,)'’]\scalled|\b(?:firm|place|lot|hospital|company|outfit|group)\s(?:\w+\s)?called|"
            rf"\bcalls? it|\bname on the [\w ]{{3,20}} is)\s[\"“'‘]?({_NAME})"
        ),
        5,
    ),
    (re.compile(rf"({_NAME})(?:,|\s\()\s?(?:that['’]?s|which is)\s(?:the|a|an|where)\b"), 6),
    (re.compile(rf"({_CAP}\sChildren['’]s\sServices)\b"), 4),
    (re.compile(rf"({_NAME})\s(?:it['’]?s\scalled|yw\senw)"), 8),
    # or stands before it: "X children's home", "Mill Lane, the family centre at Y"
    (
        re.compile(
            rf"({_NAME})(?:\s*\([^)\n]{{0,40}}\))?(?:,?\s+the|,\s+(?:a|an|your|our|one\sof\syour)|"
            rf",?\s+(?:which\s)?(?:is|was)\s(?:a|an|the|your|our))\s(?:[\w'’-]{{1,30}}\s){{0,4}}?{_KIND}\b"
        ),
        8,
    ),
    (
        re.compile(
            rf"({_NAME})['’]?\s(?:children['’]?s\s(?:residential\s)?home|childrens\shome|kids['’]?\shome|"
            rf"family\scentre|fostering\b|special\sschool|boarding\sschool|nursery|pre-?school|"
            rf"secure\sunit|adoption\sagency|cartref\splant)"
        ),
        7,
    ),
    (re.compile(rf"({_NAME}\s{_CARE})\b"), 6),
    (re.compile(rf"({_NAME}\s{_TAUGHT})\b"), 5),
    (
        re.compile(
            r"\b((?:THE\s)?(?:(?!(?:ON|AT|IN|BY|OF|TO|FROM|THE|A|AN|MY|IS|WAS|FOR|AND|OUR|THIS|THAT|WITH|CALLED|YOUR|"
            r"HIS|HER|THEIR|NEXT|I|AM|RE|ARE|YOU|IT|WE|NOT)\b)[A-Z][A-Z'’]+\s(?:&\s(?:[A-Z]+\s)?)?){1,3}"
            r"(?:HOUSE|LODGE|COURT|VIEW|GRANGE|MANOR|HALL|COTTAGES?|FARM|FOSTERING|SECURE TRAINING CENTRE|"
            r"CHILDREN['’]?S HOME|CARE HOME|SCHOOL|ACADEMY|COLLEGE|NURSERY|FAMILY CENTRE))\b"
        ),
        5,
    ),
    # a capital inside the sentence, as only a name has: "a pub, The Foundry", "At The Foundry", "into Larchfield"
    (re.compile(r"(?<=[a-z,] )(The\s[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)?)"), 5),
    (re.compile(r"^(?:[Aa]t|[Ii]n)\s(The\s[A-Z][\w'’-]+(?:\s[A-Z][\w'’-]+)?)", re.MULTILINE), 5),
    (re.compile(rf"(?<=[\w,)] )(?:at|into)\s({_NAME})(?!['’]s)"), 2),
    (
        re.compile(
            r"\b((?:Ysgol|Cartref|Plas|Tŷ|Ty|Meithrinfa|Canolfan|Bryn|Llys|"
            r"Hafan)\s[A-Z][\w'’-]{1,30}(?:\s(?:y\s|yr\s)?[A-Z][\w'’-]{1,30}){0,2})"
        ),
        6,
    ),
    (re.compile(r"\b((?:The|the)\s[A-Z][a-z'’]+s)\b(?!\s+(?:[A-Z]|Police))"), 4),
    # or is where somebody works, lives or is placed
    (
        re.compile(
            rf"\b(?:work(?:s|ed|ing)?|liv(?:es?|ed|ing)|placed|placement|stay(?:s|ed|ing)?|manager|staff|"
            rf"residents?|carers?|bank\swork|shifts?|employed|boards?|boarding|attends?|girls|boys|kids|"
            rf"lads|children|nights|foster(?:s|ed|ing)?)\s(?:\w+\s)?(?:at|of|with|for|by)\s({_NAME})"
        ),
        3,
    ),
)
_BEFORE_A_PLACE = re.compile(
    rf"(?:(?<=\bat\s)|(?<=\bof\s)|(?<=\bis\s)|(?<=\bfor\s)|(?<=\bby\s)|(?<=\bwith\s)|(?<=\bin\s)|(?<=\bto\s)|"
    rf"(?<=\()|(?<=\bo\s)|(?<=\byn\s)|(?<=[.!?,]\s)|(?<=[–:-]\s)|(?<=\bfrom\s)|"
    rf"(?<=\bleft\s)|(?<=\bpays\s)|"
    rf"(?<=\babout\s)|^)({_NAME})(?:\s(?:adoption|fostering|home|nursery|"
    rf"school|college|unit|centre|house|agency|club|pre-?school))?\s{{0,2}}"
    rf"(?:,\s{{0,2}}(?:(?:just\s)?outside|in|at|near|nr|out\sby)?|\(|in|near|at|outside|"
    rf"just\soutside|ger|yn|yng|ym)\s{{0,2}}(?:the\s)?(?=[A-Z])",
    re.MULTILINE,
)
_TEXT_SPEAK = re.compile(
    r"(?:^|\b(?:at|in|called|from|to|of|its|it['’]s|on)\s(?!called)|,\s)"
    r"((?:the\s)?[a-z]{3,}(?:\s[a-z]{3,}){0,2}?\s(?:house|"
    r"lodge|court|grange|manor|fostering|cottage|nursery|childrens home|children['’]s home|academy|college|school|"
    r"secure unit|supported lodgings|hall|grove|rise))\b|"
    r"\b(?:at|in|called|its|it['’]s)\s((?:the|silver|copper)\s(?:beeches|birches|elms|firs|larches|laurels|limes|oaks|"
    r"pines|poplars|willows|hollies|chestnuts|sycamores|maples|hawthorns|gables|cedars))\b|"
    r"\b(?:its|it['’]s|home|place|house)\scalled\s((?:the\s)?[a-z]{5,}(?:\s[a-z]{4,})?)(?=[.,\n]|$)|"
    r"\b(?:board|works?|live|lives|nights|placed|staying)\sat\s([a-z]{6,})\s(?:near|nr|in)\s|"
    r"(?:^|\b(?:at|in|called)\s)([a-z]{5,})\s(?:kids|childrens|children['’]s)\shome\b",
    re.MULTILINE,
)
_SMALL_KIND = (
    r"(?:house|lodge|court|grange|manor|fostering|cottage|nursery|childrens home|children['’]s home|academy|college|"
    r"school|secure unit|supported lodgings|hall|grove|rise)"
)
_SMALL_LEADING = re.compile(
    r"(?:(?:at|in|to|from|of|its|it['’]s|is|im|i|work|works|live|lives|called|placed|on|hiya|hi|"
    r"hello|re|about)\s)+"
)
_NOT_TEXT_SPEAK = re.compile(
    r"\b(?:the|a|an|my|our|your|his|her|their|this|that|these|own|care|foster|open|halfway|safe|council|mums?|nans?|"
    r"dads?|family|another|same|other|new|old|big|small|next|whole|every|one|crown|high|youth|local|"
    r"day|good|nice|private|any|each|which|what|and|whose|someones?|kids|childrens|children's|secure|residential|"
    r"respite|first|last|previous|back|front|empty|group|in|at|independent|its|student|shared?|half|primary|special|"
    r"boarding|secondary|grammar|sixth|art|agric|agricultural|further|his|get|got|leave|left|from|for|with|like|about|"
    r"someone|somewhere|where|after|before|when|then|just|not|are|was|were|have|has|had|off|out|back to|town|city|"
    r"music|dance|drama|infant|junior|middle|upper|lower|normal|mainstream|summer|sunday|over|still|"
    r"near|living|going|goes|does|done|doing|called|kids|lives?|works?|boards?|run|on|to|of|going to|"
    r"girls|boys|virtual|deaf|blind|specialist|based|under|mates?|friends?|neighbours?|tree|play|"
    r"doll|dolls|mad|warm|clean|cold|move|home|halls?|private|public|state|kids)\s"
)

URN = re.compile(
    r"\b(?P<prefixed>(?:SC|CH|EY|VC)[ -]?\d{6})\b|"
    r"\b(?:URN|unique reference(?: number)?|ofsted(?:['’]s)?(?: unique)?(?: registration| reference| ref| reg| "
    r"urn)?(?: (?:number|no\.?|ref|code))|ofsted (?:urn|reg|ref)|certificate(?: \w+){0,4} (?:says|reads)|"
    r"sc (?:ref|number|no\.?)|(?:setting|provider|registration|registered|reg)\.? "
    r"(?:number|no\.?)|registered with (?:you|ofsted) (?:as|under))"
    r"(?: (?:is|was|of|number|no\.?|for \w+(?: \w+)?|i think|as|under))*\s*[:#=(–-]?\s*(?:is\s)?(?P<told>(?:SC|CH|EY|"
    r"VC)?\s?\d{6,7})\b(?![\d/-])",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\b[A-Z][\w'’]{1,40},?\s?[(\[]\s*(?P<told>\d{6,7})\s*[)\]]")
_NOT_URN = re.compile(
    r"\b(?:case|ref|reference|complaint|crime|log|incident|invoice|tel|phone|mobile|ext|foi|policy|"
    r"employee|payroll|pin|order|acct?|account|charity|company)\b[^.\n]{0,12}$",
    re.IGNORECASE,
)


def find_service(email: Email, gazetteer_places: Sequence[PlaceFound] = ()) -> ServiceFound:
    """The service the message is about, by what it calls it; a home or setting before its provider.

    Mail that a machine sent is about none, whatever it quotes.
    """
    if email.automatic is not None:
        return ServiceFound(None, None, ())
    parts = ("text", "subject") if len(email.text.split()) > 8 else ("text", "subject", "quoted")
    candidates = [one for part in parts for one in _candidates(email.part(part)[:20_000], part, gazetteer_places)]
    best = _best(candidates)
    number = next((found for part in parts for found in _urns(email.part(part), part)), None)
    evidence = []
    if best:
        evidence.append(
            _evidence("service_name", best.name, email, best, "service-named", 0.8 if best.points > 4 else 0.5)
        )
    if number:
        evidence.append(_evidence("urn", number.name, email, number, "number-written", 0.95))
    return ServiceFound(best.name if best else None, number.name if number else None, tuple(evidence))


def _best(candidates: Sequence[_Candidate]) -> _Candidate | None:
    """The name with most speaking for it, each further mention included; of equals the first."""
    mentions = Counter(_plain(one.name) for one in candidates)
    ranked = sorted(
        candidates,
        key=lambda one: (-(one.points + min(3, mentions[_plain(one.name)] - 1)), one.part != "text", one.start),
    )
    if not ranked:
        return None
    fuller = [one for one in ranked if one.points >= 5 and one.name.startswith(f"{ranked[0].name} ")]
    return fuller[0] if fuller else ranked[0]


def _candidates(text: str, part: str, places: Sequence[PlaceFound]) -> Iterator[_Candidate]:
    place_names = {_plain(place.name) for place in places if not place.weak}
    for pattern, points in _PATTERNS:
        for match in pattern.finditer(text):
            group = match.lastindex or 1
            yield from _named(text, match.start(group), match.end(group), part, points, place_names)
    for match in _TEXT_SPEAK.finditer(text):
        yield from _in_small_letters(match, part, place_names)
    for match in _BEFORE_A_PLACE.finditer(text):
        a_name = " " in match[1] or not _only_begins(text, match.start(1), match[1])
        if a_name and _starts_with_place(text[match.end() : match.end() + 60], place_names):
            yield from _named(text, match.start(1), match.end(1), part, 6, place_names)
    cafcass = next((found for found in CAFCASS.finditer(text) if not text[: found.start()].endswith("not ")), None)
    if cafcass:
        yield _Candidate(cafcass.group(), cafcass.start(), cafcass.end(), part, 4)


def _in_small_letters(match: re.Match[str], part: str, place_names: set[str]) -> Iterator[_Candidate]:
    """The name without what leads up to it, unless all it says is what kind of house or school it is."""
    group = match.lastindex or 1
    lead = _SMALL_LEADING.match(match[group])
    at = match.start(group) + (lead.end() if lead else 0)
    name = match.string[at : match.end(group)]
    told = name.removeprefix("the ")
    own = re.sub(rf"(?:^|\s){_SMALL_KIND}$", "", told)
    words = own.split()
    if not words or own == "the" or _NOT_TEXT_SPEAK.search(f"{own} ") or _NOT_A_SERVICE.search(told):
        return
    of_place = _plain(own) in place_names
    if (of_place and told.endswith(("school", "college"))) or (
        len(words) == 1 and own.endswith("s") and told.endswith((" house", " home"))
    ):
        return
    yield _Candidate(name, at, match.end(group), part, 4)


def _starts_with_place(text: str, place_names: set[str]) -> bool:
    words = _plain(text).split()[:5]
    return any(" ".join(words[:count]) in place_names for count in range(1, len(words) + 1))


def _named(text: str, start: int, end: int, part: str, points: int, place_names: set[str]) -> Iterator[_Candidate]:
    """The name without the words that merely lead up to it; nothing where what is left names no service."""
    written = text[start:end]
    lead = _LEADING.match(written)
    if lead:
        start += lead.end()
    one_word = re.fullmatch(r"[Tt]he [A-Z][\w'’-]{1,30}", text[start:end])
    inside = text.startswith("The ", start) and re.search(r"[a-z,] $", text[:start][-2:])
    if text[start:end].lower().startswith("the ") and not one_word and not inside:
        start += 4
    name = re.sub(r"['’]s?$", "", text[start:end]) if points == 3 else text[start:end]
    end = start + len(name)
    for count in (1, 2, 3):  # "Canal View Derby" is Canal View, in Derby
        words = name.split()
        if (
            len(words) > count + 1
            and words[-count - 1] not in ("of", "at", "on")
            and _plain(" ".join(words[-count:])) in place_names
        ):
            name = " ".join(words[:-count])
            end = start + len(name)
            break
    words = name.split()
    told = re.sub(r"^(\w+) Children['’]s Services$", r"\1", name)
    if told != name and (_plain(told) in place_names or told.casefold() in SHORT_FORMS or _GENERIC.fullmatch(told)):
        return
    bare_lead = _LEADING.match(f"{name} .")
    if bare_lead and bare_lead.end() > len(name):
        return
    if not words or "\n" in name or _NOT_A_SERVICE.search(told) or len(name) < 3:
        return
    if all(_GENERIC.fullmatch(word) for word in words) or not name.removeprefix("the ")[:1].isupper():
        return
    bare = re.sub(r"^[Tt]he\s|['’]s?$", "", name)
    if (
        bare.casefold() in SHORT_FORMS
        or _plain(bare) in place_names
        or _A_PERSON.search(name)
        or re.fullmatch(r"[A-Z&]{1,3}", bare)
    ):
        return
    if points == 2 and (_NOT_WHERE_CHILDREN_LIVE.match(bare) or text.startswith(("'", "’"), end)):
        return
    if points < 7 and re.match(r",[^.\n]{0,40}\b[A-Z]{1,2}\d{1,2}\s\d[A-Z]{2}\b", text[end : end + 60]):
        return
    if re.search(
        r"(?<!year )(?<!level )(?<!stage )(?<!aged )(?<!\d)\d{1,4}[a-z]?,?\s+$",
        text[max(0, start - 14) : start],
        re.IGNORECASE,
    ):
        return
    if re.match(r",?\s*\d{1,4}[a-z]?\s+[A-Z]", text[end : end + 12]):  # the first line of an address
        return
    if _PLURALS.search(name):
        return
    if (
        points == 3
        and (len(words) == 1 or words[0] == "I")
        and not re.match(r"\s*(?:[,.;)]|in\s|for\s|since\s|and\s|$)", text[end : end + 8])
    ):
        return
    yield _Candidate(name, start, end, part, points)


_A_PERSON = re.compile(r"^[A-Z]\b(?!\s?&\s?[A-Z][a-z])|^(?:Cllr|Sir|Lord|Lady|Judge|Nurse)\b|^[A-Z] & [A-Z]\b")
_NOT_WHERE_CHILDREN_LIVE = re.compile(
    r"(?:Tesco\w*|Asda|Aldi|Lidl|Sainsbury\w*|Morrisons|Argos|Boots|Greggs|Costa|Starbucks|Mc\w+|KFC|Nando\w*|Subway|"
    r"Primark|Smyths|Halfords|Esso|Shell|Premier Inn|Travelodge|Christmas|Xmas|Easter|Eid|Diwali|Halloween|Ramadan|"
    r"New Year|Whitsun|Pentecost|Michaelmas|Year|Key Stage|Level|Stage|Reg|Regulation|Section|Appendix|Schedule|GCSE|"
    r"Mum|Mam|Dad|Nan|Nana|Gran|Grandma|Grandad|Auntie|Aunty|Uncle|Scouts|Cubs|Beavers|Brownies|Guides|Sunday|Monday|"
    r"Tuesday|Wednesday|Thursday|Friday|Saturday|Court|Forum|Towers|Alton|Legoland|Butlins|Haven|Center Parcs|"
    r"First Aid|Head Office|Ofsted|English|Maths|French|German|Science|Boxing Day)\b"
)


def _only_begins(text: str, start: int, word: str) -> bool:
    """Whether a word has its capital only where a sentence or line begins, so that it need not be a name."""
    begins = re.search(r"(?:^|[.!?\n]\s*)$", text[max(0, start - 4) : start]) is not None
    return begins and not re.search(rf"[a-z,(] {re.escape(word)}\b", text)


_PLURALS = re.compile(
    r"^[Tt]he (?:Midlands|Mournes|Costa|Beavers|Cubs|Brownies|Guides|Scouts|Xmas|Lakes|Cotswolds|Dales|Broads|Wolds|"
    r"Pennines|Fens|Borders|Highlands|Lords|Commons|Beatles|Simpsons|Islands?|Island|Council\w*|Team|Manager|Head|Home|"
    r"Staff\w*|Deputy|Responsible|Registered|Local|House|Unit|School|Agency|Charity|Company|"
    r"Director|Chair\w*|Department|"
    r"Secretary|Home Office|Judge|Guardian|Government|Act|Code|Law|Church|Bible|Internet|Ombudsman|Inspector\w*|"
    r"Children|Courts|Boys|Girls|Staff|Police|Standards|Regulations|Rules|Services|Kids|"
    r"Parents|Homes|Managers|Carers|Samaritans|Ombudsmans|Sims|Lads|Gas|News|Times|This|Directors|"
    r"Governors)\b"
)


def _urns(text: str, part: str) -> Iterator[_Candidate]:
    """Unique reference numbers: by their letters, by what they are called, or in brackets after a name."""
    for pattern in (URN, _BRACKETED):
        for match in pattern.finditer(text):
            group = "prefixed" if match.groupdict().get("prefixed") else "told"
            start, end = match.span(group)
            called_so = re.search(r"urn|ofsted|^sc ", match.group(), re.IGNORECASE)
            if not called_so and _NOT_URN.search(text[max(0, start - 25) : start]):
                continue
            yield _Candidate(re.sub(r"[\s-]", "", match[group]).upper(), start, end, part, 9)


def _evidence(field: str, value: str, email: Email, found: _Candidate, rule: str, score: float) -> Evidence:
    return Evidence(
        field=field,
        value=value,
        text=email.part(found.part)[found.start : found.end],
        start=found.start,
        end=found.end,
        source=f"rule:{rule}",
        score=score,
        clause="P1",
        part=found.part,
    )


def _plain(words: str) -> str:
    return " ".join(re.sub(r"[^\w ]+", " ", words.casefold().replace("’", "").replace("'", "")).split())
