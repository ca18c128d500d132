"""What else leads to whoever wrote: numbers they are registered under, where they live, the names of their accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAIL_ADDRESS = re.compile(
    r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}|"
    r"\b(?:[\w.+'-]{1,64} dot )?[\w.+'-]{1,64} ?[(\[] ?at ?[)\]] ?[\w-]{1,63}"
    r"(?:(?:\.| ?[(\[] ?dot ?[)\]] ?| dot )[\w-]{1,63}){1,6}|"
    r"\b[\w.+'-]{1,64}(?: dot [\w-]{1,63}){0,3} at [\w-]{1,63}(?: dot [\w-]{1,63}){1,6}",
    re.IGNORECASE,
)
"""As it is sent, or written so that no machine sees it: "jo (at) post.example", "jo at post dot example"."""
TELEPHONE = re.compile(r"(?<![\w@.])(?:\+44[ -]?(?:\(0\))?|0044[ -]?|\(?[0Oo])(?:[ ()-]{0,2}[\dOo]){9,10}(?!\w)")
_SPOKEN = re.compile(
    r"\b(?:oh|zero|nought|naught|0\d{0,5})(?:[ ,.–-]{1,3}(?:(?:then|and) )?"
    r"(?:oh|zero|nought|naught|one|two|three|four|five|six|seven|eight|nine|double|treble|triple|hundred|\d{1,6})\b)"
    r"{2,20}",
    re.IGNORECASE,
)
_DIGITS_OF = {"double": 1, "treble": 2, "triple": 2, "hundred": 2}
"""How many digits a word adds to those of the words beside it; any other stands for one."""
_DIGITS = range(10, 13)
"""How many digits a telephone number has."""
_NETWORK = (
    r"(?:roblox|snap(?:chat)?|insta(?:gram)?|wechat|weixin|whats ?app|telegram|signal|viber|skype|tik ?tok|twitter|"
    r"facebook|fb|messenger|discord|linked ?in|xbox|psn|playstation|steam|minecraft|fortnite|gamer ?tag|user ?name|"
    r"handle|kik|bluesky|mastodon|reddit|youtube|twitch|vinted)"
)
ACCOUNTS = (
    re.compile(r"(?<![\w@.])@\w[\w.]{1,29}\w"),
    re.compile(r"\b[a-zA-Z][a-zA-Z0-9.]{0,20}_\w[\w.]{0,20}(?<=\w)"),
    re.compile(r"\b(?!(?i:covid))[a-zA-Z]{5,25}\d{2,4}\b"),
    re.compile(
        rf"\b{_NETWORK}\b[^.!?\n\d_@]{{0,30}}?[ :(\"“'](?:/in/)?"
        rf"(?P<account>(?=[\w.-]*[\d_]|\w+[.-]\w)\w[\w.-]{{1,29}}\w)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:my|mine)\b[^.!?\n]{{0,20}} {_NETWORK}(?: name| account| id)?(?: is|['’]?s|:) ?"
        rf"(?P<account>\w{{3,30}})(?=[ \t]*(?:[.,;!?]?(?:\s|$)))",
        re.IGNORECASE,
    ),
)
"""A handle with its sign; a word with an underscore or digits behind it; what is said to be a name on some network."""
WEB_ADDRESS = re.compile(r"\b(?:https?://|www\.)[^\s<>\"')\]]{3,200}", re.IGNORECASE)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DATE = rf"\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:19|20)?\d\d|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (?:19|20)\d\d)?"
_NUMBER = (
    r"(?-i:(?=(?:[A-Z /-]{0,9}\d){3})(?!LADO|MASH|CAS|CRN)(?!(?:19|20)\d\d\b(?![/-]))[A-Z0-9]{1,12}"
    r"(?:[/-][A-Z0-9]{1,12}| [A-Z]{0,3}\d[A-Z0-9]{0,11}){0,5})(?!\w)"
)
"""What registers and offices number people with: letters and digits, in groups; no word and no year."""
_NUMBERED = (
    r"(?:number|num|id|ref|reference|card|code|badge|certificate|pin|registration|registered|licen[cs]e|plate|fob|"
    r"login|membership|warrant|roll|dbs|urn)"
)
_OF_A_CASE = re.compile(
    r"\b(?:case|complaint|crime|incident|enquiry|log|reference for|cas|order|invoice|his|her|their|child['’]?s?|"
    r"son['’]?s?|daughter['’]?s?|(?:home|school|service)['’]s|regulation|room|bus|house|flat|phone|mobile|"
    r"years?|days?|weeks?|months?)\b",
    re.IGNORECASE,
)
"""Words that say of a number beside "my" that it is not the writer's own."""
_OWN_NUMBER = re.compile(
    rf"\b(?:my|our|mine|I|I['’]m|me)\b"
    rf"(?P<told>[^.\n;!?\d]{{0,60}}?\b(?:{_NUMBERED}\b\.?[^.\n;!?\d]{{0,25}}?[ :(]|no\.? )){_NUMBER}",
    re.IGNORECASE,
)
_OWN_NUMBER_AT = re.compile(_NUMBER, re.IGNORECASE)
NUMBERS = (
    re.compile(
        r"\b(?:number|one|mobile|phone) ending(?: in)? (?P<number>\d{3,4})\b|"
        r"\blast (?:three|four|3|4)\b[^.\n\d]{0,40} (?P<last>\d{3,4})\b|"
        r"\bext(?:ension|n)?\b\.?:? ?(?P<extension>\d{2,6})\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"),
    re.compile(r"\b\d{2}[A-Z]\d{4}[A-Z]\b"),
    re.compile(r"\bSW\d{4,7}\b"),
    re.compile(r"\b(?:AS|BS|CH|CS|DT|HAD|ODP|OT|OR|PA|PH|PO|PYL|RA|SL)\d{5,6}\b"),
    re.compile(
        rf"\b(?:payroll|staff|employee|badge|collar|membership|registration|licen[cs]e|pin|warrant|login|ni|gmc|nmc|"
        rf"hcpc|dbs|sra|carer|student|candidate|timesheet|interpreter|volunteer|governor|bleep|pager|fob|passport|"
        rf"admission|clock-?in|union|plate|lanyard|(?:cert(?:ificate)?|service)(?=[^.\n\d]{{0,20}} (?:number|no)))\b"
        rf"(?:[^.\n\d]{{0,20}} ?(?:number|no\b\.?|num|id|card|ref(?:erence)?|pin|code))?(?: is| was)?[: (]{{1,3}}"
        rf"(?P<number>{_NUMBER})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?!URN|CAS|SEN|CRN|EHC|ISA)[A-Z]{{3,5}} (?:no\b\.?|number|PIN|ID|reg(?:istration)?\b\.?)(?: no\b\.?)?:? "
        rf"(?P<number>{_NUMBER})"
    ),
    re.compile(
        rf"\b(?:I was|I am|I['’]m|me)\b[^.\n]{{0,20}}?(?P<number>\d{{1,2}}[/.-]\d{{1,2}}[/.-](?:19|20)?\d\d)\b|"
        rf"\b(?:my (?:date of birth|birthday|d\.?o\.?b\.?)|birthday\b[^.\n]{{0,30}}\bmy)\b[^.\n]{{0,20}}?"
        rf"(?P<last>{_DATE})\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:my|our|mine)(?: \w+)? (?:car|van|vehicle|motor|taxi|cab|bike|motorbike|scooter|truck|minibus|lorry|"
        r"number ?plate|plate|reg(?:istration)?)\b[^.\n!?]{0,40}?(?P<number>(?-i:[A-Z]{2}\d{2} ?[A-Z]{3}))\b|"
        r"\b(?:I am|I['’]m|I drive)\b[^.\n!?]{0,60}\b(?:van|car|cab|taxi|plate)(?: is)? "
        r"(?P<last>(?-i:[A-Z]{2}\d{2} ?[A-Z]{3}))\b",
        re.IGNORECASE,
    ),
)
_IN_A_SIGNATURE = re.compile(
    rf"^(?!.*\b(?:charity|company|vat|case|our|your|invoice|urn|incident|crime|registered in)\b)[^\d\n:]{{3,40}}\b"
    rf"(?:number|no|num|ref|card|id|pin|code)\b\.?(?: number)?:? ?(?P<number>(?-i:[A-Z]{{2,5}} )?{_NUMBER})",
    re.IGNORECASE,
)
"""A number that stands beneath a message is the sender's, whatever register it is of."""
BORN = re.compile(rf"\b(?:born|dob|d\.o\.b\.?|date of birth)(?: on)?:? (?P<number>{_DATE})\b", re.IGNORECASE)
OF_A_CHILD = re.compile(r"\b(?:child|son|daughter|boy|girl|his|her|pupil|young person|placement|re)\b", re.IGNORECASE)
"""Words after which a date of birth is another person's."""
_RANK = r"(?:[PD][CSI]|PCSO|WPC|Sgt|Sergeant|(?:Police )?Constable|Inspector)"
COLLAR_BEFORE = re.compile(rf"\b{_RANK}\.? (?P<number>\d{{2,6}}) $")
COLLAR_AFTER = re.compile(rf"[ ,\n]{{1,3}}{_RANK},? (?P<number>\d{{2,6}})\b")
"""Where a police officer's number stands beside the name."""

