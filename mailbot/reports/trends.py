"""Whether more is said of a service than before, or than of others of its kind: honest with small numbers.

Both answers are intervals. Concerns are taken to arrive by chance at some steady rate (a Poisson process), and the
interval holds every rate, or every ratio of rates, that fits what was counted. Only what the whole interval says is
said: where it holds 1, nothing is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

CONFIDENCE = 0.95
"""How often such an interval holds what is true: where nothing has changed, one in forty looks worse by chance."""

LEAST_DAYS_BEFORE = 90.0
"""A past that is shorter tells nothing."""

LEAST_SERVICES = 10
"""Fewer services of a kind tell nothing of what is usual for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with the least and the most that fits what was counted; `high` and `value` may be infinite."""

    value: float
    low: float
    high: float

    @property
    def is_more(self) -> bool:
        """Whether all of it is above 1."""
        return self.low > 1

    @property
    def is_less(self) -> bool:
        return self.high < 1


def rate_ratio(
    now: int, before: int, days_now: float, days_before: float, confidence: float = CONFIDENCE
) -> Interval | None:
    """How many times as often something happens now as before, exactly; None where nothing ever happened.

    Given their sum, the count of now is binomial; its share has the interval of Clopper and Pearson (1934), which holds
    the truth at least as often as `confidence` says, however few there are.
    """
    from scipy.special import betaincinv  # takes long to load

    both = now + before
    if both == 0:
        return None
    tail = (1 - confidence) / 2
    low = float(betaincinv(now, before + 1, tail)) if now else 0.0
    high = float(betaincinv(now + 1, before, 1 - tail)) if before else 1.0
    longer = days_before / days_now
    return Interval(value=_odds(now / both) * longer, low=_odds(low) * longer, high=_odds(high) * longer)


def against_past(now: int, before: int, days_now: float, days_before: float) -> Interval | None:
    """The ratio of a service's rate to its own earlier one; None where its past is too short, or both are empty."""
    return rate_ratio(now, before, days_now, days_before) if days_before >= LEAST_DAYS_BEFORE else None


def against_kind(count: int, kind: Mapping[int, int], confidence: float = CONFIDENCE) -> Interval | None:
    """The ratio of a service's rate to the mean of its kind; None where the kind is too small, or nothing was counted.

    `kind` says of how many services each count was made over the same time, this one among them. The rates of a kind
    differ as a gamma distribution does, fitted by its moments; a service's own rate, given its count, is gamma
    distributed again (empirical Bayes). A count that chance explains is thereby drawn towards what is usual.
    """
    from scipy.special import gammaincinv  # takes long to load

    services = sum(kind.values())
    total = sum(value * many for value, many in kind.items())
    if services < LEAST_SERVICES or total == 0:
        return None
    mean = total / services
    variance = sum(many * (value - mean) ** 2 for value, many in kind.items()) / (services - 1)
    if variance <= mean:
        return Interval(value=1.0, low=1.0, high=1.0)
    rate = mean / (variance - mean)
    shape, tail = mean * rate + count, (1 - confidence) / 2
    scale = 1 / ((rate + 1) * mean)
    return Interval(
        value=shape * scale,
        low=float(gammaincinv(shape, tail)) * scale,
        high=float(gammaincinv(shape, 1 - tail)) * scale,
    )


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf
