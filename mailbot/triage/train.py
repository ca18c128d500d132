"""Fitting the text model on the written corpus, and writing it with its card. Runs on two cores in some minutes."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import sklearn
import skops
import skops.io
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import FeatureUnion

from mailbot.domain import Email, Kind, Remit, ServiceType, Situation, Whistleblowing
from mailbot.errors import MailbotError
from mailbot.triage.decide import judged_text, weighed
from mailbot.triage.model import CARD_FILE, MODEL_FILE, Card
from mailbot.triage.rules import RuleBook

MODEL_NAME = "tfidf"
TRUE = ("true",)
OUTPUTS: dict[str, tuple[str, ...]] = {
    "kind": tuple(Kind),
    "immediate_risk": TRUE,
    **dict.fromkeys(Situation, TRUE),
    "service_type": tuple(ServiceType),
    "whistleblowing": tuple(Whistleblowing),
    "grievance": TRUE,
}
DANGER_RECALL = 0.97
"""The threshold for immediate risk is the highest at which held-out messages reach this recall."""
WORKER_RECALL = 0.95
"""Above the threshold for a worker's message a case is restricted: so many of held-out workers' messages are."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message with its labels, as the lines of the corpus and of labelled files have them."""

    id: str
    scenario: str
    split: str
    email: Email
    labels: Mapping[str, Any]


def truth(labels: Mapping[str, Any], field: str, value: str) -> bool:
    """Whether `value` is right for `field` by the labels."""
    if field in tuple(Situation):
        return field in labels["situations"]
    if field == "grievance":
        return bool(labels["remit"] == Remit.GRIEVANCE)
    if OUTPUTS[field] == TRUE:
        return bool(labels[field])
    return bool(labels[field] == value)


def train(examples: Sequence[Labelled], models: Path, version: str, say: Callable[[str], None]) -> Card:
    """Fits the model on the training part, chooses thresholds on held-out folds of it, writes both files.

    Held-out means by scenario: no message is judged by a model that saw its twin. Each output is calibrated on its
    held-out scores (Platt), which keeps it a row of the same matrix. `say` is told each step.
    """
    part = [example for example in examples if example.split == "train"]
    if len(part) < 50:
        raise MailbotError(f"found {len(part)} messages to train on; at least 50 are needed in models/corpus")
    groups = np.unique([example.scenario for example in part], return_inverse=True)[1]
    say(f"reading {len(part)} messages")
    features = _features()
    matrix = features.fit_transform([judged_text(example.email) for example in part])
    weights, bias, held_out = _fitted(part, matrix, groups, say)
    thresholds = _thresholds(part, held_out, RuleBook.load(models))
    for _, vectorizer in features.transformer_list:
        vectorizer.vocabulary_ = {word: int(number) for word, number in vectorizer.vocabulary_.items()}
    parts = {"features": features, "weights": weights, "bias": bias}
    content = skops.io.dumps(parts, compression=zipfile.ZIP_DEFLATED, compresslevel=6)
    (models / MODEL_FILE).write_bytes(content)
    card = Card(
        name=MODEL_NAME,
        version=version,
        sha256=hashlib.sha256(content).hexdigest(),
        scikit_learn=sklearn.__version__,
        skops=skops.__version__,
        trained_on={"messages": len(part), "scenarios": int(groups.max()) + 1},
        outputs=OUTPUTS,
        thresholds=thresholds,
        metrics={},
        notes=(
            "Word and character n-grams, logistic regression, calibrated (Platt); thresholds chosen on folds held out "
            "by scenario."
        ),
    )
    write_card(card, models)
    return card


