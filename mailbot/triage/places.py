"""Which places a message names, and from them the nation and the local authority of the service (P3, P5).

The gazetteer is two files: ``authorities.csv`` (whose English ones with children's services count) and ``places.csv``.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from mailbot.domain import Email, Evidence, Nation
from mailbot.errors import ArtefactRefused


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the gazetteer. `authority` is the English one with children's services, None for none or several."""

    name: str
    kind: str
    nation: Nation
    authority: str | None
    postcode_areas: frozenset[str]


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """A place named at [start, end) of a text. `ambiguous`: several are so called and nothing says which is meant.

    `council` is whether the council of that place is named; `weak` whether it may be part of another name.
    """

    name: str
    nation: Nation | None
    local_authority: str | None
    start: int
    end: int
    ambiguous: bool = False
    council: bool = False
    weak: bool = False


@dataclass(frozen=True, slots=True)
class PlaceDecision:
    """Where the service is: its nation and the English authority, None where the message does not tell."""

    nation: Nation | None
    local_authority: str | None
    places: tuple[PlaceFound, ...]
    evidence: tuple[Evidence, ...]


SMALL_WORDS = frozenset(
    """
    of on upon the in le la and under by next with cum super y yr
    """.split()
)
BEFORE_PLACES = frozenset(
    """
    in into at near of outside around from to for by round inside toward towards over through between across behind
    opposite nr north south east west central greater inner outer upper lower yn ym yng ger o i
    """.split()
)
TITLES = frozenset(
    """
    mr mrs ms miss dr prof professor sir lady lord auntie aunty aunt uncle nanny nan cllr councillor
    judge pc dc sgt rev father sister brother master madam dame saint nurse inspector
    """.split()
)
PARTS_OF_NAMES = frozenset(
    """
    house lodge court view street road lane avenue close drive way place manor grange hall terrace
    crescent grove farm cottage villa villas mount gardens square row rise mews cottages bungalow walk
    gate crew st rd ave unit wing block ward towers castle
    """.split()
)
SERVICE_WORDS = frozenset({"team", "council", "home", "cafcass"})
SHORTEST_IN_LOWER_CASE = 4
"""Letters of the shortest name believed without its capital."""

SHORTEST_ALONE_IN_LOWER_CASE = 6
"""And of the shortest believed without its capital where no word like "in" stands before it."""

AFTER_PLACES = re.compile(r"[ \t]+(?:way|town|area|side|village|city)\b")
"""What says of the name before it that it is a place: "Preston way", "Rugby town"."""

PLACES_AFTER_IN = frozenset("barking bury diss filey hyde penn rye yate".split())
"""Ordinary words that are places wherever "in" stands before them, in small letters too."""

