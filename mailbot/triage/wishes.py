"""What the sender asks for: to be kept out of it, where a reply may go, whether they want a name (P10, P22, P24).

What is read is what they say, in the phrases of `mailbot.triage.phrases`. Whether a reply is sent is decided elsewhere,
and may be stricter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailbot.domain import Confidentiality, Contact, Email, Evidence
from mailbot.triage.phrases import PhraseBook, Told, evidence_of, first_told

_STOCK_WORDS = re.compile(r"not reply|not respond|no reply|ag ateb", re.IGNORECASE)
"""What machines end their messages with."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the sender wants done about their identity and a reply, with the words for it.

    `postal_address` is as they wrote it, over several lines or one; None unless they ask for it to be used.
    """

    anonymous: bool
    confidentiality: Confidentiality
    contact: Contact
    postal_address: str | None
    evidence: tuple[Evidence, ...]


def read_wishes(email: Email, book: PhraseBook) -> Wishes:
    """The sender's wishes from their own words: never from what they quote, forward or attach."""
    anonymous, why_anonymous = _anonymity(email, book)
    confidentiality, why_confidential = _confidentiality(email, book, anonymous=anonymous)
    contact, address, why_contact = _contact(email, book)
    evidence = (*why_anonymous, *why_confidential, *why_contact)
    return Wishes(anonymous, confidentiality, contact, address, evidence)


def _confidentiality(
    email: Email, book: PhraseBook, *, anonymous: bool
) -> tuple[Confidentiality, tuple[Evidence, ...]]:
    """A wish to be kept out wins over leave to share: whoever says both has named somebody not to tell."""
    asked = first_told(email, book.of("confidentiality_requested"))
    if asked is None and not anonymous:
        nameless = first_told(email, book.of("no_name_given"))
        asked = _under("P22", nameless)  # a name is given, so the wish is that nobody else learns it
    waived = first_told(email, book.of("confidentiality_waived"))
    for told, value in ((asked, Confidentiality.REQUESTED), (waived, Confidentiality.WAIVED)):
        if told:
            return value, (evidence_of(email, told, "confidentiality", value),)
    return Confidentiality.ASSUMED, ()


def _under(clause: str, told: Told | None) -> Told | None:
    """What was told, where it matters for another clause than its phrase says."""
    return replace(told, clause=clause) if told else None


def _contact(email: Email, book: PhraseBook) -> tuple[Contact, str | None, tuple[Evidence, ...]]:
    """A letter where one is asked for, or where email is not to be used and an address of their own is given.

    That a machine says "do not reply" is no wish of anybody's.
    """
    silence = _asked_for_silence(email, book)
    why = silence or first_told(email, book.of("mailbox_not_safe"))
    letter = first_told(email, book.of("letter_wanted")) or _address_told(email, book)
    address = sender_address(email, letter) if letter or why else None
    told, contact = (letter, Contact.POST) if letter and (address or not silence) else (why, Contact.DO_NOT_CONTACT)
    if told is None:
        return Contact.EMAIL, None, ()
    if address:
        contact = Contact.POST
    return contact, address, (evidence_of(email, told, "contact", contact),)


def _asked_for_silence(email: Email, book: PhraseBook) -> Told | None:
    told = first_told(email, book.of("no_reply_wanted"))
    words = email.part(told.part)[told.start : told.end] if told else ""
    return None if email.automatic and _STOCK_WORDS.search(words) else told


# ---- A postal address ------------------------------------------------------------------------------------------------

POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b", re.IGNORECASE)
_OF_A_SERVICE = re.compile(
    r"\b(?:the|this|that|their|his|her|a|our) (?:\w+[’']?\w* ){0,2}(?:home|nursery|school|agency|office|unit|centre|"
    r"company|provider|place|manager|hospital|placement)(?: is| was| stands| lives)?(?: in| on| at|:|,)*\s*$",
    re.IGNORECASE,
)
_NO_ADDRESS = re.compile(r"the |\d+\w?,? (?:and|in|or|but|so|was|is|he|she|they|that|who|for|at|on)\b", re.IGNORECASE)
"""How an address does not begin, unless it ends in a postcode: "the court", "15 and in"."""

