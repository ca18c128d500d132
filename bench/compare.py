"""What each way of judging reaches on the validation part: `python -m bench.compare FROZEN` prints the card's table.

FROZEN is a folder that `python -m bench.tune_encoder freeze FROZEN` has written: the encoder as it comes, whose numbers
are weighed by logistic regression. Rules alone, word statistics, these with the frozen encoder, and with the tuned one
that ships; each with its milliseconds a message, judged one at a time on this machine.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression

from mailbot.config import shipped
from mailbot.examples import corpus
from mailbot.parts import judge as assessor
from mailbot.triage import train as fitting
from mailbot.triage.decide import Judge, passage_of
from mailbot.triage.encoder import CARD_FILE, FOLDER, HEAD_FILE, Encoder, EncoderCard
from mailbot.triage.evaluate import evaluate
from mailbot.triage.phrases import PhraseBook
from mailbot.triage.places import Gazetteer
from mailbot.triage.rules import RuleBook
from mailbot.triage.train import OUTPUTS, Labelled, truth

COLUMNS = (
    ("immediate_risk", "recall"),
    ("immediate_risk", "precision"),
    ("situations", "macro f1"),
    ("kind", "right"),
    ("remit", "right"),
    ("service_type", "right"),
    ("whistleblowing", "right"),
)


def main(frozen: Path) -> None:
    models = shipped("models")
    examples = corpus(models)
    with tempfile.TemporaryDirectory() as folder:
        with_frozen = _models_with(frozen, Path(folder), examples)
        ways = {
            "rules alone": _judge(models, model=Path(folder) / "none"),
            "word statistics": _judge(models, encoder=False),
            "word statistics and the encoder, frozen": _judge(with_frozen),
            "word statistics and the encoder, tuned": _judge(models),
        }
        print(f"| way of judging | {' | '.join(f'{field} {measure}' for field, measure in COLUMNS)} | ms |")
        print("|---" * (len(COLUMNS) + 2) + "|")
        held = [one for one in examples if one.split == "validation"]
        for name, judge in ways.items():
            print(f"| {name} | {_row(judge, held)} |", flush=True)


def _judge(models: Path, *, model: Path | None = None, encoder: bool = True) -> Judge:
    rules, phrases, gazetteer = RuleBook.load(models), PhraseBook.load(models), Gazetteer.load(models)
    return Judge(models, rules, phrases, gazetteer, model=model, encoder=encoder)


def _row(judge: Judge, held: Sequence[Labelled]) -> str:
    judge.assess([held[0].email])
    started = time.perf_counter()
    assessments = [judge.assess([one.email])[0] for one in held]
    milliseconds = (time.perf_counter() - started) * 1000 / len(held)
    found = {(score.field, score.measure): score.value for score in evaluate(held, assessments)}
    return " | ".join([*(f"{found[column]:.2f}" for column in COLUMNS), f"{milliseconds:.0f}"])


def _models_with(frozen: Path, folder: Path, examples: Sequence[Labelled]) -> Path:
    """A folder of models that is like the shipped one but for the encoder."""
    for path in shipped("models").iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    shutil.copytree(frozen, folder / FOLDER)
    part = [one for one in examples if one.split == "train"]
    read = Encoder.load(folder).encode([passage_of(one.email).text for one in part])
    matrix = np.array([np.mean([one.meaning.mean(axis=0) for one in windows], axis=0) for windows in read])
    weights, bias = [], []
    for field, values in OUTPUTS.items():
        for value in values:
            wanted = np.array([truth(one.labels, field, value) for one in part])
            fitted = LogisticRegression(C=30.0, class_weight="balanced", max_iter=2000).fit(matrix, wanted)
            weights.append(fitted.coef_[0])
            bias.append(fitted.intercept_[0])
    head = folder / FOLDER / HEAD_FILE
    np.savez(head, weights=np.array(weights, dtype=np.float32).T, bias=np.array(bias, dtype=np.float32))
    card_path = folder / FOLDER / CARD_FILE
    card = msgspec.json.decode(card_path.read_bytes(), type=EncoderCard)
    digests = card.sha256 | {HEAD_FILE: hashlib.sha256(head.read_bytes()).hexdigest()}
    card_path.write_bytes(msgspec.json.encode(msgspec.structs.replace(card, sha256=digests)))
    fitting.train(examples, folder, "frozen", assessor().named, lambda step: None)
    return folder


if __name__ == "__main__":
    main(Path(sys.argv[1]))