IN = frozenset({"in", "into", "near", "nr"})
I_WORDS = frozenset(("i", "i'm", "i’m", "i've", "i’ve", "i'd", "i’d", "i'll", "i’ll"))
HOUSES = frozenset("house lodge manor grange hall cottage villa farm".split())
STREETS = frozenset({"street", "road", "lane", "avenue", "rd", "st"})
PARTS_OF_ORGANISATIONS = frozenset(
    """
    school college academy nursery hospital university united rovers athletic rugby fc care group
    zoo airport station cathedral museum
    fostering homes centre center trust grammar high primary infant junior nhs crown magistrates prison
    general county's building society express
    """.split()
)
# Places named like ordinary words, first names or surnames: these need a preposition before them.
ORDINARY_WORDS = frozenset(
    """
    reading bath sale bury deal ware wells march battle hope eye street settle rye rugby barking crook
    ash ham wing sandwich hale diss wash barrow stone broadway hook over ford bar bow bank seal may beer
    box read wool yelling old sheet grays amble flint leek mold heath wood marsh sandy hyde filey
    swale yate penn
    """.split()
)
NAMES_OF_PEOPLE = frozenset(
    """
    nelson hull chelsea kendal preston ashley lincoln shirley beverley kimberley stanley bradley kent
    stafford douglas florence selby tyrone kirby paisley leigh ripley morley dudley ely eden warwick
    shaw pickering wentworth winsford bourne bingham henley corsham heywood staveley eckington wingate
    willington whitworth kirkham worsley orrell somerton rothwell wheatley cowley hythe olton winslow
    maltby hampton marsden mossley buckley cobham lancing egremont southam studley
    coleshill featherstone rolleston ramsey holt brough brampton harleston halstead hockley ryton
    denton royston ashton clifton percy dean lee devon brent lancaster kingston barry ayr bolton burton
    carlton milton newton norton sutton clayton hilton wilton walton weston hamilton craven blake barton
    brandon cullen durham derby york winchester huntingdon hertford angus perth thatcham hayes aston
    """.split()
)
SHORT_FORMS = {
    "beds": "bedfordshire",
    "berks": "berkshire",
    "bucks": "buckinghamshire",
    "cambs": "cambridgeshire",
    "glos": "gloucestershire",
    "hants": "hampshire",
    "herts": "hertfordshire",
    "lancs": "lancashire",
    "leics": "leicestershire",
    "lincs": "lincolnshire",
    "northants": "northamptonshire",
    "notts": "nottinghamshire",
    "oxon": "oxfordshire",
    "salop": "shropshire",
    "staffs": "staffordshire",
    "warks": "warwickshire",
    "wilts": "wiltshire",
    "worcs": "worcestershire",
    "yorks": "yorkshire",
}
COUNCIL_AFTER = re.compile(
    r"(?:['’]?s)?[\s,]+(?:\b(?:county|city|borough|metropolitan|district|unitary|royal|mbc|and)\b\s+){0,3}"
    r"(?:council|cc\b|mbc\b|bc\b|dc\b|la\b|local authority|social services|social care|social workers?|"
    r"children[’']?s (?:services|social care|trust)|childrens trust|safeguarding|lado|mash|dass|council's|"
    r"councillors?\b|members\b)",
    re.IGNORECASE,
)
COUNCIL_BEFORE = re.compile(
    r"(?:\blb|london borough|royal borough|metropolitan borough|borough|county council|council|city council|social "
    r"services|children[’']?s services|local authority|lado|authority)"
    r"(?:\s+(?:of|in|for|is|at|are|\())?\s*$",
    re.IGNORECASE,
)
NATION_NAMES = {
    "wales": Nation.WALES,
    "cymru": Nation.WALES,
    "nghymru": Nation.WALES,
    "scotland": Nation.SCOTLAND,
    "northern ireland": Nation.NORTHERN_IRELAND,
    "ulster": Nation.NORTHERN_IRELAND,
}
KIND_RANK = {
    "country": 4,
    "city": 4,
    "county": 4,
    "authority": 4,
    "nation": 4,
    "borough": 3,
    "town": 3,
    "district": 2,
    "village": 2,
    "suburb": 1,
}
ALIASES = (", city of", ", county of", " upon tyne", " upon thames", " upon hull", "kingston upon ")

WELSH_BEFORE_PLACES = frozenset("yn ym yng ger o i a am ar at dros tan trwy drwy".split())
WELSH_ONLY = frozenset({"yn", "yng", "ym", "ger", "trwy", "drwy"})
"""Of these the words that English has not: after them a changed name is known without its capital."""

MUTATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ngh", ("c",)),
    ("mh", ("p",)),
    ("nh", ("t",)),
    ("ng", ("g",)),
    ("ch", ("c",)),
    ("ph", ("p",)),
    ("th", ("t",)),
    ("dd", ("d",)),
    ("m", ("b",)),
    ("n", ("d",)),
    ("g", ("c",)),
    ("b", ("p",)),
    ("d", ("t",)),
    ("f", ("b", "m")),
    ("l", ("ll",)),
    ("r", ("rh",)),
    ("", ("g",)),
)
"""How the first letters of a name change in Welsh after a word like "in": Caer, yng Nghaer, i Gaer, o Chaer."""

_AFTER_STOP = re.compile(r"[,(]\s*$")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|&")
_JOIN = re.compile(r"[ \t]*[-–.]?[ \t]*\n?[ \t]*")
_POSTCODE = re.compile(r"\b([A-Z]{1,2})\d{1,2}[A-Z]?(\s?\d[A-Z]{2})?\b")

