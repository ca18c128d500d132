"""Word statistics: which words, pairs of words and runs of letters stand in a text, and how telling each is.

The numbers are those of scikit-learn's TfidfVectorizer, by which they are learnt (`mailbot.triage.train`): sublinear
counts times inverse document frequency, each of the two kinds scaled to length 1. Here they are counted faster, since
the runs of letters of a word are looked up once and not wherever it stands, and without loading scikit-learn.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.floating]
Columns = npt.NDArray[np.int32]

RUNS = (3, 4, 5)
"""How many letters a run has; the spaces before and after a word count as letters."""
WORDS_REMEMBERED = 16_384
"""Of how many words the runs are remembered: about 6 MB."""
LONGEST_REMEMBERED = 40
WORD = re.compile(r"\b\w\w+\b")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is counted, each in the order of its column, and how telling each is: its inverse document frequency."""

    terms: tuple[str, ...]
    idf: Numbers


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in each of some texts: text n has `columns` and `values` from ``starts[n]`` to ``starts[n + 1]``."""

    starts: npt.NDArray[np.intp]
    columns: Columns
    values: Numbers

    def weighed(self, weights: Numbers) -> Numbers:
        """The sum of what stands in each text times its row of `weights`: a row a text, a column an output."""
        sums = np.zeros((len(self.starts) - 1, weights.shape[1]), dtype=weights.dtype)
        for row, (start, end) in enumerate(pairwise(self.starts)):
            if end > start:
                sums[row] = self.values[start:end] @ weights[self.columns[start:end]]
        return sums


class Statistics:
    """Counts the terms of two vocabularies, `words` (and pairs of them) and `runs` of letters, whose columns follow."""

    def __init__(self, words: Vocabulary, runs: Vocabulary) -> None:
        self.words = words
        self.runs = runs
        self._word_columns = {term: column for column, term in enumerate(words.terms)}
        self._run_columns = {term: column for column, term in enumerate(runs.terms, len(words.terms))}
        self._idf = np.concatenate([words.idf, runs.idf])
        self._remembered = lru_cache(WORDS_REMEMBERED)(self._runs_of)

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self._idf)

    def found_in(self, texts: Sequence[str]) -> Found:
        """What stands in each text, in order."""
        each = [np.frombuffer(self._words_in(text) + self._runs_in(text), dtype=np.int32) for text in texts]
        rows = np.repeat(np.arange(len(texts)), [len(columns) for columns in each])
        places = rows * self.width + np.concatenate([*each, np.empty(0, dtype=np.int32)])
        places, counts = np.unique(places, return_counts=True)
        rows, columns = np.divmod(places, self.width)
        values = (np.log(counts) + 1) * self._idf[columns]
        kinds = 2 * rows + (columns >= len(self.words.terms))
        lengths = np.sqrt(np.bincount(kinds, values**2))
        starts = np.searchsorted(rows, np.arange(len(texts) + 1))
        return Found(starts, columns.astype(np.int32), (values / lengths[kinds]).astype(np.float32))

    def _words_in(self, text: str) -> bytes:
        words = WORD.findall(_plain(text.lower()))
        terms = [*words, *(f"{word} {following}" for word, following in pairwise(words))]
        return _packed(self._word_columns, terms)

    def _runs_in(self, text: str) -> bytes:
        return b"".join(
            self._remembered(word) if len(word) <= LONGEST_REMEMBERED else self._runs_of(word)
            for word in text.lower().split()
        )

    def _runs_of(self, word: str) -> bytes:
        return _packed(self._run_columns, _runs(f" {word} "))


def _runs(spaced: str) -> Iterator[str]:
    """Its runs of letters; one that is no longer than the shortest run stands for itself, once."""
    for length in RUNS:
        yield spaced[:length]
        for start in range(1, len(spaced) - length + 1):
            yield spaced[start : start + length]
        if len(spaced) <= length:
            return


def _plain(text: str) -> str:
    """The text without the accents of its letters."""
    if text.isascii():
        return text
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))


def _packed(columns: dict[str, int], terms: Iterable[str]) -> bytes:
    """The columns of those terms that have one, four bytes each."""
    return np.fromiter((columns[term] for term in terms if term in columns), dtype=np.int32).tobytes()
