"""The text model: word statistics beside a text encoder, weighed by one matrix, every field's answers side by side.

Loaded from ``triage.npz`` beside its card ``triage.json`` in ``models``, or from what an installation learnt; refused
where its digest is not the card's. It holds two sets of weights: one that also reads what the text encoder says, and
one for where that is switched off, not installed, or not the one it was trained with. scikit-learn fits them
(`mailbot.triage.train`); they are numbers that numpy reads and multiplies.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import math
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mailbot.errors import ArtefactRefused
from mailbot.log import log
from mailbot.triage.encoder import Window

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mailbot.triage.statistics import Statistics

    Matrix = npt.NDArray[np.floating[Any]]

SHIPPED, CHAMPION, CHALLENGER = "triage", "champion", "challenger"
"""What models are called, each a file and its card: the one that ships, and the two an installation may learn."""
WORDS, ENCODED = "words", "words and encoder"
"""The two sets of weights and thresholds."""


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a model file: what it must be, what made it, how well it does.

    `encoder` is the digest of the encoder it was trained with. Each set of weights has its own: `rules_weigh`, by field
    what a rule's word adds to the log-odds of the value it names, thresholds and metrics.
    """

    name: str
    version: str
    sha256: str
    scikit_learn: str
    encoder: str
    trained_on: dict[str, int]
    outputs: dict[str, tuple[str, ...]]
    rules_weigh: dict[str, dict[str, float]]
    thresholds: dict[str, dict[str, float]]
    metrics: dict[str, dict[str, float]]
    notes: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to be judged, and the [start, end) of its sentences: danger is often in one of many."""

    text: str
    sentences: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model thinks of one passage: for each field, the log-odds of each of its values.

    `sentence_scores` has a row for each of its sentences: how much it speaks for each value, by the very weights that
    gave the log-odds.
    """

    scores: dict[str, dict[str, float]]
    rules_weigh: Mapping[str, float]
    sentence_scores: Matrix
    columns: dict[tuple[str, str], int]

    def chances(self, field: str, named: Mapping[str, float]) -> dict[str, float]:
        """The probability of each value, `named` being how surely rules name which (0 to 1): they weigh beside it."""
        return chances(self.scores[field], named, self.rules_weigh[field])

    def heaviest(self, field: str, value: str) -> int | None:
        """Which sentence speaks most for `value`; None where there is no sentence."""
        scores = self.sentence_scores[:, self.columns[field, value]]
        return int(scores.argmax()) if len(scores) else None