SERVICE = (
    r"(?:homes?|secondary|primary|halls|boards|boarding|sixth form|b and b|house|unit|lodge|court|view|grange|manor|"
    r"hall|cottage|villa|farm|centre|center|school|college|academy|nursery|pre-?school|placement|placed|"
    r"agency|fostering|foster \w+|carers?|childminder|hostel|flats?|accommodation|service|services|setting|provision|"
    r"secure|stc|project|scheme|playgroup|club|"
    r"office|branch|team|hospice|ward|bungalow|residential|semi|supported|place|provider|cafcass|adoption|mount|rise|"
    r"hill|park|gardens|road|street|avenue|lane|"
    r"close|(?<!\bi )(?<!\bwe )(?<!\bto )drive|"
    r"crescent|terrace|grove|way|wood|bank|heath|field|fields|meadow|meadows|based|opposite|next door|"
    r"(?:c|g|ch|ngh)artre?[fa]|ysgol|looked after|runs?|registered|operates?|refuge|prison|yoi)"
)
_AT_SERVICE = re.compile(
    rf"\b{SERVICE}\b['’]?s?(?:\s*\([^)\n]{{0,30}}\)?)?(?:[\s,–:;-]+(?:[\w'’]+[\s,–-]+){{0,3}}?)?(?:\b(?:in|at|near|"
    rf"outside|of|on|by|over|down|up|off|round|for|with|from|yn|ym|ger|is|was)\b)?[\s,(–-]*(?:the\s|just\s|outside\s|"
    rf"central\s|north\s|south\s|east\s|west\s|near\s)*$",
    re.IGNORECASE,
)
_WORKS_AT = re.compile(
    r"\b[Ww]ork(?:s|ed|ing)?\s+(?:\w+\s+){0,2}?(?:at|for|with)\s+(?:[Tt]he\s)?[A-Z][\w'’]+(?:\s[A-Z][\w'’]+){0,3}"
    r"(?:,|\s\(|,?\s(?:in|at|near|outside))\s*$"
)
"""Where somebody works at a place that has a name, the town after it is the service's."""

_SERVICE_AFTER = re.compile(
    r"^(?:['’]s)?,?\s+(?:based\s|area\s|branch\s|site\s|office\s|team\s|own\s|secure\s|residential\s|special\s|"
    r"boarding\s|registered\s)*(?:children['’]?s\s|childrens\s|kids['’]?\s|foster\w*\s|care\s|family\s|supported\s|"
    r"semi-?\s?independent\s|youth\s|support\s)*"
    r"(?:homes?|unit|centre|agency|fostering|school|college|nursery|academy|placement|branch|office|site|setting|"
    r"service|hostel|house\b|based|yot\b|team|stc\b)",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:live[sd]?|living|moved|move|moving|came|come|comes|born|grew up|brought up|originally|not|unlike|"
    r"holidays?|weekends?|trips?|day out|drove|drive|driven|train|bus|by coach|flight|"
    r"went|gone|go|goes|going|travel\w*|journey|commut\w*|miles|works?|worked|working|jobs?|used to|visit(?:s|ed|ing)?|"
    r"shopping|football|match|took|taken|taking|sent|hospital|court|hotel|uni|university|"
    r"solicitors?|my (?:own |old |new )?(?:house|home|flat)|(?:his|her|their) (?:own home|last|old|previous|former|"
    r"first)(?: \w+)?|"
    r"currently \w+ with (?:nan|mum|dad)|arrested|found|picked up|police|off to|back to|all the way|before that|"
    r"previous|previously|formerly|trained|studied|writing to you|retired to)\b(?:\W+[\w'’]+){0,3}?\W*$",
    re.IGNORECASE,
)
_OUR_HOME = re.compile(r"\bwe(?:\s+all)?\s+live(?:\s+together)?\s+(?:in|at|near)\s+$", re.IGNORECASE)
"""Where a household lives is told of a child in it more often than of a neighbour."""

_RELATIVES = re.compile(
    r"\b(?:my|his|her|their|our)\s+(?:\w+\s+)?(?:nan|gran|granny|grandma|grandad|mum|mam|mother|dad|father|aunt|"
    r"auntie|aunty|uncle|sister|brother|family|parents|cousin|friend|mate|boyfriend|girlfriend|ex)(?:['’]?s)?['’]?"
    r"(?:\s+(?:house|flat|place|home|is|are|lives?|living|over|down|up|who|back))*\s+(?:in|at|near|from)\s+$|"
    r"\b(?:nan|gran|mum|mam|dad)['’]?s (?:house|flat|place)(?: is| was)? (?:in|at|near)\s+$",
    re.IGNORECASE,
)
_LIVES_WITH = re.compile(r"\b(?:live[sd]?|living) with (?:\w+ ){1,3}(?:in|at|near)\s+$", re.IGNORECASE)
_NOT_ANY_MORE = re.compile(
    r"\b(?:never|used to|moved|move|moving|came|comes|born|grew up|brought up|originally|before|previous\w*|former\w*|"
    r"old|last|sent|taken|holidays?|drove|drive|went|court|hotel|fetched|c/o)\b",
    re.IGNORECASE,
)
"""What says of a place that it is not even where the household lives."""

