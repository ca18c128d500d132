"""Charts as SVG, drawn here so that they show without JavaScript, in print and under a strict content policy.

What a chart tells never hangs on colour: values are written at the bars, lines differ in dashes and marks and carry
their names. Whoever uses a screen reader hears the title and the description; the figures stand in a table beside it.
"""

from __future__ import annotations

import hashlib
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence

from markupsafe import Markup

NOT_SHOWN = "not shown"
"""What stands at a bar whose value is None: withheld, or not known."""

WIDTH = 480
"""The width of a chart in its own units; a page shows it as wide as it may."""

_TEXT, _LINE_HEIGHT, _MOST_LETTERS = 16, 20, 56
_BAR_HEIGHT, _BETWEEN = 22, 12
_VALUE_WIDTH = 84
_PLOT_LEFT, _PLOT_TOP, _PLOT_HEIGHT, _MOST_LABELS = 44, 12, 200, 4
_COLOURS = ("#1d70b8", "#942514", "#0f7a52", "#54319f", "#b5501b")
_DASHES = ("none", "8 4", "2 4", "12 4 2 4", "5 5")
_MARKS = (
    "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0Z",
    "M-4,-4H4V4H-4Z",
    "M0,-5L5,4H-5Z",
    "M0,-5L5,0L0,5L-5,0Z",
    "M-5,-4H5L0,5Z",
)


def bars(title: str, description: str, rows: Sequence[tuple[str, int | None]]) -> Markup:
    """A bar for each (name, count), the count written at its end; None draws no bar and says `NOT_SHOWN`."""
    most = max((value or 0 for _, value in rows), default=0) or 1
    drawn, top = [], 0
    for name, value in rows:
        lines = textwrap.wrap(name, _MOST_LETTERS) or [""]
        for line in lines:
            top += _LINE_HEIGHT
            drawn.append(_text(0, top - 4, line))
        length = round((WIDTH - _VALUE_WIDTH) * (value or 0) / most)
        if value:
            drawn.append(
                Markup('<rect class="chart__bar" x="0.5" y="{}" width="{}" height="{}" fill="{}" stroke="{}"/>').format(
                    top + 0.5, max(length - 1, 1), _BAR_HEIGHT, _COLOURS[0], "currentColor"
                )
            )
        said = NOT_SHOWN if value is None else f"{value:,}"
        drawn.append(_text(length + 6 if value else 0, top + _BAR_HEIGHT - 5, said, weight="bold"))
        top += _BAR_HEIGHT + _BETWEEN
    return _chart(title, description, max(top, 1), drawn)


def lines(title: str, description: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Markup:
    """A line for each series over the same labels, from zero up; None leaves a gap. At most five series."""
    if len(series) > len(_COLOURS):
        raise ValueError(f"{len(series)} lines in one chart: at most {len(_COLOURS)} can be told apart")
    step = _step(max((value for values in series.values() for value in values if value is not None), default=0.0))
    top_value = step * 4
    bottom = _PLOT_TOP + _PLOT_HEIGHT

    def x(number: int) -> float:
        return round(
            _PLOT_LEFT + (WIDTH - 12 - _PLOT_LEFT) * (number / (len(labels) - 1) if len(labels) > 1 else 0.5), 1
        )

    def y(value: float) -> float:
        return round(bottom - _PLOT_HEIGHT * value / top_value, 1)

    drawn = _grid(step, y)
    every = max(1, math.ceil(len(labels) / _MOST_LABELS))
    for number in range(0, len(labels), every):
        anchor = "start" if number == 0 and len(labels) > 1 else "end" if number == len(labels) - 1 > 0 else "middle"
        drawn.append(_text(x(number), bottom + _LINE_HEIGHT, labels[number], anchor=anchor))
    for place, (name, values) in enumerate(series.items()):
        key = bottom + _LINE_HEIGHT * (place + 2)
        drawn += [_stroke(place, f"M{_PLOT_LEFT},{key}H{_PLOT_LEFT + 48}"), _mark(place, _PLOT_LEFT + 24, key)]
        drawn.append(_text(_PLOT_LEFT + 58, key + 5, name))
        points = [(x(number), None if value is None else y(value)) for number, value in enumerate(values)]
        drawn.append(_stroke(place, _path(points)))
        drawn += [_mark(place, across, up) for across, up in points if up is not None]
    return _chart(title, description, bottom + _LINE_HEIGHT * (len(series) + 2), drawn)


def _grid(step: float, y: Callable[[float], float]) -> list[Markup]:
    """The lines across at each step up, with what they stand for."""
    drawn = []
    for number in range(5):
        drawn.append(
            Markup('<path d="M{},{}H{}" stroke="currentColor" stroke-opacity="{}"/>').format(
                _PLOT_LEFT, y(number * step), WIDTH, 0.2 if number else 1
            )
        )
        drawn.append(_text(_PLOT_LEFT - 6, y(number * step) + 5, f"{number * step:g}", anchor="end"))
    return drawn


def _step(most: float) -> float:
    """A fourth of the scale: 1, 2, 2.5 or 5 times a power of ten, so that four of them reach `most`."""
    least = max(most, 1.0) / 4
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= least)


def _path(points: Sequence[tuple[float, float | None]]) -> str:
    """A line through the points, broken where one is not there."""
    written, pen_is_down = [], False
    for across, up in points:
        if up is not None:
            written.append(f"{'L' if pen_is_down else 'M'}{across},{up}")
        pen_is_down = up is not None
    return "".join(written)


def _stroke(place: int, path: str) -> Markup:
    return Markup(
        '<path class="chart__line" d="{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>'
    ).format(path, _COLOURS[place], _DASHES[place])


def _mark(place: int, across: float, up: float) -> Markup:
    return Markup('<path class="chart__mark" d="{}" transform="translate({},{})" fill="{}"/>').format(
        _MARKS[place], across, up, _COLOURS[place]
    )


def _text(across: float, up: float, text: str, *, anchor: str = "start", weight: str = "normal") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" font-weight="{}">{}</text>').format(
        across, up, anchor, weight, text
    )


def _chart(title: str, description: str, height: int, drawn: Sequence[Markup]) -> Markup:
    inside = Markup("").join(drawn)
    name = "chart-" + hashlib.sha256(f"{title}\n{description}\n{inside}".encode()).hexdigest()[:12]
    return Markup(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        'height="{height}" role="img" aria-labelledby="{name}-title {name}-description" font-size="{size}" '
        'font-family="arial, sans-serif" fill="currentColor">'
        '<title id="{name}-title">{title}</title><desc id="{name}-description">{description}</desc>{inside}</svg>'
    ).format(width=WIDTH, height=height, name=name, size=_TEXT, title=title, description=description, inside=inside)
