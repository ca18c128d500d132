"""Marked words: the text stays whole, and danger wears its own mark wherever flags overlap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain import Evidence, Situation
from mailbot.web import words
from mailbot.web.highlight import pieces

FLAGS = st.sampled_from([("immediate_risk", "true"), ("situations", "child_at_risk"), ("contact", "post")])


def evidence(flag: tuple[str, str], start: int, end: int) -> Evidence:
    field, value = flag
    return Evidence(field=field, value=value, text="", start=start, end=end, source="model", score=1, clause="P8")


@given(st.text(max_size=60), st.lists(st.tuples(FLAGS, st.integers(0, 60), st.integers(0, 60)), max_size=6))
def test_the_pieces_are_the_whole_text_in_order(text: str, spans: list[tuple[tuple[str, str], int, int]]) -> None:
    found = pieces(text, [evidence(flag, min(start, end), max(start, end)) for flag, start, end in spans])

    assert "".join(piece.text for piece in found) == text


def test_danger_is_shown_first_where_flags_overlap() -> None:
    danger, risk = evidence(("immediate_risk", "true"), 4, 8), evidence(("situations", Situation.CHILD_AT_RISK), 0, 10)
    found = pieces("0123456789", [risk, danger])

    assert [(piece.text, piece.strongest) for piece in found] == [
        ("0123", "child_at_risk"),
        ("4567", "immediate_risk"),
        ("89", "child_at_risk"),
    ]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 11, 24, 16, 50, tzinfo=UTC), "24 November 2026, 4:50pm"),
        (datetime(2026, 7, 1, 23, 5, tzinfo=UTC), "2 July 2026, 12:05am"),
        (datetime(2026, 7, 1, 11, 0, tzinfo=UTC), "1 July 2026, 12:00pm"),
    ],
)
def test_times_are_written_as_staff_write_them_in_london(at: datetime, said: str) -> None:
    assert words.moment(at) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "0 minutes"), (1, "1 minute"), (59, "59 minutes"), (60, "1 hour"), (1439, "23 hours"), (2880, "2 days")],
)
def test_ages_are_told_in_the_largest_unit(minutes: int, said: str) -> None:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    assert words.age(now - timedelta(minutes=minutes), now) == said