_COMPLAINED_OF = re.compile(
    r"\bcomplaint\w*(?:['’]s|\s(?:is|was))?\s(?:about|against|concerning|regarding)\W+(?:the\W+)?$", re.IGNORECASE
)
_TO_COMPLAIN_OF = re.compile(
    r"^(?:\s[\w'’]+){0,2}\s(?:that\s)?(?:i|we)(?:['’]m|['’]re)?\s(?:\w+\s){0,3}complain", re.IGNORECASE
)
_SENT_BY = re.compile(
    r"\b(?:(?:placed|sent|put|funded|moved)(?:\s\w+){0,2}\sby|(?:placed|sent|moved|down|up|over|here)\sfrom)\W+(?:the\W+)?$",
    re.IGNORECASE,
)
_RUN_BY = re.compile(
    r"\b(?:run|owned) by an?\s+$|\bregistered (?:office )?(?:in|at)\s+$|\bhead office\W+(?:\w+\W+)?$", re.IGNORECASE
)
"""Where an organisation has its seat, which is not yet where the service is."""

_ENVELOPE = re.compile(
    r"\b(?:letters?|write|post(?:ed)?|envelope|answer|reply|replies|c/o)\b[^!?]{0,110}?"
    r"\b\d{1,4}[a-z]?,? (?:[A-Z][\w'’]+ ?){1,4},\s+(?:[A-Z][\w'’ ]+,\s+)?$"
)
"""The sender's own address, which they give for a letter."""

_SO_FAR_FROM = re.compile(
    r"\b(?:miles?|minutes?|mins|hours?|far|away|half|yards?|drive|walk) from\s+(?:the\s)?$", re.IGNORECASE
)
_SIDE = re.compile(r"\s+side\b")
"""Which of two places is meant: "Kent, the Medway side"."""

_OUR_STREET = re.compile(
    r"\b(?:(?:our|my|this) (?:close|street|road|lane|village|estate|neighbou?rs?)|next door|opposite)\b", re.IGNORECASE
)
"""The words of a neighbour, whose own address tells that of the service."""

_NEGATED = re.compile(
    r"\bnot\s+(?:the|in|at|to be confused with|that|from|near|our|"
    r"for)?\s*(?:one\s+in\s+)?(?:the\s+)?(?:[\w'’]+\s){0,2}$",
    re.IGNORECASE,
)
_PLACING = re.compile(
    r"\b(?:placed by|care of|looked after by|responsib\w+ of|responsibility is|under|corporate parents?|in care to|"
    r"child of|belongs? to|funded by|placing authority|home authority|placed (?:here|there|him|her|with us) by|"
    r"from)\W+(?:the\W+)?$",
    re.IGNORECASE,
)
_WORKS_FOR = re.compile(
    r"\b(?:(?:i|i['’]m|am|work|working|we|foster|fostering|employed|complain\w*|complaint|"
    r"social worker|about|against|manager|concerns?|team|practitioner|officer|agency)\s+(?:\w+\s+){0,5}?"
    r"(?:for|at|by|with|about|against|in|within|regarding)\W+(?:the\W+)?$)",
    re.IGNORECASE,
)
_NEIGHBOUR = re.compile(
    r"\b(?:live|lives|living|neighbour\w*|house|home)\W+(?:right\W+|directly\W+|just\W+)?(?:opposite|"
    r"next (?:door )?to|across from|near|behind|beside|two doors)\b",
    re.IGNORECASE,
)


_LEFT_OUT = re.compile(r"['’.]")
_APART = re.compile(r"[-–,\s]+")


@lru_cache(maxsize=5000)
def _key(words: str) -> str:
    """How names are compared: no case, apostrophes, hyphens, stops or ampersands."""
    plain = _LEFT_OUT.sub("", words.casefold().replace("&", " and "))
    return " ".join(_APART.sub(" ", plain).split())