FARTHEST_ADDRESS = 200
"""Characters before an address in which words about a letter belong to that address."""

_STREET = (
    r"(?:street|st|road|rd|lane|ln|avenue|ave|close|drive|way|court|crescent|terrace|place|gardens|"
    r"grove|hill|row|walk|square|rise|mews|green|view|park|parade|yard|gate|wynd|vale|end|ffordd|heol|"
    r"stryd)"
)
_ADDRESS = re.compile(
    r"(?:(?:c/o|care of) [^,\n]{2,40}[,\n]\s*)?(?:(?:flat|apartment|apt|unit|room|plot|caravan|pitch|berth) "
    r"\w{1,5},?\s+)?"
    r"(?:\b\d{1,4}[a-z]?,?\s+(?=[a-z])|\b(?:the |y )?(?:[a-z'’]{2,15} ){1,2}(?:house|cottage|farm|lodge|barn|"
    r"bungalow|mill|moorings?),\s+|(?:(?<=to )|(?<=at )|(?<=: ))the (?:[a-z'’]{2,15} ){0,2}[a-z'’]{2,15},\s+|"
    r"\bpo box \d+,?\s+)"
    r"[^,\n.;!?]{3,40}(?:(?:,|\n|,\n)\s?[^,\n.;!?]{2,40}){0,5}",
    re.IGNORECASE,
)


def sender_address(email: Email, letter: Told | None) -> str | None:
    """The address the sender gives for a letter, in their spelling; None if they give none.

    Taken from where they ask for a letter onwards, else from the end of the message: an address elsewhere is more often
    the service's.
    """
    after = email.text[letter.start :] if letter and letter.part == "text" else ""
    own = re.search(r"\bmy (?:home |postal |own )?address(?: is|:)", email.text, re.IGNORECASE)
    places = [after[:400], email.text[own.end() : own.end() + 200] if own else "", email.text[-220:], email.signature]
    for text in places if letter or own else []:
        for candidate in _addresses(text):
            return candidate
    return _address_after_name(email)


def _address_told(email: Email, book: PhraseBook) -> Told | None:
    """An address where the words just before it speak of letters or of having no email."""
    for end, _ in _placed_addresses(email.text):
        start = max(0, end - FARTHEST_ADDRESS)
        before = email.text[start:end].replace("’", "'")
        for phrase in book.of("letter_address"):
            words = phrase.pattern.search(before)
            if words and not (phrase.unless and phrase.unless.search(before)):
                return Told(phrase.name, start + words.start(), start + words.end(), "text", phrase.clause)
    return None


def _address_after_name(email: Email) -> str | None:
    """An address that the sender's own surname stands before, as on an envelope."""
    surname = email.sender.name.split()[-1] if _display_name_is_real(email) else ""
    named = re.search(rf"\b{re.escape(surname)}[,:\n]\s*", email.text) if len(surname) > 2 else None
    return next(_addresses(email.text[named.end() : named.end() + 200]), None) if named else None


def _addresses(text: str) -> Iterator[str]:
    return (written for _, written in _placed_addresses(text))


def _placed_addresses(text: str) -> Iterator[tuple[int, str]]:
    """Where each address starts and how it is written; none that the words before it give to a service."""
    for match in _ADDRESS.finditer(text):
        written = match.group()
        if _OF_A_SERVICE.search(text[max(0, match.start() - 60) : match.start()]):
            continue
        postcode = POSTCODE.search(written)
        if postcode:
            yield match.start(), written[: postcode.end()].strip()
        elif (
            re.search(rf"\b{_STREET}\b", written[:45], re.IGNORECASE)
            and "," in written
            and not _NO_ADDRESS.match(written)
        ):
            yield match.start(), written.strip(" ,")


# ---- Names -----------------------------------------------------------------------------------------------------------

LONGEST_SIGN_OFF = 60
"""Characters of a line that may be a name with a post after it; a longer one is a sentence."""