def _fitted(
    part: Sequence[Labelled], matrix: Any, groups: Any, say: Callable[[str], None]
) -> tuple[Any, Any, dict[tuple[str, str], Any]]:
    """The weights and biases, a column an output, and each output's held-out probabilities."""
    weights, bias, held_out = [], [], {}
    for field, values in OUTPUTS.items():
        for value in values:
            wanted = np.array([truth(example.labels, field, value) for example in part])
            say(f"fitting {field} {value}")
            if wanted.all() or not wanted.any():
                raise MailbotError(f"no message of the corpus has {field} {value}: write some before training")
            scores = _held_out(matrix, wanted, groups)
            slope, shift = _calibration(scores, wanted)
            held_out[field, value] = expit(slope * scores + shift)
            model = _classifier().fit(matrix, wanted)
            weights.append(model.coef_[0] * slope)
            bias.append(model.intercept_[0] * slope + shift)
    return np.array(weights).T.astype(np.float16), np.array(bias, dtype=np.float32), held_out


def write_card(card: Card, models: Path) -> None:
    """Writes the card in a form people read."""
    (models / CARD_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")


def _features() -> FeatureUnion:
    return FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, strip_accents="unicode")),
            (
                "characters",
                TfidfVectorizer(
                    analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=3, max_features=60_000
                ),
            ),
        ]
    )


def _classifier() -> LogisticRegression:
    return LogisticRegression(C=8.0, class_weight="balanced", max_iter=400)


def _held_out(matrix: Any, wanted: Any, groups: Any) -> Any:
    """The score of each message by a model that saw neither it nor its scenario."""
    scores = np.zeros(len(wanted))
    for fit, judge in GroupKFold(n_splits=5).split(matrix, wanted, groups):
        if wanted[fit].any() and not wanted[fit].all():
            scores[judge] = _classifier().fit(matrix[fit], wanted[fit]).decision_function(matrix[judge])
    return scores


def _calibration(scores: Any, wanted: Any) -> tuple[float, float]:
    """Slope and shift that make held-out scores into honest log-odds."""
    fitted = LogisticRegression(C=1e3, max_iter=400).fit(scores.reshape(-1, 1), wanted)
    return max(float(fitted.coef_[0, 0]), 0.05), float(fitted.intercept_[0])


def _thresholds(part: Sequence[Labelled], held_out: Mapping[tuple[str, str], Any], rules: RuleBook) -> dict[str, float]:
    """Danger by recall; the situations and grievance by F1; the rest by where abstaining costs least."""
    thresholds = {"kind": 0.5, "service_type": 0.2}
    workers = np.array([example.labels["whistleblowing"] != Whistleblowing.NONE for example in part])
    thresholds["whistleblowing"] = _reaching(WORKER_RECALL, _worker_chances(part, held_out, rules)[workers])
    for field in (*Situation, "grievance"):
        wanted = np.array([truth(example.labels, field, "true") for example in part])
        thresholds[field] = _best_f1(held_out[field, "true"], wanted)
    wanted = np.array([truth(example.labels, "immediate_risk", "true") for example in part])
    thresholds["immediate_risk"] = _reaching(DANGER_RECALL, held_out["immediate_risk", "true"][wanted])
    return thresholds


def _reaching(recall: float, chances: Any) -> float:
    """The highest threshold at which that share of `chances` is at or above it."""
    ordered = np.sort(chances)
    return round(float(ordered[int(len(ordered) * (1 - recall))]) - 0.001, 3)


def _worker_chances(part: Sequence[Labelled], held_out: Mapping[tuple[str, str], Any], rules: RuleBook) -> Any:
    """How likely each held-out message is a worker's, weighed with the rules as it will be."""
    chances = []
    for number, example in enumerate(part):
        model = {str(value): float(held_out["whistleblowing", value][number]) + 1e-9 for value in Whistleblowing}
        hits = rules.hits_in(example.email, ("text", "subject"))
        chances.append(1 - weighed(model, hits, "whistleblowing")[Whistleblowing.NONE])
    return np.array(chances)


def _best_f1(chances: Any, wanted: Any) -> float:
    def f1(threshold: float) -> float:
        said = chances >= threshold
        return 2 * float((said & wanted).sum()) / float(said.sum() + wanted.sum())

    return max((round(float(threshold), 2) for threshold in np.arange(0.2, 0.81, 0.02)), key=f1)