class Gazetteer:
    """Every place the program knows, by its name."""

    def __init__(self, places: Iterable[Place], authorities: Iterable[str] = ()) -> None:
        self._named: dict[str, list[Place]] = defaultdict(list)
        for place in places:
            self._named[_key(place.name)].append(place)
        for name in authorities:
            for spelling in _spellings(name):
                self._named[spelling].append(Place(name, "authority", Nation.ENGLAND, name, frozenset()))
        for name in list(self._named):
            for short, county in SHORT_FORMS.items():
                if county in name.split() and name.replace(county, short) not in self._named:
                    self._named[name.replace(county, short)] = self._named[name]
        for name, nation in NATION_NAMES.items():
            self._named[name].append(Place(name.title(), "nation", nation, None, frozenset()))
        self._longest: dict[str, int] = {}
        for name in self._named:
            first, count = name.partition(" ")[0], name.count(" ") + 1
            self._longest[first] = max(self._longest.get(first, 0), count)
        self._areas = {area for rows in self._named.values() for row in rows for area in row.postcode_areas}

    @classmethod
    def load(cls, models: Path) -> Gazetteer:
        """Reads ``authorities.csv`` and ``places.csv``; raises `ArtefactRefused` where they cannot be used."""
        try:
            rows = _rows(models / "authorities.csv")
            authorities = [row["name"] for row in rows if row["nation"] == "England" and not row["valid_to"]]
            places = [_place(row) for row in _rows(models / "places.csv")]
        except (OSError, KeyError, ValueError, csv.Error) as error:
            raise ArtefactRefused(f"the gazetteer in {models} cannot be read: {error}") from None
        return cls(places, authorities)

    def find(self, text: str) -> tuple[PlaceFound, ...]:
        """The places named in `text`, in its order; names shared by several places told apart by what else is named."""
        named = list(self._named_in(text))
        clues = _clues(text, named, self._areas)
        return tuple(_told_apart(found, rows, clues) for found, rows in named)

    def decide(self, email: Email) -> PlaceDecision:
        """Where the service is, from the sender's own words; from what they forward only if those tell nothing."""
        found = {part: self.find(email.part(part)) for part in ("text", "subject")}
        weighed = [(weight(email.part(part), one), part, one) for part, ones in found.items() for one in ones]
        counted = [entry for entry in weighed if entry[0] >= COUNTS]
        if not counted:
            found["quoted"] = self.find(email.quoted[:5000])
            counted = [(weight(email.quoted, one), "quoted", one) for one in found["quoted"] if not one.weak]
            counted = [entry for entry in counted if entry[0] >= COUNTS]
        places = tuple(one for ones in found.values() for one in ones)
        decision = _decision(email, counted, places)
        if decision.local_authority or decision.nation not in (None, Nation.ENGLAND):
            return decision
        lived_in = [
            (weighs, part, replace(one, weak=True))  # a guess, and scored as one
            for weighs, part, one in weighed
            if _lives_there(email.part(part), weighs, one)
        ]
        guess = _decision(email, lived_in, places)
        return guess if guess.local_authority else decision

    def _named_in(self, text: str) -> Iterator[tuple[PlaceFound, list[Place]]]:
        words: list[Word] = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
        at = 0
        while at < len(words):
            match = self._longest_at(text, words, at) or self._mutated_at(text, words, at)
            if match is None:
                at += 1
                continue
            count, rows, end = match
            start = words[at][1]
            before = words[at - 1] if at else None
            after = words[at + count] if at + count < len(words) else None
            found = _as_found(text, start, end, rows, before, after)
            if found:
                yield found, rows
            at += count

    def _longest_at(self, text: str, words: Sequence[Word], at: int) -> tuple[int, list[Place], int] | None:
        """(words taken, what they may name, where the name ends) for the longest name starting at word `at`."""
        first = _key(words[at][0])
        longest = max(self._longest.get(first, 0), self._longest.get(first.removesuffix("s"), 0))
        joined = 1
        while (
            joined < longest
            and at + joined < len(words)
            and _JOIN.fullmatch(text, words[at + joined - 1][2], words[at + joined][1])
        ):
            joined += 1
        for count in range(joined if longest else 0, 0, -1):
            end = words[at + count - 1][2]
            name = _key(text[words[at][1] : end])
            if name in self._named:
                return count, self._named[name], end
            if text[end - 2 : end] in ("'s", "’s") and name.removesuffix("s") in self._named:
                return count, self._named[name.removesuffix("s")], end - 2
        return None

    def _mutated_at(self, text: str, words: Sequence[Word], at: int) -> tuple[int, list[Place], int] | None:
        """As `_longest_at`, for a name that its Welsh neighbour has changed: "yng Nghaer" is "in Caer".

        Its capital tells it from an English word: "i went" is not "to Gwent".
        """
        before = words[at - 1][0].casefold() if at else ""
        as_name = words[at][0][0].isupper() and not words[at][0].isupper()
        if before not in WELSH_BEFORE_PLACES or not (as_name or before in WELSH_ONLY):
            return None
        for name in _unmutated(_key(words[at][0])):
            for count in range(min(self._longest.get(name, 0), len(words) - at), 0, -1):
                end = words[at + count - 1][2]
                rest = _key(text[words[at][2] : end])
                rows = self._named.get(f"{name} {rest}".strip())
                if rows:  # of two places of one name a Welsh writer means the one in Wales
                    return count, [row for row in rows if row.nation is Nation.WALES] or rows, end
        return None