_THROWAWAY = re.compile(
    r"(?<![a-z])anon|notanon|maildrop|mail-?drop|letter-?drop|(?<![a-z])temp(?!le|er|est)|temp-?(?:mail|inbox|box)|"
    r"throw-?(?:away|mail|box)|guerr?illa|burner|burn-?(?:box|post|mail)|disposable|trash|10min|mailinator|yopmail|"
    r"inbucket|guest-?inbox|nowhere|noname|no-name|hidden|hide-?(?:mail|me)|private-?relay|discard|one-?time|one-?use|"
    r"single-?use|dispos|hush|spent-?mail|bin-?post|off-?the-?record|whistle|nobody|unknown|secret|"
    r"cloaked|shred|not\W?my\W?name|justthisonce|tipoff",
)
_SAYS_NO_NAME = re.compile(
    r"\W*(?:anon(?:ymous)?\b.*|no[ -]?name\b.*|(?:prefer )?not (?:to )?say(?:ing)?|(?:name )?withheld|nobody|x+|)\W*",
    re.IGNORECASE,
)
"""A display name that says there is none to be had, or is but a mark."""

_ORGANISATION = re.compile(r"school|academy|college|pupil|student|\.sch\b|\.ac\b|council|gov|nhs|police")
_ALIAS = re.compile(
    r"\b(?:anon\w*|concerned|worried|neighbou?rs?|nobody|no ?one|no ?name|someone|somebody|whistle\w*|citizen|member|"
    r"insider|friend|well ?wisher|owl|truth|watch\w*|night|voice|ex|former|staff|worker|parent|mum|mam|mother|dad|"
    r"grand\w+|nan|granda|resident|person|"
    r"matron|medic|boarder|practitioner|healthcare|waker|escort|therapist|governor|"
    r"guest|user|unknown|withheld|doe|fed|enough|public|local|tenant|passer|carer|employee|sender|private|a|an|the|"
    r"one|who|not|hidden|secret|quiet|ghost|shadow|mouse|info|temp\w*|burner|throw\w*|eyes|ears|xx+|desperate|scared|"
    r"frightened|upset|lost|tired|angry|please|help|me|us|you|dienw|"
    r"assistant|warden|teacher|tutor|nurse|officer|cook|advocate|electrician|driver|social|duty|deputy|manager|"
    r"support|bursar|clerk|coach|relief|agency|care|keyworker|supervisor|supervising|housekeeper|cleaner|leader|"
    r"kitchen|foster|ward|visitor|visiting|therapist|counsellor|pupil|student|trainee|lad|lass|girl|boy|thanks?|"
    r"thank|regards|sincerely|faithfully|wishes|cheers|ta|best|kind|yours|sent|bye|diolch|hello|hi|dear|sorry|yes|no|"
    r"ok|team|office|account|mail|email|home|house|shift)\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"(?:(?:mr|mrs|ms|miss|dr|prof|rev|sir|cllr|sister|fr)\.? )?[A-ZÀ-Ý][\w'’-]{0,30}\.?(?: (?:(?:de|van|"
    r"von|der|al|bin|ap|ab|ferch|le|la|du|o) )?[A-ZÀ-Ý][\w'’-]{0,30}\.?){0,3}"
)
_SIGNED = re.compile(
    r"(?:^|\s)(?:from|love|regards|thanks|thank you|cheers|sincerely|faithfully|ta|wishes|diolch|gan|"
    r"cofion|yours|best)\b[\s,.!x-]*\n?\s*([\w'’ .-]{2,40}?)[\sxX.,!-]*$",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    r"\b(?:[Mm]y name(?: is|'?s)|MY NAME IS|[Mm]y names|(?:fy enw i|[Ee]nw i) (?:yw|ydy)|I am called|"
    r"[Ii]'?m called|[Tt]his is)\s+([\w'’-]{2,20})\b(?! (?:on|not|in|out|kept|being))"
)


def signed_name(email: Email) -> str | None:
    """The name the sender signs or introduces themselves with, None where there is none or it is an alias."""
    introduced = _INTRODUCED.search(email.text)
    if introduced and introduced[1][0].isupper() and not _ALIAS.search(introduced[1]):
        return introduced[1]
    shown = email.sender.name
    if _display_name_is_real(email) and re.search(rf"\b(?:I am|I['’]?m|it['’]?s) {re.escape(shown)}\b", email.text):
        return shown
    signature = [
        line for line in email.signature.split("\n")[:3] if not re.match(r"(?i)sent from|get outlook|--", line)
    ]
    own = [line.strip() for line in email.text.rstrip().split("\n") if line.strip()]
    for line in [*reversed(own[-4:]), *signature]:
        name = _name_in(line)
        if name:
            return name
    closing = _SIGNED.search(email.text.rstrip()[-80:])
    return closing[1].strip() if closing and _is_short_name(closing[1]) else None


def _name_in(line: str) -> str | None:
    """A line that is nothing but a name, with what follows a comma (a post, a place) left off."""
    bare = re.split(r"[,(|–]| - ", line.strip(" -–~*_.!"))[0].strip(" .xX") or line.strip()
    if len(line) > LONGEST_SIGN_OFF or len(bare.split()) > 5 or not _NAME.fullmatch(bare) or _ALIAS.search(bare):
        return None
    return bare


def _is_short_name(words: str) -> bool:
    return len(words.split()) <= 3 and not _ALIAS.search(words) and not any(letter.isdigit() for letter in words)


def _display_name_is_real(email: Email) -> bool:
    name = email.sender.name.strip()
    initials = name.isupper() and len(name) <= 4
    return bool(_NAME.fullmatch(name) and not initials and not _ALIAS.search(name) and not re.search(r"\d", name))


def _throwaway(email: Email) -> bool:
    local, domain = email.sender.local_part, email.sender.domain
    mostly_digits = sum(letter.isdigit() for letter in local) * 2 > len(local) and not re.match(r"0?7\d{8,}", local)
    numbered = mostly_digits and not _ORGANISATION.search(domain)
    return bool(_THROWAWAY.search(domain) or _THROWAWAY.search(local) or numbered)


def _anonymity(email: Email, book: PhraseBook) -> tuple[bool, tuple[Evidence, ...]]:
    """Nameless by their own word, or unsigned and hiding who they are. A real name signed or shown ends it."""
    if signed_name(email) or (_display_name_is_real(email) and " " in email.sender.name.strip()):
        return False, ()
    told = first_told(email, book.of("no_name_given"))
    if told is None and not _display_name_is_real(email):
        told = _alias_signed(email) or _hides(email, book)
        if told is None:
            return not email.automatic and (_throwaway(email) or _shows_no_name(email)), ()
    return told is not None, (evidence_of(email, told, "anonymous", "true"),) if told else ()


def _shows_no_name(email: Email) -> bool:
    """Whether a name is shown that says there is none ("Anonymous"); an empty one may be mere habit."""
    return bool(email.sender.name.strip() and _SAYS_NO_NAME.fullmatch(email.sender.name.strip()))


def _hides(email: Email, book: PhraseBook) -> Told | None:
    """Where somebody who shows no name asks to be kept out of it, or for no reply: they mean to give none."""
    shown = email.sender.name.strip()
    if shown and not _ALIAS.search(shown) and not _SAYS_NO_NAME.fullmatch(shown):
        return None
    kept_out = first_told(email, book.of("confidentiality_requested"))
    return _under("P24", kept_out or _asked_for_silence(email, book))


def _alias_signed(email: Email) -> Told | None:
    """A last line such as "A worried neighbour": somebody who chose not to sign."""
    last = email.text.rstrip().rpartition("\n")[2].strip()
    start = email.text.rfind(last) if last else -1
    words = (
        r"(?:a |an |one |your )?(?:very |deeply |extremely )?(?:concerned|worried|anonymous|anon|"
        r"frightened|scared|desperate|former|ex|disgusted|angry|fed up|upset|caring|local|"
        r"sad)[\s-](?:\w+\s?){1,4}[.!]?"
    )
    if start >= 0 and re.fullmatch(words, last, re.IGNORECASE):
        return Told("signed-with-an-alias", start, start + len(last), "text", "P24")
    return None
