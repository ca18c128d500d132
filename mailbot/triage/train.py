"""Fitting the text model on the written corpus, and writing it with its card. Runs on two cores in a minute or two.

The words' weights are fitted on the training part. How much words, encoder and rules weigh against each other, field by
field, and the thresholds are then fitted on the validation part, which none of them was fitted on: two or three numbers
a field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import sklearn
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit, log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from mailbot.domain import (
    Confidentiality,
    Email,
    Kind,
    Remit,
    ServiceType,
    Situation,
    Whistleblowing,
)
from mailbot.errors import MailbotError
from mailbot.triage.decide import Named, passage_of
from mailbot.triage.encoder import HEAD_FILE, Encoder
from mailbot.triage.model import ENCODED, SHIPPED, WORDS, Card, Fitted, card_of, file_of, read_fitted
from mailbot.triage.statistics import RUNS, Statistics, Vocabulary

TRUE = ("true",)
OUTPUTS: dict[str, tuple[str, ...]] = {
    "kind": tuple(Kind),
    "immediate_risk": TRUE,
    **dict.fromkeys(Situation, TRUE),
    "service_type": tuple(ServiceType),
    "whistleblowing": tuple(Whistleblowing),
    "grievance": TRUE,
    "confidentiality": tuple(Confidentiality),
}
DANGER_RECALL = 0.99
"""The threshold for immediate risk is the highest at which rules and model together see so many of held-out dangers."""
WORKER_RECALL = 0.95
"""Above the threshold for a worker's message a case is restricted: so many of held-out workers' messages are."""

Columns = Mapping[tuple[str, str], Any]
"""For each output, a number a message."""
NamedIn = Callable[[Email], Named]
"""What rules and phrases name in a message."""


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


def train(
    examples: Sequence[Labelled], models: Path, version: str, named_in: NamedIn, say: Callable[[str], None]
) -> Card:
    """Fits the model that ships, and writes file and card. `say` is told each step."""
    part = [example for example in examples if example.split == "train"]
    statistics = known_from([passage_of(example.email).text for example in part])
    fitting = _Fitting(models, _held(examples), named_in, say)
    return fitting.fit(part, statistics, models / SHIPPED, ("triage", version))


def learn(
    examples: Sequence[Labelled],
    lessons: Sequence[Labelled],
    models: Path,
    at: Path,
    version: str,
    named_in: NamedIn,
    say: Callable[[str], None],
) -> Card:
    """Fits a model called `at` on the corpus and on what officers answered. It never ships.

    Its words are those of the shipped model, known from the corpus: a list of learnt words would disclose what people
    wrote. Nor does it hold anything else of the lessons but weights. The encoder is not tuned on them.
    """
    part = [example for example in examples if example.split == "train"]
    statistics = read_fitted(models / SHIPPED)[1].statistics
    fitting = _Fitting(models, _held(examples), named_in, say)
    return fitting.fit([*part, *lessons], statistics, at, ("learnt", version))


def _held(examples: Sequence[Labelled]) -> list[Labelled]:
    return [example for example in examples if example.split == "validation"]


@dataclass(frozen=True, slots=True)
class _Scale:
    """How much words, encoder and rules weigh, and what is added, a number an output; the validation part's chances."""

    words: Any
    meaning: Any
    rules: dict[str, float]
    shift: Any
    chances: Columns


