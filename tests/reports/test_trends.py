"""Trends of few cases: known values, and nothing said that chance explains."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reports.trends import against_kind, against_past, rate_ratio


def test_the_interval_of_a_ratio_is_the_exact_one() -> None:
    """R 4.4: poisson.test(c(11, 6 + 8 + 7), c(800, 1083 + 1050 + 878))."""
    found = rate_ratio(11, 21, 800, 3011)

    assert found is not None
    assert found.value == pytest.approx(1.971488, abs=1e-6)
    assert (found.low, found.high) == pytest.approx((0.8584264, 4.2772659), abs=1e-6)
    assert not found.is_more


def test_ten_after_two_in_as_long_a_time_is_worse_and_three_after_none_is_not() -> None:
    """The shares are those of Clopper and Pearson: 10 of 12 is 0.5159 to 0.9791."""
    worse, few = rate_ratio(10, 2, 182, 182), rate_ratio(3, 0, 182, 364)

    assert worse is not None
    assert worse.low == pytest.approx(0.5159 / 0.4841, abs=1e-3)
    assert worse.high == pytest.approx(0.9791 / 0.0209, rel=1e-2)
    assert worse.is_more
    assert few is not None
    assert few.value == math.inf
    assert few.low < 1, "three could be chance"


def test_nothing_is_said_of_a_past_that_is_too_short_or_of_nothing() -> None:
    assert against_past(9, 1, 182, 60) is None
    assert against_past(0, 0, 182, 364) is None


@given(st.integers(0, 60), st.integers(0, 60))
def test_swapping_now_and_before_turns_the_interval_over(now: int, before: int) -> None:
    there, back = rate_ratio(now, before, 100, 300), rate_ratio(before, now, 300, 100)

    assert (there is None) == (back is None) == (now + before == 0)
    if there and back:
        assert there.low <= there.value <= there.high
        assert there.low == pytest.approx(1 / back.high if back.high else math.inf, rel=1e-6)


def test_a_ratio_that_is_one_is_called_worse_as_rarely_as_promised() -> None:
    """Over every split of thirty between equal halves, weighted by how likely chance makes it."""
    splits = [(now, rate_ratio(now, 30 - now, 100, 100)) for now in range(31)]
    wrong = sum(math.comb(30, now) / 2**30 for now, found in splits if found and found.is_more)

    assert 0.005 < wrong <= 0.025


def test_a_count_is_drawn_towards_its_kind_and_marked_only_where_it_stands_out() -> None:
    """Mean 1 and variance 3 by hand: shape and rate 0.5, so that a count of n stands for (n + 0.5) / 1.5.

    The interval of 9 is that of a chi-squared of 19 degrees of freedom in printed tables, 8.907 to 32.852, over 3.
    """
    kind = {0: 18, 2: 2, 4: 4, 5: 1}
    usual, high = against_kind(1, kind), against_kind(9, kind)

    assert usual is not None
    assert usual.value == pytest.approx(1)
    assert usual.low < 1 < usual.high
    assert high is not None
    assert (high.low, high.value, high.high) == pytest.approx((8.907 / 3, 9.5 / 1.5, 32.852 / 3), abs=1e-3)
    assert high.is_more


def test_where_chance_explains_all_differences_no_service_stands_out() -> None:
    even = {0: 40, 1: 40, 2: 15, 3: 5}

    found = against_kind(3, even)
    assert found is not None
    assert not found.is_more


@pytest.mark.parametrize("kind", [{5: 3}, {0: 500}])
def test_nothing_is_said_of_a_kind_that_is_too_small_or_of_which_nothing_was_said(kind: dict[int, int]) -> None:
    assert against_kind(5, kind) is None
