"""The model's card tells the truth about the file that ships beside it."""

from __future__ import annotations

from mailbot.__main__ import judge, labelled
from mailbot.config import shipped
from mailbot.triage.evaluate import evaluate
from mailbot.triage.model import read_card

MODELS = shipped("models")


def test_the_figures_on_the_card_are_those_that_the_model_reaches_now() -> None:
    files = sorted((MODELS / "corpus").glob("*.jsonl"))
    held = [one for file in files for one in labelled(file) if one.split == "validation"]
    scores = evaluate(held, judge().assess([one.email for one in held]))

    metrics = dict(read_card(MODELS).metrics)
    assert metrics.pop("validation messages") == len(held)
    assert metrics == {f"{score.field} {score.measure}": round(score.value, 3) for score in scores}
