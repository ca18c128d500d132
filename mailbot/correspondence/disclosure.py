"""Does this text give anyone away? An outgoing draft compared with what is known of the source (P22, P23).

Nothing here decides to send. A hit is a place in the draft; the verdict follows from the hits and from what the letter
is for. The service that the letter is about is never a hit as the source's employer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from mailbot.correspondence import names_told, whereabouts
from mailbot.correspondence.employers import employer
from mailbot.correspondence.few_know import few_could_know
from mailbot.correspondence.letter_text import Draft, draft_of
from mailbot.correspondence.letter_text import Giveaway as Giveaway
from mailbot.correspondence.letter_text import Hit as Hit
from mailbot.correspondence.letter_text import Source as Source
from mailbot.correspondence.roles import job
from mailbot.correspondence.service_dates import employment
from mailbot.correspondence.their_words import signature, verbatim


class LetterPurpose(StrEnum):
    REFER_TO_AUTHORITY = "refer_to_authority"
    ASK_THE_SERVICE = "ask_the_service"
    SHARE_WITH_BODY = "share_with_body"


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105  no password
    WARN = "warn"
    BLOCK = "block"


Detector = Callable[[Source, str, Draft], Iterator[Hit]]

DETECTORS: tuple[Detector, ...] = (
    *(names_told.names, names_told.initials, names_told.titled_letters, names_told.user_names, names_told.nicknames),
    *(whereabouts.addresses, whereabouts.phones, whereabouts.postal),
    *(employer, job, employment, signature, verbatim, few_could_know),
)


def check(source: Source, service_name: str, draft: str) -> list[Hit]:
    """Every place where the draft gives the source away, in its order; the same words once."""
    prepared = draft_of(draft, service_name)
    found = [hit for detect in DETECTORS for hit in detect(source, service_name, prepared)]
    kept: list[Hit] = []
    for hit in sorted(found, key=lambda one: (one.start, -(one.end - one.start))):
        if not any(one.what is hit.what and one.start <= hit.start and hit.end <= one.end for one in kept):
            kept.append(hit)
    return kept


def verdict(hits: Sequence[Hit], purpose: LetterPurpose) -> Verdict:
    """Block where identity would reach the service or another body; warn on an urgent referral, and of good guesses."""
    if not hits:
        return Verdict.PASS
    identity = any(hit.what is not Giveaway.FEW for hit in hits)
    return Verdict.BLOCK if identity and purpose is not LetterPurpose.REFER_TO_AUTHORITY else Verdict.WARN
