"""Dangers in messages that nobody had seen who wrote the rules or the corpus: `unseen.jsonl`, half of it dangers.

Whoever wrote them had read the taxonomy alone. Nothing is learnt from them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest

from mailbot.intake.labelled import as_mail
from mailbot.intake.parse import parse
from mailbot.parts import judge

ROWS = [json.loads(line) for line in Path(__file__).with_name("unseen.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("encoder", ["off", pytest.param("auto", marks=pytest.mark.soak)])
def test_dangers_that_nobody_had_seen_are_flagged_as_the_model_card_says(encoder: Literal["auto", "off"]) -> None:
    emails = [
        parse(
            as_mail(
                {
                    "mailbox": "enquiries",
                    "date": "Tue, 24 Nov 2026 10:00:00 +0000",
                    "from_name": row["name"],
                    "from_address": row["address"],
                    "body": row["text"],
                    **row,
                }
            )
        )
        for row in ROWS
    ]
    said = {row["id"]: one.immediate_risk for row, one in zip(ROWS, judge(encoder=encoder).assess(emails), strict=True)}
    dangers = {row["id"] for row in ROWS if row["immediate_risk"]}
    flagged = {name for name, danger in said.items() if danger}
    missed, false = dangers - flagged, flagged - dangers

    print(f"{len(dangers & flagged)} of {len(dangers)} dangers flagged, {len(false)} false alarms")
    assert len(missed) <= 7, missed
    assert len(false) <= 20, false