POSTCODE = r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"
_POSTCODE = re.compile(POSTCODE, re.IGNORECASE)
_HOUSE = re.compile(
    r"[ \t]*(?:(?:flat|unit|apt|room) \w+,?|(?:top|ground|first|garden) flat,|[^\W\d_]{4,12} \d{1,3},|"
    r"\d{1,4}[a-z]?,?) +\w",
    re.IGNORECASE,
)
_CAPITALISED = r"(?-i:[A-ZÀ-ÞŴŶ][\w'’-]{0,25})"
_PLACE = rf"{_CAPITALISED}(?: (?:{_CAPITALISED}|(?:y|yr|the|of|upon|on)\b)){{0,3}}"
_ADDRESS = re.compile(
    rf"(?:[^.;!?\n]{{2,90}}?|[^.;!?]{{2,90}}?){POSTCODE}|"
    rf"(?:flat \w+,? )?(?:number )?\d{{1,4}}[a-z]?,? {_PLACE}(?:, {_PLACE}){{0,3}}|(?:number|no\.?) \d{{1,4}}[a-z]?\b",
    re.IGNORECASE,
)
_PO_BOX = re.compile(rf"\bP\.?O\.? Box \d+(?:[^.;!?\n]{{0,60}}?{POSTCODE})?", re.IGNORECASE)
_OWN_PLACE = re.compile(
    r"(?:\b(?:I|we)(?:['’](?:m|ve|re)| am| are| was| used to| still| now| \w+ed)?(?: [\w-]+){0,4}? "
    r"(?:live|lived|living|stay|staying|reside|opposite|neighbour|am|are)\b[^.\n]{0,25}?|"
    r"\b(?:my|our) (?:\w+ )?(?:address|house|flat|window|place)(?: is|:)?|"
    r"\bit['’]?s the \w+ (?:door|house|flat|bungalow|cottage|gate),|"
    r"(?:^|\n)[ \t]*(?:(?:your |my )?(?:home |postal )?address|home|cyfeiriad|adres)|\bfrom home\b[^.:\n]{0,60}|"
    r"\baddress \w+, it is|\bnow|\b(?:write|post|reach|reached|contact|send|come|find|visit)\b[^.\n]{0,40}?|"
    r"\bI, [^.\n,]{3,40},)[, ]*"
    r"(?:(?:at|to|of|by post at|is|in|:)[: ]+|\(|(?<=is )|(?<=now )|(?<=live )|(?<=home )|(?<=[a-z],)[ ])",
    re.IGNORECASE,
)
_OF_A_SERVICE = re.compile(
    r"\b(?:the|that|this|a|their) (?:\w+ )?(?:home|unit|school|service|office|manager|company|centre|provider|agency|"
    r"owner|hostel|hotel)\b",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b(?:street|st|road|rd|lane|avenue|ave|close|drive|way|court|crescent|terrace|place|gardens|grove|hill|row|walk|"
    r"square|rise|mews|green|view|parade|house|cottages?|farm|forge|lodge|barn|mill|heol|ffordd|stryd)\b",
    re.IGNORECASE,
)
_IN_A_LINE = re.compile(
    rf"(?:\b(?:flat|apt) \w+,? )?\b\d{{1,4}}[a-z]?,? {_CAPITALISED}(?: {_CAPITALISED}){{0,2}} {_STREET.pattern}"
    rf"(?:, {_PLACE}){{0,3}}(?:,? {POSTCODE})?|\b\d{{1,4}}[a-z]?,? {_PLACE}(?:, {_PLACE}){{1,3}},? {POSTCODE}",
    re.IGNORECASE,
)
_AN_OFFICE = re.compile(
    r"\b(?:ltd|limited|llp|plc|council|school(?! house)|primary|academy|college|centre|services|trust|police|nhs|"
    r"university|hospital|guildhall|town hall|civic|agency|nursery|care|homes?|children['’]?s|team|department|office|"
    r"law|solicitors|fostering|group|association|chambers)\b",
    re.IGNORECASE,
)
"""What stands in the address of an office and in hardly any home's."""
_LABELLED = re.compile(r":|\d{5}|^(?:dear|hello|hi)\b", re.IGNORECASE)
_PARAGRAPHS = 3
_FORM_LINE = re.compile(
    r"^[ \t]*(?:your |my |home |postal )*(?:address(?: line)?(?: ?\d)?|street|town|city|town/city|county|post ?code)"
    r"[ \t]*:[ \t]*(?P<value>[^\n]{2,80}?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_BENEATH = 7
"""Lines beneath a sign-off in which an address is looked for."""


def numbers(text: str) -> Iterator[tuple[int, int]]:
    """Where a number stands under which somebody is registered, or a date of birth told with "my"."""
    for pattern in NUMBERS:
        for match in pattern.finditer(text):
            yield match.span(match.lastgroup or 0)
    for start, line in _lines(text)[-_BENEATH:]:
        beneath = _IN_A_SIGNATURE.search(line)
        if beneath:
            yield start + beneath.start("number"), start + beneath.end("number")
    for match in _OWN_NUMBER.finditer(text):
        number = _OWN_NUMBER_AT.match(text, match.end("told"))
        if number and not _OF_A_CASE.search(match["told"]):
            yield number.span()


def telephones(text: str) -> Iterator[tuple[int, int]]:
    """Where a telephone number stands, in digits, in words, or in pieces."""
    yield from (match.span() for match in TELEPHONE.finditer(text))
    for match in _SPOKEN.finditer(text):
        words = [word for word in re.findall(r"[^\W\d_]+|\d+", match[0].casefold()) if word not in ("then", "and")]
        digits = sum(len(word) if word.isdigit() else _DIGITS_OF.get(word, 1) for word in words)
        if digits in _DIGITS and any(not word.isdigit() or len(word) > 2 for word in words):
            yield match.span()


def accounts(text: str) -> Iterator[tuple[int, int]]:
    """Where the name of an account stands."""
    yield from (match.span(match.lastgroup or 0) for pattern in ACCOUNTS for match in pattern.finditer(text))


def own_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where the sender's address stands: beneath their name, above their letter, or where they say that they live."""
    yield from address_blocks(text)
    yield from _form_values(text)
    yield from (match.span() for match in _PO_BOX.finditer(text))
    for cue in _OWN_PLACE.finditer(text):
        if not _OF_A_SERVICE.search(cue[0]):
            yield from address_at(text, cue.end())


def address_at(text: str, at: int) -> Iterator[tuple[int, int]]:
    """The address that begins at `at`, if one does: a house with its street, or anything short before a postcode."""
    found = _ADDRESS.match(text, at)
    if found is None or _OF_A_SERVICE.search(found[0]):
        return
    named = _starts_as_a_place(found[0]) and not found[0].isupper() and not _AN_OFFICE.search(found[0])
    if named or _HOUSE.match(found[0]):
        yield found.span()


def _starts_as_a_place(words: str) -> bool:
    return words[:1].isupper() or words.casefold().startswith(("number ", "no ", "no. ", "the "))


def address_blocks(text: str) -> Iterator[tuple[int, int]]:
    """An address in lines of its own, down to that with a postcode, above the letter or beneath a name.

    It begins with the line that has a house number or street; above a letter whatever stands over that is of it too. A
    line that names a firm or an office is no home. Beneath a name a street in one line with other words counts as well.
    """
    lines = _lines(text, empty=True)
    used = [number for number, (_, line) in enumerate(lines) if line.strip()]
    yield from _without_a_postcode(text, lines, used)
    top, bottom = set(used[:_BENEATH]), set(used[-_BENEATH:])
    for number in sorted(top | bottom) if len(used) > 1 else ():
        start, line = lines[number]
        if not _POSTCODE.search(line) or not _is_address_line(line):
            last = number in used[max(1, len(used) - 4) :]
            if last and not _AN_OFFICE.search(line) and not _OF_A_SERVICE.search(line):
                yield from ((start + found.start(), start + found.end()) for found in _IN_A_LINE.finditer(line))
                yield from ((start + found.start(), start + found.end()) for found in _POSTCODE.finditer(line))
            continue
        first = number
        for above in range(number - 1, max(-1, number - 6), -1):
            if not lines[above][1].strip() or not _is_address_line(lines[above][1]):
                break
            if _HOUSE.match(lines[above][1]) or _STREET.search(lines[above][1]):
                first = above
        over = [lines[at][1] for at in range(used[0], number)]
        if number < used[len(used) // 2] and all(_is_address_line(one) and not _LABELLED.search(one) for one in over):
            first = used[0]
        if not any(_AN_OFFICE.search(lines[at][1]) for at in range(first, number + 1)):
            yield lines[first][0] + len(lines[first][1]) - len(lines[first][1].lstrip()), start + len(line.rstrip())


def _without_a_postcode(text: str, lines: list[tuple[int, str]], used: list[int]) -> Iterator[tuple[int, int]]:
    """The paragraph above a letter that is but an address, and a street with what follows it beneath the message."""
    paragraphs = [match.span() for match in re.finditer(r"[^\n]+(?:\n[^\n]+)*", text)]
    if len(paragraphs) < _PARAGRAPHS:
        return
    start, end = paragraphs[0]
    above = [line.strip(" ,.") for line in text[start:end].split("\n")]
    named = any(_STREET.search(line) or _HOUSE.match(line) for line in above)
    if 2 <= len(above) <= 6 and named and all(_is_address_line(one) and not _LABELLED.search(one) for one in above):
        yield start, end
    for at, number in enumerate(used[-_BENEATH:]):
        begin, line = lines[number]
        rest = [lines[one][1] for one in used[-_BENEATH:][at:]]
        if _HOUSE.match(line) and _STREET.search(line) and all(map(_is_address_line, rest)):
            if not any(_AN_OFFICE.search(one) or _LABELLED.search(one) for one in rest):
                yield begin + len(line) - len(line.lstrip()), len(text.rstrip())
            return


def _lines(text: str, *, empty: bool = False) -> list[tuple[int, str]]:
    """Where each line begins, and the line; those with nothing in them only where `empty`."""
    lines, at = [], 0
    for line in text.split("\n"):
        if empty or line.strip():
            lines.append((at, line))
        at += len(line) + 1
    return lines


def _form_values(text: str) -> Iterator[tuple[int, int]]:
    """Where a form's line tells the sender's address: "Town: Luton"."""
    yield from (match.span("value") for match in _FORM_LINE.finditer(text))


def _is_address_line(line: str) -> bool:
    """Whether a line is short and holds no word in small letters that an address does not."""
    words = re.findall(r"[^\W\d_]{2,}", line)
    small = [word for word in words if word.islower() and word not in {"of", "the", "on", "upon", "le", "flat", "yr"}]
    return 2 <= len(line.strip()) <= 80 and (not small or (line.islower() and len(words) <= 6)) and line[-1:] != "."