def _unmutated(word: str) -> Iterator[str]:
    """What a Welsh name of three letters or more may be before its first letters changed."""
    for changed, letters in MUTATIONS:
        if word.startswith(changed) and len(word) > 2:
            yield from (f"{letter}{word[len(changed) :]}" for letter in letters)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: (value or "").strip() for key, value in row.items() if key} for row in csv.DictReader(file)]


def _place(row: Mapping[str, str]) -> Place:
    nation = Nation(row["nation"].casefold().replace(" ", "_"))
    areas = frozenset(re.findall(r"[A-Z]+", row["postcode_area"].upper()))
    return Place(row["place"], row["kind"].casefold(), nation, row["authority"] or None, areas)


def _spellings(authority: str) -> set[str]:
    """The keys an authority goes by: its whole name, and without the words people leave off."""
    short = authority.casefold()
    for alias in ALIASES:
        short = short.replace(alias, "")
    plain = authority.casefold().replace(", city of", "").replace(", county of", "")
    return {_key(authority), _key(short), _key(plain)}


@dataclass(frozen=True, slots=True)
class _Neighbours:
    """The words next to a name, "" where something stands between, and what they say of it.

    `placed`: a word like "in" or a service's name stands before; `council`: the council of that place is named;
    `between_stops`: the name stands alone between a comma or bracket and the next stop, as in an address.
    """

    previous: str
    following: str
    placed: bool
    council: bool
    starts_sentence: bool
    in_small_letters: bool
    between_stops: bool


Word = tuple[str, int, int]
"""A word with its start and end."""


def _neighbours(text: str, start: int, end: int, before: Word | None, after: Word | None) -> _Neighbours:
    previous = before[0] if before and re.fullmatch(r"[ \t\n.]*", text[before[2] : start]) else ""
    following = after[0] if after and re.fullmatch(r"[ \t]*", text[end : after[1]]) else ""
    of_service = previous.casefold() in PARTS_OF_NAMES | PARTS_OF_ORGANISATIONS | SERVICE_WORDS
    of_service = of_service or (previous.casefold() == "the" and bool(_SERVICE_AFTER.match(text[end : end + 60])))
    return _Neighbours(
        previous,
        following,
        placed=of_service or previous.casefold() in BEFORE_PLACES or bool(AFTER_PLACES.match(text, end)),
        council=bool(COUNCIL_AFTER.match(text, end) or COUNCIL_BEFORE.search(text[max(0, start - 40) : start])),
        starts_sentence=_starts_sentence(text, before),
        in_small_letters=_in_small_letters(text[max(0, start - 60) : start], text[end : end + 60]),
        between_stops=_AFTER_STOP.search(text[max(0, start - 3) : start]) is not None
        and re.match(r"\s*(?:[,.;!?)\n]|$)", text[end:]) is not None,
    )


def _in_small_letters(before: str, after: str) -> bool:
    """Whether the words around a name are written without capitals, so that its own says nothing."""
    return re.search(r"[A-Z]", f"{before[:-1]} {after}") is None


def _as_found(
    text: str, start: int, end: int, rows: Sequence[Place], before: Word | None, after: Word | None
) -> PlaceFound | None:
    """The name as a place, unless its spelling or its neighbours say that it is a word, a person or part of a name."""
    written = text[start:end]
    near = _neighbours(text, start, end, before, after)
    if not _spelt_as_name(written, near) or _part_of_a_name(written, near):
        return None
    following = near.following.casefold()
    certain = near.placed or near.council or bool(_AFTER_STOP.search(text[max(0, start - 3) : start]))
    maybe_else = _key(written) in ORDINARY_WORDS | NAMES_OF_PEOPLE
    if maybe_else and not certain and following not in PARTS_OF_ORGANISATIONS:
        return None
    if _key(written) in ("march", "may") and not re.match(r",\s+[A-Z]", text[end:]):
        return None
    if re.fullmatch(r"[A-HJ-Z]", near.previous) and not written.isupper():
        return None  # P. Anstruther
    surname = near.previous[:1].isupper() and not near.placed and not near.starts_sentence
    in_name = (
        near.following[:1].isupper()
        and following not in I_WORDS
        and (following in PARTS_OF_ORGANISATIONS or not near.placed)
    )
    weak = (surname or in_name) and not near.council and not written.isupper()
    return PlaceFound(rows[0].name, None, None, start, end, council=near.council, weak=weak)


