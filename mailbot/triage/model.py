"""The text model: word and character n-grams weighed by one matrix, every field's answers side by side.

Loaded from ``models/triage.skops`` beside its card ``models/triage.json``. A file whose digest, or a scikit-learn whose
version, is not the card's is refused; then the rules work alone. scikit-learn is imported only when a model is loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mailbot.errors import ArtefactRefused

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Matrix = npt.NDArray[np.floating[Any]]

MODEL_FILE = "triage.skops"
CARD_FILE = "triage.json"


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a model file: what it must be, what made it, how well it does."""

    name: str
    version: str
    sha256: str
    scikit_learn: str
    skops: str
    trained_on: dict[str, int]
    outputs: dict[str, tuple[str, ...]]
    thresholds: dict[str, float]
    metrics: dict[str, Any]
    notes: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to be judged, and its sentences: danger is often in one of many."""

    text: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model thinks of one passage: for each field, the probability of each of its values.

    `sentence_scores` has a row for each of its sentences: how much it speaks for each value, by the very weights that
    gave the probabilities.
    """

    fields: dict[str, dict[str, float]]
    sentence_scores: Matrix
    columns: dict[tuple[str, str], int]

    def of(self, field: str, value: str = "true") -> float:
        return self.fields[field][value]

    def best(self, field: str) -> tuple[str, float]:
        """The likeliest value of a field and its probability."""
        values = self.fields[field]
        value = max(values, key=values.__getitem__)
        return value, values[value]

    def heaviest(self, field: str, value: str) -> int | None:
        """Which sentence speaks most for `value`; None where there is no sentence."""
        scores = self.sentence_scores[:, self.columns[field, value]]
        return int(scores.argmax()) if len(scores) else None


class TextModel:
    """Gives probabilities for passages, and says which sentence weighed most for a value."""

    def __init__(self, card: Card, features: Any, weights: Matrix, bias: Matrix) -> None:
        self.card = card
        self._features = features
        self._weights = weights.astype("float32")
        self._bias = bias
        self._columns = _columns(card.outputs)

    @property
    def name(self) -> str:
        return f"{self.card.name}@{self.card.version}"

    @classmethod
    def load(cls, models: Path) -> TextModel:
        """Reads the shipped model; raises `ArtefactRefused` where it is missing or not what its card says."""
        card, content = read_card(models), _content(models)
        digest = hashlib.sha256(content).hexdigest()
        if digest != card.sha256:
            raise ArtefactRefused(f"{models / MODEL_FILE} is not the file its card describes: put the shipped one back")
        import sklearn
        import skops.io

        if sklearn.__version__ != card.scikit_learn:
            raise ArtefactRefused(
                f"the model was made by scikit-learn {card.scikit_learn}, here is {sklearn.__version__}: train it anew"
            )
        parts = skops.io.loads(content, trusted=[])
        return cls(card, parts["features"], parts["weights"], parts["bias"])

    def opinions(self, passages: Sequence[Passage]) -> list[Opinion]:
        """The model's opinion of each passage, in order: one matrix product for all of them and their sentences."""
        import numpy as np
        from scipy.special import expit

        if not passages:
            return []
        texts = [passage.text for passage in passages]
        sentences = [sentence for passage in passages for sentence in passage.sentences]
        scores: Matrix = self._features.transform([*texts, *sentences]) @ self._weights + self._bias
        ends = np.cumsum([len(passage.sentences) for passage in passages])[:-1]
        return [
            Opinion(self._by_field(row), of_sentences, self._columns)
            for row, of_sentences in zip(expit(scores[: len(texts)]), np.split(scores[len(texts) :], ends), strict=True)
        ]

    def _by_field(self, chances: Matrix) -> dict[str, dict[str, float]]:
        fields: dict[str, dict[str, float]] = {}
        for field, values in self.card.outputs.items():
            found = {value: float(chances[self._columns[field, value]]) for value in values}
            total = sum(found.values())
            fields[field] = found if len(values) == 1 else {value: chance / total for value, chance in found.items()}
        return fields


def read_card(models: Path) -> Card:
    """The card beside the model file."""
    path = models / CARD_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError) as error:
        raise ArtefactRefused(f"the model card {path} cannot be read: {error}. Run `mailbot train`") from None


def _content(models: Path) -> bytes:
    try:
        return (models / MODEL_FILE).read_bytes()
    except OSError as error:
        raise ArtefactRefused(f"the model {models / MODEL_FILE} cannot be read: {error}. Run `mailbot train`") from None


def _columns(outputs: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], int]:
    pairs = [(field, value) for field, values in outputs.items() for value in values]
    return {pair: number for number, pair in enumerate(pairs)}
