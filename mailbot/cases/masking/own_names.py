"""The names a sender goes by: from the headers, the sign-off, and wherever they say who they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailbot.cases.masking import own_addresses, own_details
from mailbot.cases.masking.not_names import COMMON, ORDINARY, ORGANISATIONS, PARTICLES, POSTS, SIGNING_OFF, TITLES
from mailbot.domain import Email
from mailbot.nicknames import alike

WORD = re.compile(r"[^\W\d_](?:['’-]?[^\W\d_])*")
_TOKEN = re.compile(r"[^\W\d_](?:['’.-]?[^\W\d_])*\.?")
_GAP = re.compile(r" ?[\"“'‘(]?")
_INITIALS = 2
"""Parts of an address that may stand before a surname."""
_LONGEST_LINE = 80
"""Characters of a line that may be but a name."""
_LONGEST_SIGN_OFF = 10
"""Words of a line in which a post or an address follows the name."""
_LONGEST_NAME = 6
"""Words of which a name may consist."""

_SAYS = re.compile(
    r"(?:\bmy (?:own |real |full |legal |first |given |proper )?names?(?:['’]?s| is|:)?|"
    r"\b(?:real|full|code|user) ?name:?|"
    r"(?:^|\n)[ \t]*(?:(?:your )?(?:full |first |last |sur|family |fore)?names?(?:\(s\))?|known as|"
    r"reporter|reported by|enw(?: llawn)?|imię i nazwisko|nom):|"
    r"\bsigned(?: by)?[:,]?|"
    r"\bi(?:['’]?m| am) (?:called|known (?:\w+ \w+ )?as)|\bknows? me (?:\w+ )?as|\bcall(?:s|ed)? me|\bwrites? me|"
    r"\bquote me (?:\w+ )?as|\bbut not as|\bi (?:sometimes )?(?:go|went) by|\bput me down as|\btyped for|\bdictated by|"
    r"\bp\.?p\.|"
    r"\bfy enw(?: llawn| i)?(?: i)? (?:yw|ydy)|\benw llawn:?|\bnazywam się|\bto jest|\bm[aă] numesc|\bje m['’]appelle|"
    r"\bme llamo|\bich heiße|\bdyma|\b(?-i:I), |\bi answer to|"
    r"\b(?:has|have|had|got) me (?:down )?as|\bit stands for|(?<!his )(?<!her )(?<!heir )(?<!['’]s )\b(?:first|given|"
    r"last|second|maiden|middle|sur|family|english|proper) ?name(?: is| was|:)?|"
    r"\b(?:passport|badge|contract|payslip|licen[cs]e) says|"
    r"\bon behalf of my (?:husband|wife|partner|mum|mother|dad|father)|\bmy initials(?: are on \w+)?(?:,| are| is|:)?|"
    r"\bbefore (?:i (?:was|got) married|marriage)(?: it was)?|"
    r"\bfor my (?:mum|mother|dad|father|wife|husband|nan|sister))"
    r"[ \t]*",
    re.IGNORECASE,
)
"""After these words stands the name of whoever writes, in capitals or not as they write."""
_SAYS_OF_ONESELF = re.compile(
    r"\b(?:known (?:(?:to|at|by) \w+ )?as|aka|a\.k\.a\.|née|formerly|better as|they write)[ \t]+", re.IGNORECASE
)
"""The same where the words before are of whoever writes; of others it is said as well."""
_SAYS_PLAINLY = re.compile(
    r"\b(?:my name(?:['’]?s| is)|(?:proper|real|full) name(?: is)?|call me)[ \t]+", re.IGNORECASE
)
_OR = re.compile(r"(?P<own>[^\W\d_]{2,20}),? \(?or (?=[^\W\d_])")
_RELATIVE = (
    r"['’]?s (?:\w+ )?(?:mum|mam|mom|mother|dad|father|nan|nana|gran\w*|sister|brother|aunt\w*|uncle|carer|foster|"
    r"social)\b"
)
_OF_A_RELATIVE = re.compile(rf"[\w'’-]+?{_RELATIVE}", re.IGNORECASE)
_I_AM = re.compile(r"\b(?:i am|i['’]m|im|mine is)[ \t]+", re.IGNORECASE)
_WE_ARE = re.compile(r"\b(?:and i,|we are|we['’]re|we,|the grandparents,|the parents,)[ \t]+", re.IGNORECASE)
_THIS_IS = re.compile(r"\b(?:this is|it is|it['’]?s)[ \t]+", re.IGNORECASE)
_ONESELF = re.compile(r"[ \t]*(?:[,.!]|$|\n|\b(?:here|from|again|once|speaking|writing|and i|who)\b)", re.IGNORECASE)
_SAID_AFTER = re.compile(
    r",? (?:here(?=[ \t]*(?:[,.!-]|$|\n|\b(?:from|again|and|im|i)\b))|speaking(?=[ \t]*(?:[,.!]|$))|writes\b|"
    r"(?:is|am) writing to you|is my (?:\w+ )?name|is ainm\b|is the name(?=[ \t]*[,.])|"
    r"is what (?:they|people|everyone)|"
    r"ydw i|wyf i|sy['’]n ysgrifennu|(?:,|-|\() ?(?:that['’]?s|that is|which is) me\b|\(me\))",
    re.IGNORECASE,
)
_SAID_AFTER_OF_ONESELF = re.compile(
    r",? (?:again\b|once more\b|is (?:fine|right)\b|will do\b|for short|to (?:(?:my )?friends|everyone|everybody|them|"
    r"colleagues)\b|at (?:home|work)\b|in (?:english|full|their files|chapel)\b|"
    r"on (?:my|the) (?:papers|contract|rota|invoices?|system|badge|register|passport|payslips?|forms?|certificates?)|"
    r"by the way|if you need|is the name\b)",
    re.IGNORECASE,
)
_ONE_SPEAKS = re.compile(r"\b(?:i|me|my|i['’]m)\b", re.IGNORECASE)
_NAME_BY_A_NUMBER = re.compile(r"\b(?:call|ring|phone|text|contact|ask for)[ \t]+", re.IGNORECASE)
_ON_A_NUMBER = re.compile(r" (?:back )?(?:on|at) [(+]?0?\d|[,.]", re.IGNORECASE)
_INLINE_CLOSING = re.compile(
    r"(?:\b(?:regards|rgds|thanks|thx|thank you|cheers|ta|love|wishes|sincerely|faithfully|best|diolch|signed|"
    r"gan|cofion|truly|bye)[ ,!.-]{1,3}|(?<=[.!?] ))(?P<name>[^\W\d_][\w'’.& -]{0,38}?)[ .!]*(?:x{1,4})?[ .!]*$",
    re.IGNORECASE,
)
_CONTACT_LINE = re.compile(
    r"@|\d{3}|www\.|\b(?:sent|get) (?:from|outlook)\b|\b(?:tel|mobile|phone|mob|email|e-mail|ffôn|pin|direct line)\b|"
    r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|^\W*\d",
    re.IGNORECASE,
)
_UNDER_A_NAME = re.compile(r"^\W*(?:flat \w+|\d{1,4}[a-z]?,? [A-Z]|0\d{3})|\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")
_RETIRED = re.compile(r" \((?:retd?|ret['’]d|rtd)\.?\)", re.IGNORECASE)
_SIGNS_FROM = re.compile(r"^(?:from|love from|lots of love|love|signed)[ ,:]+", re.IGNORECASE)
_BRACKETS = re.compile(r"[ \t]{0,2}\n?\((?P<within>[^()\n]{2,80})\)")
_OF_ONESELF = re.compile(
    r"\b(?:i am|i['’]?m|it is|it['’]?s|this is|my names?(?: is|['’]?s)?)[ \t]+(?P<name>[^\W\d_]{3,15})\b", re.IGNORECASE
)
_OTHER_LETTERS = "[\u0370-\u1dff\u3040-\u9fff\uac00-\ud7ff\ufb1d-\ufdff\ufe70-\ufefc]"
"""Greek, Cyrillic, Arabic, Indian, Chinese and other letters that are not Latin ones."""
_OTHER_WORDS = re.compile(rf"{_OTHER_LETTERS}+(?:[ \u200c\u200d·-]{{1,2}}{_OTHER_LETTERS}+)*")
_FEW_WORDS = 4
_PLACED = re.compile(r"\b(?:in|at|from|near|of|over|round|around|outside|to|by|via)\s+$", re.IGNORECASE)
_NO_NAMES = COMMON | POSTS | ORGANISATIONS | SIGNING_OFF
_ABBREVIATIONS = frozenset(
    "am aob asd ba bsl cd cp cv dbs dc di ds ed gp hr hv id iq iro it kr la lac ld ma md mp ms nb ni nw ok pa pc pe pm "
    "ra pr ps ri rm se sen so sw ta tv uk un us vs yp".split()
)
"""Pairs of letters that mean something else too often; masked only where they stand under a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNames:
    """What to look for: `names` anywhere, those `guessed` with a capital, `lines` where they are a whole line.

    Of any of the `givens` short forms are masked, of the `surnames` the plural; `initials` are those of all names.
    """

    names: frozenset[str]
    guessed: frozenset[str]
    lines: frozenset[str]
    givens: frozenset[str]
    initials: frozenset[str]
    surnames: frozenset[str]