def _part_of_a_name(written: str, near: _Neighbours) -> bool:
    """Whether a person or a house is so called: Mr Preston, Lincoln House, Derby road."""
    if near.previous.casefold() in TITLES:
        return True
    if written.islower() and near.following in HOUSES and near.previous.casefold() != "the":
        return True
    suffix = near.following.casefold() in PARTS_OF_NAMES
    return suffix and not near.council and (near.following[0].isupper() or near.following in STREETS)


def _spelt_as_name(written: str, near: _Neighbours) -> bool:
    """Capitals as in a name; all capitals or none only for longer names after a word like "in"."""
    words = [word for word in re.split(r"[\s–-]+", written) if word.casefold() not in SMALL_WORDS]
    if not words or written.isupper() or written.islower():
        name = _key(written)
        previous = near.previous.casefold()
        if name in PLACES_AFTER_IN and previous in IN:
            return True
        person = name in NAMES_OF_PEOPLE and not near.council and previous in ("from", "to", "for", "by", "of")
        if name in ORDINARY_WORDS or person or len(written) < SHORTEST_IN_LOWER_CASE:
            return False
        alone = name not in NAMES_OF_PEOPLE and len(written) >= SHORTEST_ALONE_IN_LOWER_CASE
        alone = alone and (written.isupper() or near.in_small_letters)
        return near.placed or near.council or alone or (near.between_stops and name not in NAMES_OF_PEOPLE)
    return words[0][0].isupper()


def _starts_sentence(text: str, before: Word | None) -> bool:
    return before is None or bool(
        re.search(r"(?:^|[.!?\n:;(\"“])\s*$", text[max(0, before[1] - 4) : before[1]]) or before[1] == 0
    )


@dataclass(frozen=True, slots=True)
class _Clues:
    """What else a text names that can tell two places of one name apart."""

    authorities: frozenset[str]
    nations: frozenset[Nation]
    in_england: bool
    areas: frozenset[str]
    not_authorities: frozenset[str]


def _clues(text: str, named: Sequence[tuple[PlaceFound, list[Place]]], areas: set[str]) -> _Clues:
    denied = [_NEGATED.search(text[max(0, found.start - 40) : found.start]) is not None for found, _ in named]
    sure = [
        (rows[0], no)
        for (found, rows), no in zip(named, denied, strict=True)
        if not found.weak and len(_distinct(rows)) == 1
    ]
    written = {match[1] for match in _POSTCODE.finditer(text) if match[1] in areas and (match[2] or len(match[1]) == 2)}
    return _Clues(
        frozenset(row.authority for row, no in sure if row.authority and not no),
        frozenset(row.nation for row, no in sure if not no and row.nation is not Nation.ENGLAND),
        any(row.nation is Nation.ENGLAND and not no for row, no in sure),
        frozenset(written),
        frozenset(row.authority for row, no in sure if row.authority and no),
    )


def _distinct(rows: Sequence[Place]) -> set[tuple[Nation, str | None]]:
    return {(row.nation, row.authority) for row in rows}


def _told_apart(found: PlaceFound, rows: Sequence[Place], clues: _Clues) -> PlaceFound:
    """The place with its nation and authority, as far as the clues or its size decide between several."""
    if len(_distinct(rows)) > 1:
        likely = {row: _likelihood(row, clues) for row in rows}
        best = max(likely.values())
        top = [row for row in rows if likely[row] == best]
        if len(_distinct(top)) > 1:
            largest = max(KIND_RANK.get(row.kind, 0) for row in top)
            top = [row for row in top if KIND_RANK.get(row.kind, 0) == largest]
        rows = top
    distinct = _distinct(rows)
    nations, authorities = {nation for nation, _ in distinct}, {authority for _, authority in distinct}
    return replace(
        found,
        nation=next(iter(nations)) if len(nations) == 1 else None,
        local_authority=next(iter(authorities)) if len(authorities) == 1 else None,
        ambiguous=len(distinct) > 1,
    )


def _likelihood(row: Place, clues: _Clues) -> int:
    likely = 3 * bool(row.postcode_areas & clues.areas) + 2 * (row.authority in clues.authorities)
    likely += clues.in_england and row.nation is Nation.ENGLAND
    likely += 2 * (row.nation in clues.nations) - 2 * (row.authority in clues.not_authorities)
    return likely


# ---- Which of the places is the service's ---------------------------------------------------------------------------

