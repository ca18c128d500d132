"""Charts: well-formed SVG that says in words what it draws, and draws nothing where nothing is told."""

from __future__ import annotations

import pytest
from lxml import etree

from mailbot.reports.charts import bars, lines

SVG = "{http://www.w3.org/2000/svg}"


def test_bars_are_named_described_and_say_what_is_not_shown() -> None:
    chart = etree.fromstring(
        bars("Situations <of> 2017", "How many", [("At risk & more", 42), ("None", 0), ("Few", None)])
    )

    names = [one for one in chart.iter() if one.get("id")]
    assert chart.get("role") == "img"
    assert chart.get("aria-labelledby").split() == [one.get("id") for one in names]
    assert [one.text for one in names] == ["Situations <of> 2017", "How many"]
    assert [one.text for one in chart.iter(f"{SVG}text")] == ["At risk & more", "42", "None", "0", "Few", "not shown"]
    assert len(list(chart.iter(f"{SVG}rect"))) == 1
    assert not [one for one in chart.iter() if one.get("style") or one.tag == f"{SVG}style"]


def test_lines_break_where_nothing_is_known_and_differ_in_more_than_colour() -> None:
    chart = etree.fromstring(lines("By week", "Told", ["a", "b", "c"], {"One": [1, None, 2], "Two": [0, 0, 10.5]}))

    drawn = [one for one in chart.iter(f"{SVG}path") if one.get("class") == "chart__line"]
    keys, (first, second) = drawn[::2], drawn[1::2]
    assert first.get("d").count("M") == 2
    assert second.get("d").count("M") == 1
    assert keys[0].get("stroke-dasharray") != keys[1].get("stroke-dasharray")
    assert {"One", "Two"} <= {one.text for one in chart.iter(f"{SVG}text")}
    with pytest.raises(ValueError, match="told apart"):
        lines("By week", "Told", ["a"], {str(number): [1] for number in range(6)})


def test_an_empty_chart_is_a_chart() -> None:
    assert etree.fromstring(bars("Nothing", "Nothing", [])).get("role") == "img"
    assert etree.fromstring(lines("Nothing", "Nothing", [], {"One": []})).get("role") == "img"