class _Fitting:
    """Fits on a training part, and scales on the validation part."""

    def __init__(self, models: Path, held: Sequence[Labelled], named_in: NamedIn, say: Callable[[str], None]) -> None:
        self._models = models
        self._held = held
        self._say = say
        self._texts = [passage_of(example.email).text for example in held]
        self._named = [named_in(example.email) for example in held]

    def fit(self, part: Sequence[Labelled], statistics: Statistics, at: Path, named: tuple[str, str]) -> Card:
        """Writes the model called `at`."""
        if len(part) < 50 or len(self._held) < 50:
            raise MailbotError(
                f"found {len(part)} messages to train on and {len(self._held)} to validate; at least 50 of each needed"
            )
        self._say(f"reading {len(part)} messages")
        found = statistics.found_in([passage_of(example.email).text for example in part])
        matrix = csr_matrix((found.values, found.columns, found.starts), shape=(len(part), statistics.width))
        weights, bias = self._fit_words(part, matrix)
        said = statistics.found_in(self._texts).weighed(weights) + bias
        self._say("reading the validation part by the encoder")
        encoder, head = Encoder.load(self._models), _head(self._models)
        meaning = _averaged(encoder, self._texts) @ head["weights"] + head["bias"]
        alone, both = self._scale(said, None), self._scale(said, meaning)
        fitted = Fitted(
            statistics=statistics,
            weights=(weights * alone.words).astype(np.float16),
            bias=(bias * alone.words + alone.shift).astype(np.float32),
            encoded_scale=(both.words / alone.words).astype(np.float32),
            encoded_meaning=(head["weights"] * both.meaning).astype(np.float32),
            encoded_bias=(bias * both.words + head["bias"] * both.meaning + both.shift).astype(np.float32),
        )
        content = fitted.packed()
        file_of(at).write_bytes(content)
        card = Card(
            name=named[0],
            version=named[1],
            sha256=hashlib.sha256(content).hexdigest(),
            scikit_learn=sklearn.__version__,
            encoder=encoder.digest,
            trained_on={"messages": len(part), "scenarios": len({example.scenario for example in part})},
            outputs=OUTPUTS,
            rules_weigh={WORDS: alone.rules, ENCODED: both.rules},
            thresholds={WORDS: self._thresholds(alone), ENCODED: self._thresholds(both)},
            metrics={},
            notes=(
                "Word and character n-grams, logistic regression, beside a text encoder and rules; their weights "
                "against each other and the thresholds were fitted on the validation part, which the figures are of."
            ),
        )
        write_card(card, at)
        return card

    def _fit_words(self, part: Sequence[Labelled], matrix: Any) -> tuple[Any, Any]:
        """The words' weights, a column an output, and their biases."""
        weights, bias = [], []
        for field, values in OUTPUTS.items():
            wanted = _wanted(part, field)
            for number, value in enumerate(values):
                self._say(f"fitting {field} {value}")
                if wanted[:, number].all() or not wanted[:, number].any():
                    raise MailbotError(f"no message of the corpus has {field} {value}: write some before training")
                model = _classifier().fit(matrix, wanted[:, number])
                weights.append(model.coef_[0])
                bias.append(model.intercept_[0])
        return np.array(weights).T, np.array(bias)

    def _scale(self, said: Any, meaning: Any | None) -> _Scale:
        """How words, encoder and rules are weighed against each other, field by field, on the validation part."""
        words, encoder, shift, rules, at = [], [], [], {}, 0
        chances: dict[tuple[str, str], Any] = {}
        for field, values in OUTPUTS.items():
            columns = slice(at, at + len(values))
            at += len(values)
            named = np.array([[one.get(field, {}).get(value, 0.0) for value in values] for one in self._named])
            scores = [said[:, columns], named] + ([] if meaning is None else [meaning[:, columns]])
            weigh, added = _weighed_for_truth(scores, _wanted(self._held, field))
            total = sum(weight * one for weight, one in zip(weigh, scores, strict=True)) + added
            chances |= _by_output(field, total)
            words += [weigh[0]] * len(values)
            encoder += [weigh[2] if len(weigh) > 2 else 0.0] * len(values)
            shift += [added] * len(values)
            rules[field] = round(weigh[1], 3)
        return _Scale(np.array(words), np.array(encoder), rules, np.array(shift), chances)

    def _thresholds(self, scale: _Scale) -> dict[str, float]:
        """Danger by recall; the situations and grievance by F1; the rest by where abstaining costs least."""
        thresholds = {"kind": 0.5, "service_type": 0.2, "confidentiality": 0.8}
        workers = np.array([example.labels["whistleblowing"] != Whistleblowing.NONE for example in self._held])
        thresholds["whistleblowing"] = _reaching(
            WORKER_RECALL, (1 - scale.chances["whistleblowing", Whistleblowing.NONE])[workers]
        )
        for field in (*Situation, "grievance"):
            thresholds[field] = _best_f1(scale.chances[field, "true"], _wanted(self._held, field)[:, 0])
        dangers = _wanted(self._held, "immediate_risk")[:, 0]
        thresholds["immediate_risk"] = _reaching(DANGER_RECALL, scale.chances["immediate_risk", "true"][dangers])
        return thresholds