def chances(scores: Mapping[str, float], named: Mapping[str, float], weigh: float) -> dict[str, float]:
    """Log-odds and what rules name as probabilities: of a flag by itself, of several values together 1."""
    odds = {value: math.exp(min(score + weigh * named.get(value, 0.0), 500)) for value, score in scores.items()}
    if len(odds) == 1:
        return {value: one / (1 + one) for value, one in odds.items()}
    total = sum(odds.values())
    return {value: one / total for value, one in odds.items()}


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a model file holds, a column an output: `weights` with a row a term, `encoded_meaning` with 384 rows.

    `encoded_scale` is what the words' weights are multiplied by beside the encoder.
    """

    statistics: Statistics
    weights: Matrix
    bias: Matrix
    encoded_scale: Matrix
    encoded_meaning: Matrix
    encoded_bias: Matrix

    def packed(self) -> bytes:
        """As the file holds it: arrays of numpy, and the terms as text, one a line, in the order of their columns."""
        import numpy as np

        arrays = {name: getattr(self, name) for name in ARRAYS}
        for name in VOCABULARIES:
            vocabulary = getattr(self.statistics, name)
            arrays[name] = np.frombuffer("\n".join(vocabulary.terms).encode(), dtype=np.uint8)
            arrays[f"{name}_idf"] = vocabulary.idf
        content = io.BytesIO()
        np.savez_compressed(content, **arrays)
        return content.getvalue()

    @classmethod
    def unpacked(cls, content: bytes) -> Fitted:
        """What `packed` made, else raises `ValueError`, `KeyError` or `BadZipFile`. Nothing in it is run."""
        import numpy as np

        from mailbot.triage.statistics import Statistics, Vocabulary

        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            vocabularies = [
                Vocabulary(tuple(found[name].tobytes().decode().split("\n")), found[f"{name}_idf"])
                for name in VOCABULARIES
            ]
            return cls(Statistics(*vocabularies), *(found[name] for name in ARRAYS))


ARRAYS = tuple(field.name for field in fields(Fitted) if field.name != "statistics")
VOCABULARIES = ("words", "runs")


class TextModel:
    """Gives probabilities for passages, and says which sentence weighed most for a value."""

    def __init__(self, card: Card, fitted: Fitted, *, encoded: bool) -> None:
        self.card = card
        self.encoded = encoded
        self._statistics = fitted.statistics
        weights = fitted.weights.astype("float32")
        self._weights = weights * fitted.encoded_scale if encoded else weights
        self._bias = fitted.encoded_bias if encoded else fitted.bias
        self._meaning_weights = fitted.encoded_meaning
        self._columns = _columns(card.outputs)
        self._flags = [len(card.outputs[field]) == 1 for field, _ in self._columns]

    @property
    def name(self) -> str:
        return f"{self.card.name}{'+encoder' if self.encoded else ''}@{self.card.version}"

    @property
    def thresholds(self) -> Mapping[str, float]:
        return self.card.thresholds[self._set]

    @property
    def _set(self) -> str:
        return ENCODED if self.encoded else WORDS

    @classmethod
    def load(cls, at: Path, encoder: str = "") -> TextModel:
        """Reads the model called `at`; raises `ArtefactRefused` where it is missing or not what its card says.

        `encoder` is the digest of the encoder there is, '' where there is none: its windows are weighed where it is the
        one that the model was trained with.
        """
        from threadpoolctl import threadpool_limits

        card, fitted = read_fitted(at)
        threadpool_limits(1, "blas")  # products as small as these keep several threads waiting for one another
        encoded = encoder == card.encoder
        if encoder and not encoded:
            log.error("the model was trained with another encoder: it judges by words alone", action="load model")
        return cls(card, fitted, encoded=encoded)

    def opinions(self, passages: Sequence[Passage], read: Iterable[Sequence[Window]] = ()) -> Iterator[Opinion]:
        """The model's opinion of each passage, in order: their words and their sentences' are counted all at once.

        `read` is what the encoder makes of each passage's text, taken one by one; needed where the model is `encoded`.
        """
        import numpy as np

        texts = [passage.text for passage in passages]
        sentences = [passage.text[start:end] for passage in passages for start, end in passage.sentences]
        scores: Matrix = self._statistics.found_in([*texts, *sentences]).weighed(self._weights) + self._bias
        ends = np.cumsum([len(passage.sentences) for passage in passages])[:-1]
        whole, each = scores[: len(texts)], np.split(scores[len(texts) :], ends)
        weigh = self.card.rules_weigh[self._set]
        for passage, row, of_sentences, windows in zip(
            passages, whole, each, read if self.encoded else itertools.repeat(()), strict=False
        ):
            said, of_each = self._meaning(windows, passage.sentences) if windows else (0.0, 0.0)
            yield Opinion(self._by_field(row + said), weigh, of_sentences + of_each, self._columns)

    def _meaning(self, windows: Sequence[Window], sentences: Sequence[tuple[int, int]]) -> tuple[Matrix, Matrix]:
        """What the encoder's numbers add to each value: for the whole text, and for each of its sentences.

        A text says what its word pieces say on average, so that each sentence's share of that is known. Of several
        windows a flag takes the one that speaks most for it; for the other fields they count alike.
        """
        import numpy as np

        each = [window.meaning @ self._meaning_weights / len(window.spans) for window in windows]
        totals = np.array([shares.sum(axis=0) for shares in each])
        whole = np.where(self._flags, totals.max(axis=0), totals.mean(axis=0))
        middles = np.array([(start + end) / 2 for window in windows for start, end in window.spans])
        real = np.array([end > start for window in windows for start, end in window.spans])
        shares = np.concatenate(each)
        found = [shares[real & (start <= middles) & (middles < end)].sum(axis=0) for start, end in sentences]
        return whole, np.array(found).reshape(len(sentences), len(self._flags))

    def _by_field(self, scores: Matrix) -> dict[str, dict[str, float]]:
        return {
            field: {value: float(scores[self._columns[field, value]]) for value in values}
            for field, values in self.card.outputs.items()
        }


def file_of(at: Path) -> Path:
    """Where the model called `at` is kept."""
    return at.with_name(f"{at.name}.npz")


def card_of(at: Path) -> Path:
    """Where its card is kept."""
    return at.with_name(f"{at.name}.json")


def read_card(at: Path) -> Card:
    """The card of the model called `at`."""
    path = card_of(at)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError) as error:
        raise ArtefactRefused(f"the model card {path} cannot be read: {error}. Run `mailbot train`") from None


def read_fitted(at: Path) -> tuple[Card, Fitted]:
    """The card and what the file holds, once the file is known to be the card's."""
    card, content = verified(at)
    try:
        fitted = Fitted.unpacked(content)
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ArtefactRefused(f"{file_of(at)} is no model: {error}. Run `mailbot train`") from None
    if fitted.weights.shape != (fitted.statistics.width, len(_columns(card.outputs))):
        raise ArtefactRefused(f"{file_of(at)} has other terms or outputs than its card says. Run `mailbot train`")
    return card, fitted


def verified(at: Path) -> tuple[Card, bytes]:
    """The card and the bytes of the model called `at`; raises `ArtefactRefused` with what does not match."""
    card, path = read_card(at), file_of(at)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtefactRefused(f"the model {path} cannot be read: {error}. Run `mailbot train`") from None
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise ArtefactRefused(f"{path} is not the file its card describes: put the one back that is")
    return card, content


def _columns(outputs: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], int]:
    pairs = [(field, value) for field, values in outputs.items() for value in values]
    return {pair: number for number, pair in enumerate(pairs)}
