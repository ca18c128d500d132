"""How long judging takes: `python -m bench.triage` prints a table and writes bench/triage.json.

The validation part of the corpus is judged one message at a time (as IDLE brings them) and in batches of 50, by one
process and by two, with the encoder and without. The models are loaded before the clock starts.
"""

from __future__ import annotations

import json
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Literal

from mailbot.config import shipped
from mailbot.domain import Address, Email
from mailbot.examples import corpus
from mailbot.parts import judge

BATCH = 50
EXAMPLE = Email(
    message_id="",
    sender=Address(),
    reply_to=None,
    return_path=None,
    recipients=(),
    subject="Example",
    sent_at=None,
    text="The heating is off.",
)
Encoder = Literal["auto", "off"]

_judge: Any = None


def main() -> None:
    emails = [one.email for one in corpus(shipped("models")) if one.split == "validation"]
    rows = [measured(name, encoder, emails) for name, encoder in (("with encoder", "auto"), ("without", "off"))]
    for row in rows:
        print(
            f"{row['judged']:14} one at a time: median {row['median_ms']:.1f} ms, p95 {row['p95_ms']:.1f} ms; "
            f"in batches: {row['a_second_one_process']:.0f} a second, two processes {row['a_second_two_processes']:.0f}"
        )
    Path(__file__).with_suffix(".json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def measured(name: str, encoder: Encoder, emails: Sequence[Email]) -> dict[str, Any]:
    _warm(encoder)
    single = []
    for email in emails[:200]:
        started = time.perf_counter()
        _judge.assess([email])
        single.append((time.perf_counter() - started) * 1000)
    started = time.perf_counter()
    for at in range(0, len(emails), BATCH):
        _judge.assess(emails[at : at + BATCH])
    alone = len(emails) / (time.perf_counter() - started)
    return {
        "judged": name,
        "messages": len(emails),
        "median_ms": statistics.median(single),
        "p95_ms": sorted(single)[int(len(single) * 0.95)],
        "a_second_one_process": alone,
        "a_second_two_processes": _by_two(encoder, emails),
    }


def _by_two(encoder: Encoder, emails: Sequence[Email]) -> float:
    batches = [emails[at : at + BATCH] for at in range(0, len(emails), BATCH)] * 2
    spawn = multiprocessing.get_context("spawn")  # the encoder's threads do not survive a fork
    with ProcessPoolExecutor(2, spawn, initializer=_warm, initargs=(encoder,)) as pool:
        list(pool.map(_assess, batches[:4]))  # both have started
        started = time.perf_counter()
        list(pool.map(_assess, batches))
        return 2 * len(emails) / (time.perf_counter() - started)


def _assess(batch: Sequence[Email]) -> int:
    return len(_judge.assess(batch))


def _warm(encoder: Encoder) -> None:
    global _judge
    _judge = judge(encoder=encoder)
    _judge.assess([EXAMPLE])


if __name__ == "__main__":
    main()
