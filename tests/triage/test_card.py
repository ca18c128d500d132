"""The model's card tells the truth about the files that ship beside it."""

from __future__ import annotations

import os
from typing import Literal

import pytest

from mailbot.config import shipped
from mailbot.examples import corpus
from mailbot.parts import judge
from mailbot.triage.evaluate import evaluate
from mailbot.triage.model import ENCODED, SHIPPED, WORDS, read_card

MODELS = shipped("models")


in_the_soak = pytest.mark.skipif(not os.environ.get("MAILBOT_SOAK"), reason="a minute and a half: `make soak` does it")


@pytest.mark.parametrize(
    ("name", "encoder", "nearly"), [(WORDS, "off", 0.0), pytest.param(ENCODED, "auto", 0.015, marks=in_the_soak)]
)
def test_the_figures_on_the_card_are_those_that_the_model_reaches_now(
    name: str, encoder: Literal["auto", "off"], nearly: float
) -> None:
    """The encoder's 8-bit numbers differ a little between processors, so that a message or two may."""
    held = [one for one in corpus(MODELS) if one.split == "validation"]
    scores = evaluate(held, judge(encoder=encoder).assess([one.email for one in held]))
    found = {f"{score.field} {score.measure}": round(score.value, 3) for score in scores}

    assert found == pytest.approx(read_card(MODELS / SHIPPED).metrics[name], abs=nearly)