def _wanted(part: Sequence[Labelled], field: str) -> Any:
    """Whether each value (a column) is right for each message (a row)."""
    return np.array([[truth(example.labels, field, value) for value in OUTPUTS[field]] for example in part])


def _by_output(field: str, scores: Any) -> dict[tuple[str, str], Any]:
    chances = expit(scores) if len(OUTPUTS[field]) == 1 else softmax(scores, axis=1)
    return {(field, value): chances[:, number] for number, value in enumerate(OUTPUTS[field])}


def _weighed_for_truth(scores: Sequence[Any], wanted: Any) -> tuple[list[float], float]:
    """What to multiply each kind of score by, and what to add, so that together they are honest log-odds."""
    if wanted.shape[1] == 1:
        fitted = LogisticRegression(C=1e3, max_iter=400).fit(np.hstack(scores), wanted[:, 0])
        return [max(float(weight), 0.0) for weight in fitted.coef_[0]], float(fitted.intercept_[0])

    def surprise(logs: Any) -> float:
        total = sum(np.exp(log) * one for log, one in zip(logs, scores, strict=True))
        return -float(log_softmax(total, axis=1)[wanted].mean())

    found = minimize(surprise, np.zeros(len(scores)), method="Nelder-Mead")
    return [float(np.exp(log)) for log in found.x], 0.0


def _averaged(encoder: Encoder, texts: Sequence[str]) -> Any:
    """What the encoder makes of each text, averaged over its word pieces: a row of 384 numbers a text."""
    read = encoder.encode(texts)
    return np.array([np.mean([one.meaning.mean(axis=0) for one in windows], axis=0) for windows in read])


def _head(models: Path) -> Any:
    """The weights the encoder was tuned with: ``weights`` (384, outputs) and ``bias``; checked with the encoder."""
    return np.load(models / "encoder" / HEAD_FILE, allow_pickle=False)


def write_card(card: Card, at: Path) -> None:
    """Writes the card in a form people read."""
    card_of(at).write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")


def known_from(texts: Sequence[str]) -> Statistics:
    """The words, pairs and runs of letters that stand in some of these texts, with how telling each is."""
    words, runs = word_vectorizer().fit(texts), run_vectorizer().fit(texts)
    return Statistics(_vocabulary(words), _vocabulary(runs))


def word_vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, strip_accents="unicode")


def run_vectorizer() -> TfidfVectorizer:
    lengths = (RUNS[0], RUNS[-1])
    return TfidfVectorizer(analyzer="char_wb", ngram_range=lengths, sublinear_tf=True, min_df=3, max_features=60_000)


def _vocabulary(fitted: TfidfVectorizer) -> Vocabulary:
    return Vocabulary(tuple(fitted.get_feature_names_out()), fitted.idf_)


def _classifier() -> LogisticRegression:
    return LogisticRegression(C=8.0, class_weight="balanced", max_iter=400)


def _reaching(recall: float, chances: Any) -> float:
    """The highest threshold at which that share of `chances` is at or above it."""
    ordered = np.sort(chances)
    return round(float(ordered[int(len(ordered) * (1 - recall))]) - 0.001, 3)


def _best_f1(chances: Any, wanted: Any) -> float:
    """The threshold at which F1 is best. For honest chances that is half of the best F1 there is, which is steadier to
    find on few messages than the place of the best one (Lipton, Elkan and Naryanaswamy, 2014)."""

    def f1(threshold: float) -> float:
        said = chances >= threshold
        return 2 * float((said & wanted).sum()) / float(said.sum() + wanted.sum())

    return round(max(f1(threshold) for threshold in np.arange(0.1, 0.91, 0.02)) / 2, 3)
