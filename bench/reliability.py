"""How honest the probabilities are: `python -m bench.reliability` draws models/reliability.svg for the model card.

The validation part is sorted by what the model holds of each flag; each dot is a tenth of the messages: how likely the
model held them (across) against how many of them were so (up). On the line it is honest.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from mailbot.config import shipped
from mailbot.domain import Situation
from mailbot.examples import corpus
from mailbot.parts import judge
from mailbot.triage.decide import passage_of
from mailbot.triage.encoder import Encoder
from mailbot.triage.model import SHIPPED, TextModel
from mailbot.triage.train import truth

FLAGS = ("immediate_risk", *Situation)
SIDE, MARGIN = 180, 36


def main() -> None:
    models = shipped("models")
    held = [one for one in corpus(models) if one.split == "validation"]
    passages, encoder = [passage_of(one.email) for one in held], Encoder.load(models)
    read = encoder.encode([passage.text for passage in passages])
    opinions = list(TextModel.load(models / SHIPPED, encoder.digest).opinions(passages, read))
    names = judge().named
    named = [names(one.email) for one in held]
    panels = []
    for number, flag in enumerate(FLAGS):
        chances = np.array(
            [one.chances(flag, said.get(flag, {}))["true"] for one, said in zip(opinions, named, strict=True)]
        )
        wanted = np.array([truth(one.labels, flag, "true") for one in held])
        brier = float(((chances - wanted) ** 2).mean())
        panels.append(panel(number, flag, points(chances, wanted), brier))
        print(f"{flag}: Brier score {brier:.3f}, mean chance {chances.mean():.3f}, share {wanted.mean():.3f}")
    width, height = len(FLAGS) * (SIDE + MARGIN) + MARGIN, SIDE + 2 * MARGIN + 16
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="arial, sans-serif" font-size="12" role="img">\n<title>Reliability of the flags on {len(held)} '
        f'validation messages</title>\n<rect width="{width}" height="{height}" fill="#fff"/>\n'
        + "\n".join(panels)
        + "\n</svg>\n"
    )
    (models / "reliability.svg").write_text(drawing, encoding="utf-8")


def points(chances: np.ndarray, wanted: np.ndarray) -> list[tuple[float, float]]:
    """For each tenth of the messages, ordered by chance: the mean chance and the share that was so."""
    order = np.argsort(chances)
    return [(float(chances[part].mean()), float(wanted[part].mean())) for part in np.array_split(order, 10)]


def panel(number: int, flag: str, dots: Sequence[tuple[float, float]], brier: float) -> str:
    left, top = MARGIN + number * (SIDE + MARGIN), MARGIN
    marks = "".join(
        f'<circle cx="{left + x * SIDE:.1f}" cy="{top + SIDE - y * SIDE:.1f}" r="4" fill="#1d70b8"/>' for x, y in dots
    )
    return (
        f'<text x="{left}" y="{top - 10}" font-weight="bold">{escape(flag)}</text>'
        f'<rect x="{left}" y="{top}" width="{SIDE}" height="{SIDE}" fill="none" stroke="#b1b4b6"/>'
        f'<line x1="{left}" y1="{top + SIDE}" x2="{left + SIDE}" y2="{top}" stroke="#b1b4b6" stroke-dasharray="4"/>'
        f'{marks}<text x="{left}" y="{top + SIDE + 16}">held likely: 0 to 1, Brier {brier:.3f}</text>'
    )


if __name__ == "__main__":
    main()
