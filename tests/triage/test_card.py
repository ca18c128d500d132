"""The model's card tells the truth about the files that ship beside it."""

from __future__ import annotations

from typing import Literal

import pytest

from mailbot.config import shipped
from mailbot.examples import corpus
from mailbot.parts import judge
from mailbot.triage.evaluate import evaluate
from mailbot.triage.model import ENCODED, SHIPPED, WORDS, read_card
from mailbot.triage.train import Labelled

MODELS = shipped("models")

VALIDATION = [one for one in corpus(MODELS) if one.split == "validation"]


def found(examples: list[Labelled], encoder: Literal["auto", "off"]) -> dict[str, float]:
    scores = evaluate(examples, judge(encoder=encoder).assess([one.email for one in examples]))
    return {f"{score.field} {score.measure}": round(score.value, 3) for score in scores}


@pytest.mark.soak
@pytest.mark.parametrize(("name", "encoder", "nearly"), [(WORDS, "off", 0.0), (ENCODED, "auto", 0.015)])
def test_the_figures_on_the_card_are_those_that_the_model_reaches_now(
    name: str, encoder: Literal["auto", "off"], nearly: float
) -> None:
    """The encoder's 8-bit numbers differ a little between processors, so that a message or two may."""
    assert found(VALIDATION, encoder) == pytest.approx(read_card(MODELS / SHIPPED).metrics[name], abs=nearly)


def test_as_few_dangers_are_missed_as_the_card_says() -> None:
    dangers = [one for one in VALIDATION if one.labels["immediate_risk"]]
    recall = "immediate_risk recall"

    assert found(dangers, "off")[recall] == read_card(MODELS / SHIPPED).metrics[WORDS][recall]
