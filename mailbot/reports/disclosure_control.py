"""Which counts a published report must withhold, so that nobody can be found out from it (P21).

A count below the threshold is withheld. So are as many others of its table as it takes that no withheld count can be
worked out from what is shown: whoever knows every figure in print, and what the rows of each table add up to, must be
left with at least the threshold between the least and the most that each withheld count can be. Zeros are shown, for
they tell of nobody; a reader therefore knows that a withheld count is at least 1, and that is reckoned with. Where a
table cannot be kept safe in any other way, the whole of it is withheld, zeros with it.

Pure functions over whole numbers; tests/reports/test_disclosure_control.py attacks them with a solver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The counts of a year in clear.

    `further` counts those of the `total` on which action was decided, `by_action` each kind of it (one disclosure may
    have several). Every disclosure has one situation, and one service or two. `apart` are counts of other messages.
    """

    total: int
    further: int
    by_action: Mapping[str, int]
    by_situation: Mapping[str, int]
    by_service: Mapping[str, int]
    apart: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The counts as they may be published: None is withheld.

    Where `further` is None, `further_at_least` is what may be said of it all the same, or None.
    """

    total: int | None
    further: int | None
    further_at_least: int | None
    by_action: Mapping[str, int | None]
    by_situation: Mapping[str, int | None]
    by_service: Mapping[str, int | None]
    apart: Mapping[str, int | None]


def in_clear(figures: Figures) -> Shown:
    """Everything as it is: for those who may read each case, or where it was decided and recorded (P21)."""
    return Shown(
        total=figures.total,
        further=figures.further,
        further_at_least=None,
        by_action=figures.by_action,
        by_situation=figures.by_situation,
        by_service=figures.by_service,
        apart=figures.apart,
    )


def controlled(figures: Figures, threshold: int) -> Shown:
    """What of the figures may be published, no count in it that tells of fewer than `threshold`."""
    apart = {name: None if _is_small(count, threshold) else count for name, count in figures.apart.items()}
    if _is_small(figures.total, threshold):
        return Shown(
            total=None,
            further=None,
            further_at_least=None,
            by_action=dict.fromkeys(figures.by_action),
            by_situation=dict.fromkeys(figures.by_situation),
            by_service=dict.fromkeys(figures.by_service),
            apart=apart,
        )
    further, at_least = _further(figures, threshold)
    if further is None and at_least is None:
        by_action: Mapping[str, int | None] = dict.fromkeys(figures.by_action)
    else:
        most = figures.total if further is None else further
        too_many = {} if at_least is None else {n: c for n, c in figures.by_action.items() if c > at_least}
        by_action = _table(figures.by_action, most, threshold, too_many)
    return Shown(
        total=figures.total,
        further=further,
        further_at_least=at_least,
        by_action=by_action,
        by_situation=_table(figures.by_situation, figures.total, threshold),
        by_service=_table(figures.by_service, figures.total, threshold),
        apart=apart,
    )


def rounded(shown: Shown, to: int) -> Shown:
    """The same with every count rounded to the nearest multiple of `to`: it can only tell less."""

    def near(count: int | None) -> int | None:
        return None if count is None else to * ((2 * count + to) // (2 * to))

    def all_near(counts: Mapping[str, int | None]) -> dict[str, int | None]:
        return {name: near(count) for name, count in counts.items()}

    least = shown.further_at_least
    return replace(
        shown,
        total=near(shown.total),
        further=near(shown.further),
        further_at_least=None if least is None else least - least % to,
        by_action=all_near(shown.by_action),
        by_situation=all_near(shown.by_situation),
        by_service=all_near(shown.by_service),
        apart=all_near(shown.apart),
    )


def _is_small(count: int, threshold: int) -> bool:
    return 0 < count < threshold


def _further(figures: Figures, threshold: int) -> tuple[int | None, int | None]:
    """The number with further action; else what may be said of it where only a few, or all but a few, had any."""
    if _is_small(figures.further, threshold):
        return None, None
    if _is_small(figures.total - figures.further, threshold):
        least = figures.total - (2 * threshold - 1)
        return None, least if least > 0 else None
    return figures.further, None


def _table(
    counts: Mapping[str, int], most: int, threshold: int, also: Mapping[str, int] | None = None
) -> dict[str, int | None]:
    """A table's counts, those withheld as None. No count of it can exceed `most`; `also` are withheld in any case."""
    withheld = {name for name, count in counts.items() if _is_small(count, threshold)} | set(also or ())
    if not withheld:
        return dict(counts)
    others = sorted((count, name) for name, count in counts.items() if count and name not in withheld)
    for _, name in [*others, (0, "")]:
        if _room([counts[one] for one in withheld], most) >= threshold:
            return {one: None if one in withheld else count for one, count in counts.items()}
        withheld.add(name)
    return dict.fromkeys(counts)


def _room(withheld: Sequence[int], most: int) -> int:
    """What lies between the least and the most that each withheld count can be, for whoever knows their sum."""
    added, others = sum(withheld), len(withheld) - 1
    return min(added - others, most) - max(1, added - others * most)