MEANT, AT_SERVICE, WORKS_FOR, PLACED, COUNCIL, NAMED, PLACING, MAYBE, ELSEWHERE, DENIED = 11, 10, 9, 6, 5, 4, 3, 2, 1, 0
COUNTS = MAYBE
"""The least weight with which a place counts; below are the sender's own home, journeys and places denied."""


def weight(text: str, found: PlaceFound) -> int:
    """How surely a place is that of the service, by the words around its name."""
    before = text[max(0, found.start - 90) : found.start]
    before = re.split(r"[.!?]\s|\n\s*\n", before)[-1]
    if _NEGATED.search(before):
        return DENIED
    if _COMPLAINED_OF.search(before) or _TO_COMPLAIN_OF.search(text[found.end : found.end + 60]):
        return MEANT
    if _SIDE.match(text, found.end) and not _SENT_BY.search(before):
        return MEANT
    if found.council:
        if _WORKS_FOR.search(before):
            return WORKS_FOR
        return PLACING if _PLACING.search(before) else COUNCIL
    if found.weak:
        return MAYBE
    if _RELATIVES.search(before) or _in_own_address(text, found):
        return ELSEWHERE
    if _SENT_BY.search(before):
        return PLACING
    if _RUN_BY.search(before):
        return MAYBE
    if (
        _AT_SERVICE.search(before)
        or _WORKS_AT.search(before)
        or _SERVICE_AFTER.match(text[found.end : found.end + 60])
        or _NEIGHBOUR.search(before)
    ):
        return AT_SERVICE
    if _OUR_HOME.search(before):
        return MAYBE
    elsewhere = _ELSEWHERE.search(before)
    if elsewhere and not (elsewhere.group()[0].isupper() and re.search(r"[A-Z][\w'’]* $", before[: elsewhere.start()])):
        return ELSEWHERE  # but "Harbour Living, Wembley" is a name
    last = re.search(r"([\w'’]+)\W*$", before)
    word = last[1].casefold() if last else ""
    if word in ("from", "o") and not _SO_FAR_FROM.search(before):
        return MAYBE
    return PLACED if word in BEFORE_PLACES else NAMED


def _in_own_address(text: str, found: PlaceFound) -> bool:
    return _ENVELOPE.search(text[max(0, found.start - 180) : found.start]) is not None


def _lives_there(text: str, weighs: int, found: PlaceFound) -> bool:
    """Whether a place that does not count is still the best guess where nothing else tells: an English one lived in."""
    before = re.split(r"[.!?]\s|\n\s*\n", text[max(0, found.start - 90) : found.start])[-1]
    with_them = _LIVES_WITH.search(before)
    away = (
        (_RELATIVES.search(before) and not with_them)
        or _NOT_ANY_MORE.search(before)
        or (_in_own_address(text, found) and not _OUR_STREET.search(text))
    )
    return weighs == ELSEWHERE and found.local_authority is not None and not away


def _decision(
    email: Email, counted: Sequence[tuple[int, str, PlaceFound]], places: tuple[PlaceFound, ...]
) -> PlaceDecision:
    """The weightiest place; of equals the first that tells the authority, or is in another nation."""
    telling = [entry for entry in counted if entry[2].nation is not None or entry[2].local_authority is not None]
    if not telling:
        return PlaceDecision(None, None, places, ())
    heaviest = max(entry[0] for entry in telling)
    equals = [entry for entry in telling if entry[0] == heaviest]
    _, part, found = next(
        (entry for entry in equals if entry[2].local_authority or entry[2].nation is not Nation.ENGLAND), equals[0]
    )
    authority = found.local_authority
    if authority is None and found.nation is Nation.ENGLAND:
        authority = next(
            (one.local_authority for _, _, one in sorted(telling, key=lambda entry: -entry[0]) if one.local_authority),
            None,
        )
    nation = found.nation
    evidence = [_evidence(email, part, found, "local_authority", authority, "P3")] if authority else []
    if nation is not None and nation is not Nation.ENGLAND:
        evidence.append(_evidence(email, part, found, "remit", "other_nation", "P5"))
        authority = None
    return PlaceDecision(nation, authority, places, tuple(evidence))


def _evidence(email: Email, part: str, found: PlaceFound, field: str, value: str, clause: str) -> Evidence:
    return Evidence(
        field=field,
        value=value,
        text=email.part(part)[found.start : found.end],
        start=found.start,
        end=found.end,
        source="rule:place-named",
        score=0.6 if found.weak or found.ambiguous else 0.9,
        clause=clause,
        part=part,
    )
