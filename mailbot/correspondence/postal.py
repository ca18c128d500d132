"""Postal addresses in the United Kingdom as the lines of an envelope, by GOV.UK Notify's rules for letters.

Three to seven lines, the name among them, with the postcode alone in the last one, where Royal Mail's machines look.
What these rules do not cover, such as an address abroad, is for a person to post.
"""

from __future__ import annotations

import re
import unicodedata

from mailbot.errors import AddressUnusable

FEWEST_LINES, MOST_LINES = 3, 7
NEVER_FIRST = '@()=[]"\\/,<>~'
"""The characters that no line may begin with, by GOV.UK Notify's rules."""

_AREAS = (
    "AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX "
    "FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN "
    "NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB "
    "W WA WC WD WF WN WR WS WV YO ZE"
).split()
"""Royal Mail's postcode areas, with the Crown dependencies and the forces' own. Gibraltar's GX is abroad."""

_INWARD = "[0-9][ABD-HJLNP-UW-Z]{2}"
_POSTCODE = f"(?:GIR ?0AA|(?:{'|'.join(_AREAS)})[0-9][0-9A-Z]? ?{_INWARD})"
_BFPO = "BFPO ?(?:C/O ?)?[0-9]{1,4}"
_COUNTRY = (
    r"(?:(?:the )?united kingdom|u\.?k|(?:great )?britain|g\.?b|england|scotland|wales|northern ireland|"
    r"lloegr|cymru|yr alban|gogledd iwerddon|(?:y )?deyrnas unedig|"
    r"(?:bailiwick of )?(?:jersey|guernsey)|isle of man|channel islands)"
)
_END = re.compile(
    rf"(?<![^\s,.])(?:(?P<forces>{_BFPO})(?:[\s,]+(?P<after>BF1 ?{_INWARD}))?"
    rf"|(?P<before>BF1 ?{_INWARD})[\s,]+(?P<forces_last>{_BFPO})|(?P<postcode>{_POSTCODE}))"
    rf"(?:[\s,.]+{_COUNTRY})*[\s,.]*\Z",
    re.IGNORECASE | re.ASCII,
)
"""How an address ends: with a postcode, a British Forces Post Office number or both; a country of ours may follow."""

_NO_FIXED_ABODE = re.compile(
    r"\bno[\s-]fixed[\s-](?:abode|address|residence)\b|(?:^|,) ?n\W?f\W?a\W? ?(?:$|,)", re.IGNORECASE | re.MULTILINE
)
_HOUSE_NUMBER = re.compile(r"(^|,) ?([0-9]+[A-Za-z]?) ?,")


def postal_lines(address: str) -> tuple[str, ...]:
    """The lines of `address`, which may be written in lines or with commas; the same again for what it returns.

    Raises `AddressUnusable` where no letter can be posted to it.
    """
    text = _readable(address)
    end = _END.search(text)
    above = _without_commas(_lines(text[: end.start()] if end else text))
    if _NO_FIXED_ABODE.search("\n".join(above)):
        raise AddressUnusable("the address says that there is no fixed abode: ask the sender where to write to")
    if end is None:
        raise AddressUnusable(
            "the address does not end in a UK postcode: complete it, or post the letter by hand if it is abroad"
        )
    lines = (*above, *_last_lines(end))
    _check(lines)
    return lines


def _readable(address: str) -> str:
    """Without characters that print nothing, such as those that set the direction; one space where there were more."""
    seen = "".join(one for one in address if one.isspace() or not unicodedata.category(one).startswith("C"))
    return "\n".join(_lines(seen))


def _lines(text: str) -> tuple[str, ...]:
    lines = (" ".join(line.split()).rstrip(" ,") for line in text.splitlines())
    return tuple(line for line in lines if line)


def _without_commas(above: tuple[str, ...]) -> tuple[str, ...]:
    """The lines above the postcode; where they are too few, the last one split at its commas, "4, Mill Lane" aside."""
    if not 0 < len(above) < FEWEST_LINES:
        return above
    return (*above[:-1], *_lines(_HOUSE_NUMBER.sub(r"\1\2 ", above[-1]).replace(",", "\n")))


def _last_lines(end: re.Match[str]) -> tuple[str, ...]:
    """In capitals; the forces' number, if there is one, above the postcode."""
    number = end["forces"] or end["forces_last"]
    postcode = (end["postcode"] or end["before"] or end["after"] or "").replace(" ", "").upper()
    first = (f"BFPO {re.sub('[^0-9]', '', number)}",) if number else ()
    return (*first, f"{postcode[:-3]} {postcode[-3:]}") if postcode else first


def _check(lines: tuple[str, ...]) -> None:
    if not FEWEST_LINES <= len(lines) <= MOST_LINES:
        raise AddressUnusable(
            f"an address has {FEWEST_LINES} to {MOST_LINES} lines, from the name to the postcode, and this one has "
            f"{len(lines)}: write it out so"
        )
    for number, line in enumerate(lines, start=1):
        if line[0] in NEVER_FIRST:
            raise AddressUnusable(f"line {number} of the address begins with {line[0]}: write it without that")