def folded(text: str) -> str:
    """`text` without accents and with straight apostrophes, each character still in its place."""
    if text.isascii():
        return text
    return "".join(_FOLDED.get(one) or unicodedata.normalize("NFKD", one)[0] for one in text)


_FOLDED = {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i", "İ": "I", "’": "'", "‘": "'", "‐": "-"}


def own_names(email: Email) -> OwnNames:
    """Every name by which the sender is known from their headers and their own words."""
    shown = [name for name in (email.sender.name, email.reply_to.name if email.reply_to else "") if name]
    known = {word.casefold() for name in shown for word in WORD.findall(name)}
    headline, lines = _signed(_without_addresses(email.text), known)
    signed = [line.strip() for line in email.signature.splitlines() if line.strip()][:3]
    headline += [line for line in signed if len(line.split()) <= 4 and is_name(line, known)]
    said = [*headline, *_said(email.text, known), *_as_in_the_address(email)]
    if not said and not any(_shown(shown)):
        said = list(_to_be_asked_for(email.text))
    whole = {name for name in (*_shown(shown), *said) if name}
    words = _words(whole, known)
    local = set(_of_address(email.sender.local_part, known))
    names = {" ".join(name.split()) for name in whole if len(WORD.findall(name)) > 1} | words | local
    givens = {word for word in words or local if len(word) >= 3}
    shorter = {short.capitalize() for word in givens for short in alike(folded(word)) if short not in COMMON}
    small = not re.search(r"(?<![^\W\d_])[^\W\d_I](?<=[A-Z])", email.text)
    if not small:
        names = {name.capitalize() if name in ORDINARY else name for name in names}
    guessed = {one for one in shorter | local if one.istitle()} - words
    return OwnNames(
        names=frozenset(_spelled((names | set(_initials(whole))) - (set() if small else guessed))),
        guessed=frozenset(_spelled(guessed)),
        lines=frozenset(line for line in lines if line),
        givens=frozenset(folded(one).casefold() for one in givens if len(one) >= 5),
        initials=frozenset(one[0].casefold() for one in (*words, *local, email.sender.local_part) if one),
        surnames=frozenset(folded(WORD.findall(name)[-1]) for name in whole if len(WORD.findall(name)) > 1),
    )


def _shown(names: Iterable[str]) -> Iterator[str]:
    """The header's names, none that says what somebody is in the place of who."""
    for whole in names:
        name = _OF_A_RELATIVE.sub("", whole)
        words = [word.casefold() for word in WORD.findall(name)]
        if not words or (set(words) & POSTS and all(word in _NO_NAMES for word in words) and set(words) - ORDINARY):
            continue
        if name != name.lower():
            name = " ".join(word for word in name.split() if any(one.isupper() for one in word) or word in PARTICLES)
        yield name.strip(" .,")


def _words(whole: Iterable[str], known: set[str]) -> set[str]:
    """Each word of the names that is not a title, a particle or an everyday word that nobody shows as their name."""
    found = set()
    for name in whole:
        for word in WORD.findall(name):
            plain = word.casefold()
            if len(word) < 2 or plain in TITLES | PARTICLES | {"the", "and", "of", "anon", "anonymous", "a", "an"}:
                continue
            if plain in _NO_NAMES - ORDINARY and plain not in known:
                continue
            stem = plain.replace("’", "'").partition("'")[0]
            if plain in known and {plain, stem} & ((POSTS | SIGNING_OFF | COMMON) - ORDINARY):
                continue
            found.add(word)
            found |= {part for part in word.split("-") if len(part) >= 3}
    return found


def _of_address(local: str, known: set[str]) -> Iterator[str]:
    """Names within the part of an address before the @: its first words, and what follows a leading initial.

    Beside a post or a place of work ("relief.fife") only what is shown as a name too is one.
    """
    parts = [part for part in re.split(r"[\W\d_]+", local.casefold()) if part]
    posts = POSTS | ORGANISATIONS | PARTICLES | {"sw", "of", "and", "umm", "abu"}
    plain = not posts & {part for part in parts if len(part) > 1}
    if (plain or len(local) >= 10) and len(local) >= 5 and not all(part in _NO_NAMES for part in parts):
        yield local
    for number, part in enumerate(parts):
        if len(part) < 4 or part in _NO_NAMES - ORDINARY or not (part in known or (plain and number <= _INITIALS)):
            continue
        initials = all(len(one) == 1 for one in parts[:number])
        surname = number and (initials or (len(parts) == 2 and parts[0] in known))
        yield part if surname and part not in ORDINARY else part.capitalize()
    if plain and parts and parts[0] not in known:
        yield from _run_together(parts[0])
    if plain and len(parts) == 1 and len(parts[0]) >= 5 and parts[0][1:] not in _NO_NAMES | ORDINARY:
        yield parts[0][1:].capitalize()


def _run_together(part: str) -> Iterator[str]:
    """The given name that begins a part such as "donnamcc", and what is left of it where that may be a surname."""
    given = next((part[:end] for end in range(len(part) - 2, 3, -1) if len(alike(part[:end])) > 1), None)
    if given and given not in _NO_NAMES | ORDINARY:
        yield given.capitalize()
        if len(part) - len(given) >= 4 and part[len(given) :] not in _NO_NAMES | ORDINARY:
            yield part[len(given) :].capitalize()


def _spelled(names: Iterable[str]) -> Iterator[str]:
    """The names as they may be written without accents, apostrophes and umlauts."""
    for name in names:
        yield folded(name)
        if "'" in folded(name) and len(name) > 4:
            plain = folded(name).replace("'", "")
            yield plain
            yield plain.title()
        if "-" in name and len(name) > 6:
            yield folded(name).replace("-", " ")
        written_out = name
        for letter, two in (("ü", "ue"), ("ö", "oe"), ("ä", "ae"), ("ß", "ss")):
            written_out = written_out.replace(letter, two)
        yield folded(written_out)


def _initials(whole: Iterable[str]) -> Iterator[str]:
    for name in whole:
        letters = [word[0] for word in WORD.findall(name) if word.casefold() not in TITLES | PARTICLES]
        words = [folded(word) for word in WORD.findall(name)]
        if len(words) > 1 and len(words[-1]) > 2:
            yield from (f"{words[0][0]}.{words[-1]}".lower(), f"{words[0][0]}{words[-1]}".lower())
            particle = next((at for at, word in enumerate(words[1:], 1) if word.casefold() in PARTICLES), 0)
            yield from [" ".join(words[particle:])] if particle else []
        if 2 <= len(letters) <= 4 and all(letter.isupper() for letter in letters):
            yield ".".join(letters)
            yield ". ".join(letters)
            if "".join(letters).casefold() not in _ABBREVIATIONS:
                yield "".join(letters)


def could_name(word: str, known: Iterable[str] = ()) -> bool:
    """Whether a word is written as names are and is none of those that are something else."""
    plain = word.rstrip(".").casefold()
    if len(word) == 2 and word[0].isupper() and word[1] == ".":
        return True
    capital = word[:1].isupper() or (plain.partition("-")[0] in PARTICLES and any(one.isupper() for one in word))
    stem = plain.replace("’", "'").partition("'")[0]
    return capital and (plain in known or not ({plain, stem} & _NO_NAMES))


def is_name(line: str, known: Iterable[str] = (), *, small: bool = False) -> bool:
    """Whether a line is nothing but a name, or two joined by "and". `small` lets small letters pass."""
    bare = _bare(line) if len(line) <= _LONGEST_LINE else ""
    words = re.split(r"[\s/]+", re.sub(r"[()\"“”]", "", bare))
    longest = _LONGEST_NAME + 2 * ("(" in bare)
    if not bare or not 1 <= len(words) <= longest or not re.fullmatch(r"[\w\s'’.&()\"“”/-]+", bare):
        return False
    if re.search(r"[\d_]", bare):
        return False
    if small and bare.islower() and len(words) <= 2:
        return all(word.casefold() not in _NO_NAMES and len(word) <= 12 for word in words)
    joining = {"&", "and", "a"}
    proper = [word for word in words if word.casefold() not in joining | PARTICLES | TITLES]
    return bool(proper) and all(could_name(word, known) for word in proper)


def _without_addresses(text: str) -> str:
    """The text with blanks in place of addresses that stand in lines of their own: a town is no name."""
    for start, end in own_addresses.address_blocks(text):
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
    return text


def _as_in_the_address(email: Email) -> Iterator[str]:
    """What the sender says that they are, in capitals or not, where their address begins with it."""
    for cue in _OF_ONESELF.finditer(email.text):
        plain = folded(cue["name"]).casefold()
        if email.sender.local_part.casefold().startswith(plain) and plain not in _NO_NAMES:
            yield cue["name"].capitalize()


def names_in_brackets(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Where the names stand that follow somebody's name in brackets: "(or Candy, as they say)", "(née Hughes)"."""
    brackets = _BRACKETS.match(text, at)
    place = brackets.start("within") if brackets else len(text)
    while brackets and (word := WORD.search(text, place, brackets.end("within"))):
        end = _end_of_name(text, word.start(), set())
        if end is not None and not text[word.start() : end].isupper() and not _PLACED.search(text, at, word.start()):
            yield word.start(), end
        place = max(word.end(), end or 0)


def in_another_script(text: str) -> Iterator[tuple[int, int]]:
    """Where a few words of other letters stand in a Latin text, as people write their own name once more."""
    found = list(_OTHER_WORDS.finditer(text)) if not text.isascii() else []
    if sum(len(one[0]) for one in found) * 5 < len(text):
        yield from (one.span() for one in found if len(one[0].split()) <= _FEW_WORDS)


def _bare(line: str) -> str:
    return re.sub(r"(?:[ ,.!]+x{1,4})+[ .!]*$", "", line.strip(" \t-–—*_!,~")).strip(" \t-–—*_!,~")


def _signed(text: str, known: set[str]) -> tuple[list[str], list[str]]:
    """(the names a message is signed with, every line beneath it that is a name)."""
    lines = [line.strip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    found: list[str] = []
    for at in range(len(lines) - 1, max(0, len(lines) - 10), -1):
        line = _SIGNS_FROM.sub("", own_details.TELEPHONE.sub("", _RETIRED.sub("", lines[at])).strip(" ,:–-"))
        reaches = _CONTACT_LINE.search(lines[at]) is not None
        if reaches:
            line = re.split(r" ?[,(:]", line)[0]
        if not line or (reaches and not is_name(line, known, small=True)):
            continue
        before = line.split(",")[0].split("(")[0] if not line.startswith("(") else line
        above = lines[at - 1]
        after_break = (
            not above or above.endswith(",") or (len(above.split()) <= 3 and not above.endswith((".", "?", "!")))
        )
        if is_name(line, known) and (after_break or len(line.split()) <= 3 or found):
            if line.endswith(",") and found:
                break
            found.insert(0, _bare(line))
        elif is_name(line, known, small=after_break and not found):
            found.insert(0, _bare(line))
        elif (
            len(line.split()) <= _LONGEST_SIGN_OFF
            and is_name(before, known)
            and "," in line + ")"
            and not line.endswith(".")
        ):
            found.insert(0, _bare(before))
        elif not _is_post(line):
            break
    inline = _INLINE_CLOSING.search(lines[-1][-60:]) if lines and not found else None
    small = inline is not None and not inline.start() and lines[-1].islower()
    if inline and is_name(inline["name"], known, small=small) and (small or _signs(inline, known)):
        found = [_bare(inline["name"])]
    if lines and len(lines) > 1 and is_name(lines[0], known) and _UNDER_A_NAME.search(lines[1]):
        found.insert(0, _bare(lines[0]))
    alias = [line for line in found[1:] if line.startswith("(")]
    return [line.strip("()") for line in (*found[:1], *alias)], found


def _signs(inline: re.Match[str], known: set[str]) -> bool:
    """Whether the last words of a message sign it: not a single word of a sentence, nor words all in capitals."""
    words = [word.casefold() for word in WORD.findall(inline["name"])]
    closing = inline[0] != inline[0][inline.start("name") - inline.start() :]
    plain = closing or (len(words) > 1 and not inline["name"].isupper()) or not inline[0].rstrip().endswith((".", "!"))
    return plain or bool(known & set(words))


def _is_post(line: str) -> bool:
    words = {word.casefold() for word in WORD.findall(line)}
    return len(words) <= 8 and not line.endswith((".", "?", "!")) and bool(words & POSTS)


def _said(text: str, known: set[str]) -> Iterator[str]:
    """The names in the places where somebody says who they are."""
    for cue in _SAYS.finditer(text):
        yield from _named_at(text, cue.end(), known, several=True)
    for cue in _WE_ARE.finditer(text):
        yield from _named_at(text, cue.end(), known, several=True)
    for cue in _I_AM.finditer(text):
        yield from (name for name in _named_at(text, cue.end(), known) if not _is_shouted(name, known))
    for cue in _THIS_IS.finditer(text):
        for name in _named_at(text, cue.end(), known):
            end = cue.end() + len(name)
            if _ONESELF.match(text, end) and (
                cue.start() < 80 or re.match(r"[ \t,]*(?:here|from|again)\b", text[end:])
            ):
                yield name
    for cue in _SAYS_OF_ONESELF.finditer(text):
        if _of_oneself(text, cue.start(), known):
            yield from _named_at(text, cue.end(), known)
    for cue in _OR.finditer(text):
        if cue["own"].casefold() in known:
            yield from _named_at(text, cue.end(), known)
    for cue in _SAID_AFTER.finditer(text):
        name = _name_before(text, cue.start(), known)
        if not (_is_shouted(name, known) and cue[0].islower()):
            yield name
    for cue in _SAID_AFTER_OF_ONESELF.finditer(text):
        name = _name_before(text, cue.start(), known)
        if name and _of_oneself(text, cue.start(), known):
            yield name
    yield from _said_in_small_letters(text, known)


def _said_in_small_letters(text: str, known: set[str]) -> Iterator[str]:
    """The same where nobody can tell a name by its capitals: only after the plainest words."""
    for cue in _SAYS_PLAINLY.finditer(text):
        small = re.match(
            r"[^\W\d_]{3,15}(?: [^\W\d_]{3,15})?"
            r"(?=[ \t]*(?:$|\n|[,.]| (?:im|and|i|but|from|here|u|you|iv|ive|my|pls|please|can)\b))",
            text[cue.end() :],
        )
        if small and is_name(small[0], known, small=True):
            yield small[0]
    opening = re.match(
        r"\W{0,9}(?:hi|hello|hiya|hey)?[ ,]{0,3}(?:it['’]?s|its|this is) "
        r"([^\W\d_]{3,12}(?: [^\W\d_]{3,12})?) (?:here|from|again)\b",
        text,
        re.I,
    )
    if opening and is_name(opening[1], known, small=True):
        yield opening[1]


def _is_shouted(name: str, known: set[str]) -> bool:
    """Whether a word all in capitals is likelier to be said with force, as DANGER is, than to be a name."""
    return name.isupper() and not any(folded(word).casefold() in known for word in WORD.findall(name))


def _to_be_asked_for(text: str) -> Iterator[str]:
    """Whom to ask for at a number, where nothing else tells who writes."""
    for cue in _NAME_BY_A_NUMBER.finditer(text):
        for name in _named_at(text, cue.end(), set()):
            if _ON_A_NUMBER.match(text, cue.end() + len(name)):
                yield name


def _of_oneself(text: str, at: int, known: set[str]) -> bool:
    """Whether the words before `at` in the same sentence or the one before are of whoever writes."""
    before = text[max(0, at - 50) : at]
    return bool(_ONE_SPEAKS.search(before)) or any(word.casefold() in known for word in WORD.findall(before))


def _named_at(text: str, at: int, known: set[str], *, several: bool = False) -> list[str]:
    """The name that begins at `at`, and with `several` those after commas and "and"; none before "of" or "House"."""
    names: list[str] = []
    while True:
        end = _end_of_name(text, at, known)
        if end is None:
            return names
        name = text[at:end].strip(' "“”‘(')
        names.append(name)
        more = re.compile(r"[\"”’)]?(?:, | and | & |/| or | \()").match(text, end) if several else None
        if more is None:
            return names
        at = more.end()


def _end_of_name(text: str, at: int, known: set[str]) -> int | None:
    end, words, place = None, 0, at
    while words < _LONGEST_NAME:
        gap = _GAP.match(text, place)
        token = _TOKEN.match(text, gap.end() if gap else place)
        if token is None:
            break
        word = (
            token[0]
            if len(token[0].rstrip(".")) <= 2 or token[0].rstrip(".").casefold() in TITLES
            else token[0].rstrip(".")
        )
        plain = word.rstrip(".").casefold()
        if plain in ORGANISATIONS and plain not in known and end is not None and word[0].isupper():
            return None
        if could_name(word, known) or (plain in TITLES and word[0].isupper()):
            end = token.start() + len(word)
        elif not (plain in PARTICLES and end is not None):
            break
        if (
            text[token.start() + len(word) : token.end() + 1].startswith((". ", ".\n"))
            and len(plain) > 2
            and plain not in TITLES
        ):
            break
        place, words = token.start() + len(word), words + 1
    if end is not None and re.compile(
        _RELATIVE + "|" + _RELATIVE.replace("['’]?s", "(?<=s)") + r"|['’]s\b|,? (?:of|for) (?:the|a)\b| of [A-Z]"
    ).match(text, end):
        return None
    return end


def _name_before(text: str, at: int, known: set[str]) -> str:
    """The capitalised words that end at `at`."""
    start, line = at, text.rfind("\n", 0, at) + 1
    for word in reversed(list(_TOKEN.finditer(text, max(line, at - 60), at))):
        gap = text[word.end() : start]
        if (
            gap.strip('"”’) ')
            or not (could_name(word[0], known) or word[0].casefold() in PARTICLES)
            or word[0].endswith(".")
        ):
            break
        start = word.start()
    return "" if _PLACED.search(text, max(0, start - 12), start) else text[start:at].strip(' "“”‘’()')
