"""By when a case is to be reviewed: round the clock, or in working time by England's bank holidays and clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import Config, load
from mailbot.errors import ConfigError
from mailbot.targets import LONDON, Target, Targets, due_at, is_working_day, see_by, target_of
from tests.test_config import GOOD, problem, written

TARGETS = Targets()
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001
PRIORITIES = st.integers(1, 5)


def london(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON)


def due(received: datetime, target: str) -> datetime:
    return due_at(received, 1, Targets(by_priority={1: target_of(target)})).astimezone(LONDON)


@given(MOMENTS, st.timedeltas(timedelta(), timedelta(days=40)), PRIORITIES)
def test_what_comes_later_is_never_due_earlier(at: datetime, later: timedelta, priority: int) -> None:
    assert due_at(at, priority, TARGETS) <= due_at(at + later, priority, TARGETS)


@given(MOMENTS, st.integers(1, 4))
def test_what_is_more_urgent_is_never_due_later(at: datetime, priority: int) -> None:
    assert due_at(at, priority, TARGETS) <= due_at(at, priority + 1, TARGETS)


@given(MOMENTS, PRIORITIES)
def test_nothing_is_due_before_it_came(at: datetime, priority: int) -> None:
    assert due_at(at, priority, TARGETS) > at


@given(MOMENTS, st.integers(3, 5))
def test_working_time_ends_within_the_office_hours_of_a_working_day(at: datetime, priority: int) -> None:
    local = due_at(at, priority, TARGETS).astimezone(LONDON)

    assert is_working_day(local.date())
    assert time(9) < local.time() <= time(17)


@given(MOMENTS, st.integers(1, 20), st.integers(1, 20))
def test_working_time_adds_up(at: datetime, first: int, then: int) -> None:
    targets = Targets(by_priority={1: target_of(f"{first} working hours"), 2: target_of(f"{then} working hours"),
                                   3: target_of(f"{first + then} working hours")})  # fmt: skip

    assert due_at(due_at(at, 1, targets), 2, targets) == due_at(at, 3, targets)


@pytest.mark.parametrize(
    ("received", "target", "expected"),
    [
        (london(2026, 11, 24, 11), "1 working day", london(2026, 11, 25, 11)),
        (london(2026, 11, 24, 20), "1 working day", london(2026, 11, 25, 17)),
        (london(2026, 11, 27, 16), "2 working hours", london(2026, 11, 30, 10)),
        (london(2026, 11, 28, 3), "2 hours", london(2026, 11, 28, 5)),
        (london(2026, 12, 24, 15), "1 working day", london(2026, 12, 29, 15)),  # 28 December is a substitute day
        (london(2027, 3, 25, 12), "1 working day", london(2027, 3, 30, 12)),  # Easter
    ],
)
def test_bank_holidays_and_weekends_are_no_working_days(received: datetime, target: str, expected: datetime) -> None:
    assert due(received, target) == expected


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (london(2026, 3, 27, 16), london(2026, 3, 30, 16)),  # the clocks go forward on the Sunday between
        (london(2026, 10, 23, 16), london(2026, 10, 26, 16)),  # and back
    ],
)
def test_a_working_day_ends_at_the_same_hour_though_the_clocks_have_changed(
    received: datetime, expected: datetime
) -> None:
    assert due(received, "1 working day") == expected


def test_an_hour_round_the_clock_is_an_hour_though_the_clocks_change_in_it() -> None:
    received = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    assert due(received, "1 hour") - received == timedelta(hours=1)


def test_everything_is_to_be_seen_within_one_working_day() -> None:
    assert see_by(london(2026, 11, 27, 11), TARGETS) == london(2026, 11, 30, 11)


def test_office_hours_are_those_of_the_installation() -> None:
    early = Targets(by_priority={1: target_of("1 working day")}, opens=time(7, 30), closes=time(15, 30))

    assert due_at(london(2026, 11, 24, 16), 1, early) == london(2026, 11, 25, 15, 30)
    with pytest.raises(ConfigError):
        Targets(opens=time(17), closes=time(9))


@pytest.mark.parametrize("text", ["", "soon", "0 minutes", "1 week", "-1 hours", "1.5 hours", "9999 working days"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="allowed"):
        target_of(text)


def test_every_measure_is_read() -> None:
    assert [target_of(one) for one in ("90 minutes", "1 hour", "4 working hours", "2 working days")] == [
        Target(lasts=timedelta(minutes=90)),
        Target(lasts=timedelta(hours=1)),
        Target(lasts=timedelta(hours=4), working=True),
        Target(working=True, working_days=2),
    ]


def test_the_weekend_and_the_holidays_of_england_are_known() -> None:
    assert not is_working_day(date(2026, 11, 28))
    assert not is_working_day(date(2026, 8, 31)), "the summer bank holiday, which Scotland has on another day"
    assert is_working_day(date(2026, 8, 3))


def settings(folder: Path, queue: str) -> Config:
    return load(written(folder, GOOD + queue))


def test_the_configuration_sets_targets_and_keeps_those_it_does_not_name(tmp_path: Path) -> None:
    config = settings(tmp_path, '[queue]\ntargets = { 2 = "2 hours" }\noffice_opens = "08:00"\n')

    assert config.queue.in_force.by_priority[2] == Target(lasts=timedelta(hours=2))
    assert config.queue.in_force.by_priority[1] == TARGETS.by_priority[1]
    assert config.queue.in_force.opens == time(8)
    assert settings(tmp_path, "").queue.in_force == TARGETS


@pytest.mark.parametrize(
    ("queue", "key"),
    [
        ('targets = { 1 = "soon" }', "queue.targets.1"),
        ('targets = { 6 = "1 hour" }', "queue.targets.6"),
        ('office_opens = "9"', "queue.office_opens"),
        ('office_closes = "08:00"', "queue.office_closes"),
        ("target = 1", "queue.target"),
    ],
)
def test_a_mistake_in_the_configuration_names_its_key(tmp_path: Path, queue: str, key: str) -> None:
    said = problem(tmp_path, f"{GOOD}[queue]\n{queue}\n")

    assert said.startswith(key + ":")
    assert "allowed" in said


def test_the_example_names_the_keys_of_the_queue() -> None:
    text = (Path(__file__).parent.parent / "config.example.toml").read_text()

    for key in ("targets", "office_opens", "office_closes"):
        assert f"# {key} =" in text
