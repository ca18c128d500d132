"""What in a message points to others: reply tokens, references of cases, Message-IDs, the subject without its prefixes.

Only what stands in the message is gathered here; whose token or case it is, the record knows
(`mailbot.cases.arrivals.threads`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailbot.domain import Email, ThreadClues

MOST = 20
"""How many clues of each sort are followed: a message that names hundreds of cases belongs to none of them."""

_TAIL = re.compile(r"\+([a-z0-9]{24,28})$", re.IGNORECASE)
_TAGGED = re.compile(r"\+([a-z2-7]{26})@", re.IGNORECASE)
_REFERENCE = re.compile(r"\bMB-[0-9A-Z]{4}-[0-9A-Z]{4}\b", re.IGNORECASE)
_PERHAPS = re.compile(r"\bMB-[0-9A-Z]{3,5}-[0-9A-Z]{3,5}\b|\bMB-?[0-9A-Z]{4}-?[0-9A-Z]{4}\b", re.IGNORECASE)
"""A reference, or what may be one with a slip in it."""
_PREFIXES = re.compile(
    r"^(?:(?:re|fwd?|fw|aw|wg|ateb|ymlaen|sv|vs|vb|odp|antw|tr|rv|res|enc|rif)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE
)


def clues_of(email: Email) -> ThreadClues:
    """Everything in `email` that points to a case or a letter, each sort in the order it was found."""
    texts = (email.subject, email.text, email.quoted)
    returned = (email.text, email.quoted, *(attachment.text or "" for attachment in email.attachments))
    return ThreadClues(
        tokens=_first(match[1].lower() for one in email.recipients if (match := _TAIL.search(one.local_part))),
        returned_tokens=_found(_TAGGED, returned if email.automatic else ()),
        references=tuple(one.upper() for one in _found(_PERHAPS, (*texts, *email.references))),
        answers=_first(email.references),
        topic=topic_of(email.subject),
    )


def topic_of(subject: str) -> str:
    """A subject by which replies are the same as what they answer: no prefixes, capitals, references or punctuation."""
    bare = _REFERENCE.sub("", _PREFIXES.sub("", subject.strip()))
    return " ".join(re.findall(r"[^\W_]+", bare.casefold()))


def _found(pattern: re.Pattern[str], texts: Iterable[str]) -> tuple[str, ...]:
    return _first(match.group(match.lastindex or 0).lower() for text in texts for match in pattern.finditer(text))


def _first(clues: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(clues))[:MOST]
