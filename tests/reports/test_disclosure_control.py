"""No withheld count can be worked out: a solver tries, with every published figure at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from mailbot.reports.disclosure_control import Figures, Shown, controlled, rounded

THRESHOLD = 5
SITUATIONS = ("child", "systemic", "quality", "breach", "none")
SERVICES = ("homes", "authority", "fostering", "centres", "boarding", "special", "other")
ACTIONS = ("refer", "ask", "forward", "hold", "inspect")
PUBLISHED_IN_2018 = {"homes": 178, "authority": 78, "fostering": 10, "centres": 3, "boarding": 3, "special": 1}
ALL_BUT_TWO_OF_SEVEN = Figures(
    total=7,
    further=5,
    by_action={"hold": 5, "ask": 0},
    by_situation={"child": 7},
    by_service={"homes": 7},
    apart={"unread": 0},
)


@dataclass
class Reader:
    """Somebody who knows every published figure, how the report is made, and what each table adds up to."""

    names: list[str]
    at_most_zero: list[dict[str, float]] = field(default_factory=list)
    bounds: dict[str, tuple[float, float | None]] = field(default_factory=dict)

    def learns(self, shown: int | None, name: str, rounding: int, least: int) -> None:
        slack = rounding // 2
        self.bounds[name] = (least, None) if shown is None else (max(shown - slack, 0), shown + slack)

    def knows_sum(self, parts: list[str], whole: str) -> None:
        row = dict.fromkeys(parts, 1.0) | {whole: -1.0}
        self.at_most_zero += [row, {name: -factor for name, factor in row.items()}]

    def knows_no_more(self, part: str, whole: str) -> None:
        self.at_most_zero.append({part: 1.0, whole: -1.0})

    def interval(self, name: str) -> tuple[float, float]:
        """The least and the most that a figure can be."""
        bounds = [self.bounds[one] for one in self.names]
        rows = np.array([[row.get(one, 0.0) for one in self.names] for row in self.at_most_zero])
        ends = []
        for sign in (1.0, -1.0):
            aim = [sign if one == name else 0.0 for one in self.names]
            found = linprog(aim, A_ub=rows, b_ub=np.zeros(len(rows)), bounds=bounds, method="highs")
            assert found.status in (0, 3), f"the published figures contradict each other: {found.message}"
            ends.append(sign * found.fun if found.status == 0 else sign * -np.inf)
        return ends[0], ends[1]


def reader_of(shown: Shown, figures: Figures, rounding: int = 1) -> Reader:
    tables: dict[str, Mapping[str, int | None]] = {
        "action": shown.by_action,
        "situation": shown.by_situation,
        "service": shown.by_service,
    }
    names = ["total", "further", "actions", "services"]
    reader = Reader(names)
    reader.learns(shown.total, "total", rounding, 0)
    reader.learns(shown.further, "further", rounding, 0)
    if shown.further_at_least is not None:
        reader.bounds["further"] = (shown.further_at_least, None)
    # What the rows add up to is not published where they may overlap; this reader knows it all the same, except where
    # everything is withheld.
    for whole, true in (("actions", figures.by_action), ("services", figures.by_service)):
        reader.learns(sum(true.values()) if shown.total is not None else None, whole, rounding, 0)
    if shown.further is None and shown.further_at_least is None:
        reader.bounds["actions"] = (0, None)
    for table, counts in tables.items():
        least = 0 if all(count is None for count in counts.values()) else 1
        cells = [f"{table} {name}" for name in counts]
        names += cells
        for cell, count in zip(cells, counts.values(), strict=True):
            reader.learns(count, cell, rounding, least)
            reader.knows_no_more(cell, "further" if table == "action" else "total")
        reader.knows_sum(cells, {"action": "actions", "situation": "total", "service": "services"}[table])
    reader.knows_no_more("further", "total")
    reader.knows_no_more("further", "actions")
    return reader


def withheld(shown: Shown) -> list[str]:
    found = [name for name, count in (("total", shown.total), ("further", shown.further)) if count is None]
    tables = (("action", shown.by_action), ("situation", shown.by_situation), ("service", shown.by_service))
    return found + [f"{table} {name}" for table, counts in tables for name, count in counts.items() if count is None]


@st.composite
def years(draw: st.DrawFn) -> Figures:
    """A year of disclosures, each with a situation, one service or two, and any number of actions."""
    total = draw(st.one_of(st.integers(0, 12), st.integers(0, 300)))
    seed = draw(st.integers(0, 2**32 - 1))
    chance = np.random.default_rng(seed)

    def shares(count: int) -> np.ndarray:
        return chance.dirichlet(np.full(count, draw(st.sampled_from([0.05, 0.3, 1.0]))))

    situations = chance.choice(len(SITUATIONS), size=total, p=shares(len(SITUATIONS)))
    first = chance.choice(len(SERVICES), size=total, p=(of_services := shares(len(SERVICES))))
    second = chance.choice(len(SERVICES), size=total, p=of_services)
    two = chance.random(total) < draw(st.sampled_from([0.0, 0.02, 0.5]))
    acted = chance.random(total) < draw(st.sampled_from([0.0, 0.05, 0.5, 0.98, 1.0]))
    actions = chance.random((total, len(ACTIONS))) < shares(len(ACTIONS))
    actions[np.arange(total), chance.choice(len(ACTIONS), size=total)] = True
    actions &= acted[:, None]
    services = [
        {int(one), int(other)} if both else {int(one)} for one, other, both in zip(first, second, two, strict=True)
    ]
    return Figures(
        total=total,
        further=int(acted.sum()),
        by_action={name: int(actions[:, number].sum()) for number, name in enumerate(ACTIONS)},
        by_situation={name: int((situations == number).sum()) for number, name in enumerate(SITUATIONS)},
        by_service={name: sum(number in one for one in services) for number, name in enumerate(SERVICES)},
        apart={"unread": draw(st.integers(0, 20))},
    )


@settings(max_examples=80)
@given(figures=years(), rounding=st.sampled_from([1, 1, 5]))
@example(figures=ALL_BUT_TWO_OF_SEVEN, rounding=1)
def test_no_withheld_count_can_be_told_within_the_threshold(figures: Figures, rounding: int) -> None:
    shown = controlled(figures, THRESHOLD)
    if rounding > 1:
        shown = rounded(shown, rounding)
    reader = reader_of(shown, figures, rounding)

    for name in withheld(shown):
        least, most = reader.interval(name)
        assert most - least >= THRESHOLD, f"{name} can only be {least} to {most}: {shown}"
    true = {"total": figures.total, "further": figures.further}
    assert all(true[name] >= THRESHOLD or true[name] == 0 for name in true if name not in withheld(shown))
    assert shown.apart["unread"] is None or not 0 < figures.apart["unread"] < THRESHOLD


@settings(max_examples=80)
@given(figures=years())
def test_every_small_count_is_withheld_and_every_other_figure_is_the_true_one(figures: Figures) -> None:
    shown = controlled(figures, THRESHOLD)

    tables = ((figures.by_action, shown.by_action), (figures.by_situation, shown.by_situation))
    for counts, published in (*tables, (figures.by_service, shown.by_service)):
        for name, count in counts.items():
            assert published[name] is None if 0 < count < THRESHOLD else published[name] in (None, count)
    if shown.further_at_least is not None:
        assert shown.further_at_least <= figures.further


def test_the_counts_of_2017_18_lose_the_small_ones_and_one_that_would_tell_them() -> None:
    figures = Figures(
        total=271,
        further=200,
        by_action={"hold": 200},
        by_situation={"child": 42, "systemic": 84, "quality": 96, "breach": 49},
        by_service=PUBLISHED_IN_2018,
        apart={},
    )

    shown = controlled(figures, THRESHOLD)

    assert shown.by_situation == figures.by_situation
    small = ("centres", "boarding", "special")
    assert [shown.by_service[name] for name in small] == [None, None, None]
    # with noughts shown, 3 + 3 + 1 alone would leave each of them 1 to 5: the next smallest count goes with them
    assert shown.by_service["fostering"] is None
    assert (shown.by_service["homes"], shown.by_service["authority"]) == (178, 78)


def test_where_all_but_a_few_led_to_action_only_a_lower_bound_is_said() -> None:
    few = Figures(total=271, further=269, by_action={"hold": 269}, by_situation={}, by_service={}, apart={})

    shown = controlled(few, THRESHOLD)

    assert (shown.total, shown.further, shown.further_at_least) == (271, None, 262)
    assert shown.by_action == {"hold": None}
