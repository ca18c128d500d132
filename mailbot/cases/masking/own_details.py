"""What else leads to whoever wrote: their mail and telephone, numbers they are registered under, their accounts."""

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
    rf"(?:number|no|num|ref|card|id|pin|code)\b\.?(?: number)?:? ?(?P<number>(?-i:[A-Z]{{2,5}} )?{_NUMBER})\W*$",
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
BENEATH = 7
"""Lines at the end of a message in which what stands under a sign-off is looked for."""


def numbers(text: str) -> Iterator[tuple[int, int]]:
    """Where a number stands under which somebody is registered, or a date of birth told with "my"."""
    for pattern in NUMBERS:
        for match in pattern.finditer(text):
            yield match.span(match.lastgroup or 0)
    for start, line in [one for one in lines_of(text) if one[1].strip()][-BENEATH:]:
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


def lines_of(text: str) -> list[tuple[int, str]]:
    """Where each line begins, and the line."""
    lines, at = [], 0
    for line in text.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    return lines
