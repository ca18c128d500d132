"""Every hour has somebody on duty, and somebody who may see a restricted case; the file says so or is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain import Role
from mailbot.errors import ConfigError
from mailbot.rota import DAYS, LONDON, Rota, RotaFile, Shift

WHOLE = """
manager = "lead@example.gov.uk"
[[shift]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
to = "18:00"
people = ["ann@example.gov.uk", "wb@example.gov.uk"]
[[shift]]
days = ["mon", "tue", "wed", "thu", "fri"]
from = "18:00"
to = "08:00"
people = ["wb@example.gov.uk"]
[[shift]]
days = ["sat", "sun"]
from = "00:00"
to = "24:00"
people = ["bob@example.gov.uk", "wb@example.gov.uk"]
[[shift]]
days = ["sun"]
from = "20:00"
to = "08:00"
people = ["wb@example.gov.uk"]
[[instead]]
dates = [2026-12-25]
from = "00:00"
to = "24:00"
people = ["wb@example.gov.uk"]
"""
ROLES = {
    "lead@example.gov.uk": Role.DUTY_MANAGER,
    "ann@example.gov.uk": Role.OFFICER,
    "bob@example.gov.uk": Role.OFFICER,
    "wb@example.gov.uk": Role.WHISTLEBLOWING_OFFICER,
}
TODAY = date(2026, 11, 26)


def rota(tmp_path: Path, text: str = WHOLE) -> Rota:
    (tmp_path / "rota.toml").write_text(text)
    return Rota.load(tmp_path / "rota.toml")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 26, 9, 0, tzinfo=UTC), ("ann@example.gov.uk", "wb@example.gov.uk")),
        (datetime(2026, 11, 26, 23, 59, tzinfo=UTC), ("wb@example.gov.uk",)),
        (datetime(2026, 11, 27, 7, 59, tzinfo=UTC), ("wb@example.gov.uk",)),
        (datetime(2026, 11, 28, 7, 30, tzinfo=UTC), ("bob@example.gov.uk", "wb@example.gov.uk")),
        (datetime(2026, 7, 6, 7, 30, tzinfo=UTC), ("ann@example.gov.uk", "wb@example.gov.uk")),
        (datetime(2026, 12, 25, 9, 0, tzinfo=UTC), ("wb@example.gov.uk",)),
    ],
)
def test_whoever_is_on_duty_is_told_by_london_time(tmp_path: Path, at: datetime, expected: tuple[str, ...]) -> None:
    assert rota(tmp_path).on_duty(at) == expected


def test_a_rota_that_covers_every_hour_has_no_problem(tmp_path: Path) -> None:
    assert rota(tmp_path).problems(ROLES, TODAY) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('to = "18:00"', 'to = "17:30"', "nobody on duty on Mondays at 17:30"),
        ('days = ["sat", "sun"]', 'days = ["sun"]', "nobody on duty on Saturdays at 08:00"),
        (
            'people = ["bob@example.gov.uk", "wb@example.gov.uk"]',
            'people = ["bob@example.gov.uk"]',
            "no whistleblowing",
        ),
        (
            'from = "00:00"\nto = "24:00"\npeople = ["wb',
            'from = "09:00"\nto = "24:00"\npeople = ["wb',
            "2026-12-25 at 08:00",
        ),
        ("bob@example.gov.uk", "who@example.gov.uk", "who@example.gov.uk has no account"),
    ],
)
def test_a_gap_is_named_with_its_day_and_minute(tmp_path: Path, old: str, new: str, said: str) -> None:
    problems = rota(tmp_path, WHOLE.replace(old, new)).problems(ROLES, TODAY)

    assert any(said in one for one in problems), problems


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "manager"),
        (WHOLE.replace('"08:00"', '"8 o\'clock"', 1), 'found "8 o\'clock"'),
        (WHOLE.replace('"mon"', '"monday"', 1), "found day 'monday'"),
        (WHOLE.replace('people = ["wb@example.gov.uk"]', "people = []", 1), "found no people"),
        (WHOLE + "\nsurprise = 1\n", "surprise"),
        ("not toml", "rota.toml"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_what_was_found(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        rota(tmp_path, text)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"alerts\.rota: .*nowhere.toml cannot be read"):
        Rota.load(tmp_path / "nowhere.toml")


CLOCK = st.integers(0, 23).map("{:02d}:00".format)
SHIFTS = st.builds(
    Shift,
    days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True).map(tuple),
    begins=CLOCK,
    ends=CLOCK | st.just("24:00"),
    people=st.just(("wb@example.gov.uk",)),
)


@given(st.lists(SHIFTS, min_size=1, max_size=6))
def test_problems_are_told_exactly_where_an_hour_has_nobody(shifts: list[Shift]) -> None:
    made = Rota(RotaFile(manager="lead@example.gov.uk", shift=tuple(shifts)))
    monday = datetime(2026, 1, 5, tzinfo=LONDON)
    empty = any(not made.on_duty(monday + timedelta(hours=hour)) for hour in range(7 * 24))

    assert bool(made.problems(ROLES, TODAY)) == empty
