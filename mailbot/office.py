"""What works on messages together: the parts that store, read, judge, file and write, and what came of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mailbot.config import Acknowledgements
from mailbot.domain import Assessment, Email, RawMail

if TYPE_CHECKING:
    from mailbot.cases.arrivals.aside import Aside
    from mailbot.cases.arrivals.ledger import Ledger
    from mailbot.cases.oversight.standing import Standings
    from mailbot.cases.store import Store
    from mailbot.correspondence.compose import Composer
    from mailbot.correspondence.own_words import OwnWords


def never() -> bool:
    """Whether a run is to end early: not unless somebody says so."""
    return False


class Assessor(Protocol):
    """Judges messages: one assessment for each email, in order."""

    def assess(self, emails: Sequence[Email]) -> list[Assessment]: ...

    def unjudged(self, email: Email) -> Assessment:
        """What stands for a judgement where a person files a message by hand."""

    def sees_danger(self, text: str) -> bool:
        """Whether words of live danger stand anywhere in a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The parts that turn bytes into filed cases, put together in `mailbot.parts`.

    Those that read, judge and write may be built with the first message: `mailbot.later`.
    """

    ledger: Ledger
    store: Store
    aside: Aside
    standings: Standings
    parse: Callable[[RawMail], Email]
    assessor: Assessor
    composer: Composer
    own_words: OwnWords
    own_addresses: frozenset[str]
    caps: Acknowledgements


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a run did with a mailbox. `left` were not taken in and stay on the server for the next run."""

    new: int = 0
    filed: int = 0
    set_aside: int = 0
    left: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            new=self.new + other.new,
            filed=self.filed + other.filed,
            set_aside=self.set_aside + other.set_aside,
            left=self.left + other.left,
        )
