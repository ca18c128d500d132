"""How the model does: what officers left and what they changed, the challenger beside it, drift, dangers missed."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, current_app, g, render_template

from mailbot.cases.oversight.learning import DAYS, FLAGS, RECENT_DAYS, SAID
from mailbot.config import shipped
from mailbot.triage.artefacts import artefacts
from mailbot.triage.model import CHALLENGER, card_of

pages = Blueprint("model", __name__)

STEADY, CHANGED = 0.1, 0.25
"""Bounds of the stability index, as it is commonly read."""


@pages.get("/model")
def show() -> str:
    """The figures over the cases that this member of staff may see."""
    record = current_app.extensions["mailbot"]
    triage = record.config.triage
    return render_template(
        "model.html",
        artefacts=artefacts(shipped("models"), triage),
        figures=record.learning.figures(g.officer),
        estimate=record.second_looks.estimate(g.officer),
        agreement=record.first_answers.agreement(g.officer),
        has_challenger=card_of(Path(triage.learnt) / CHALLENGER).exists(),
        days=DAYS,
        recent_days=RECENT_DAYS,
        fields=SAID,
        flags=FLAGS,
        drift=drift_in_words,
    )


def drift_in_words(index: float) -> str:
    """What a stability index means."""
    return "steady" if index < STEADY else "some change" if index < CHANGED else "changed: look into it"
