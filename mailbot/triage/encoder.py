"""The text encoder: every word piece of a text as 384 numbers that stand for what it means where it stands.

all-MiniLM-L6-v2, tuned on the corpus and exported to ONNX with weights of 8 bits (``models/encoder``, with card and
licence). It runs on the processor by onnxruntime, without a network. Files that are not the card's are refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mailbot.errors import ArtefactRefused

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Matrix = npt.NDArray[np.float32]

FOLDER = "encoder"
ENCODER_FILE = "encoder.onnx"
TOKENIZER_FILE = "tokenizer.json"
HEAD_FILE = "head.npz"
"""The weights that the encoder was tuned with, from which `mailbot train` starts."""
CARD_FILE = "card.json"
WINDOW_TOKENS = 384
"""Word pieces read together. What is longer is read in windows that overlap by `OVERLAP_TOKENS`."""
OVERLAP_TOKENS = 64
MOST_WINDOWS = 8
"""Of a longer text the first windows and the last two are read; rules and word statistics read all of it."""


class EncoderCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of the encoder's files: their digests, where they come from, how they were made."""

    name: str
    sha256: dict[str, str]
    source: str
    licence: str
    notes: str


@dataclass(frozen=True, slots=True)
class Window:
    """A run of a text's word pieces: a row of 384 numbers each, and the [start, end) characters each stands for."""

    meaning: Matrix
    spans: tuple[tuple[int, int], ...]


class Encoder:
    """Encodes texts; built by `load`."""

    def __init__(self, card: EncoderCard, session: Any, tokenizer: Any) -> None:
        self.card = card
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, models: Path) -> Encoder:
        """Reads the shipped encoder; raises `ArtefactRefused` where it, or what it needs to run, is not there."""
        card, contents = verified(models)
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1  # several take twice the processor, and hardly less time
        session = onnxruntime.InferenceSession(contents[ENCODER_FILE], options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_str(contents[TOKENIZER_FILE].decode("utf-8"))
        tokenizer.enable_truncation(WINDOW_TOKENS, stride=OVERLAP_TOKENS)
        tokenizer.no_padding()
        return cls(card, session, tokenizer)

    @property
    def digest(self) -> str:
        """Of the weights: models name the encoder by it that they were trained with."""
        return self.card.sha256[ENCODER_FILE]

    def encode(self, texts: Sequence[str]) -> Iterator[list[Window]]:
        """The windows of each text, in order; the next texts are read while somebody is at work on those before.

        Each window is read by itself: numbers of 8 bits are scaled to all that is read together, so that in a batch the
        same message would come out a little different in other company.
        """
        with ThreadPoolExecutor(max_workers=1) as reading:
            yield from reading.map(lambda text: [self._read(window) for window in self._windows(text)], texts)

    def _windows(self, text: str) -> list[Any]:
        whole = self._tokenizer.encode(text or " ")
        windows = [whole, *whole.overflowing]
        return windows if len(windows) <= MOST_WINDOWS else [*windows[: MOST_WINDOWS - 2], *windows[-2:]]

    def _read(self, window: Any) -> Window:
        import numpy as np

        ids = np.array([window.ids], dtype=np.int64)
        meaning = self._session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]
        return Window(meaning[0], tuple(window.offsets))


def verified(models: Path) -> tuple[EncoderCard, dict[str, bytes]]:
    """The card and the files it names; raises `ArtefactRefused` where one, or what it needs to run, is not there."""
    for package in ("onnxruntime", "tokenizers"):
        if find_spec(package) is None:
            raise ArtefactRefused(f"the encoder needs {package}: pip install 'mailbot[encoder]'")
    folder = models / FOLDER
    card = _card(folder / CARD_FILE)
    return card, {name: _content(folder / name, digest) for name, digest in card.sha256.items()}


def _card(path: Path) -> EncoderCard:
    try:
        return msgspec.json.decode(path.read_bytes(), type=EncoderCard)
    except (OSError, msgspec.DecodeError) as error:
        raise ArtefactRefused(f"the card {path} cannot be read: {error}. Put the shipped one back") from None


def _content(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtefactRefused(f"{path} cannot be read: {error.strerror}. Put the shipped one back") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise ArtefactRefused(f"{path} is not the file its card describes: put the shipped one back")
    return content
