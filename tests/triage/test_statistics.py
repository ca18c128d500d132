"""Word statistics are those that scikit-learn counts, whatever the text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix, hstack

from mailbot.config import shipped
from mailbot.examples import corpus
from mailbot.triage.decide import passage_of
from mailbot.triage.train import known_from, run_vectorizer, word_vectorizer

TEXTS = [passage_of(one.email).text for one in corpus(shipped("models"))[::10]]
WORDS, RUNS, STATISTICS = word_vectorizer().fit(TEXTS), run_vectorizer().fit(TEXTS), known_from(TEXTS)
ANY_TEXTS = st.lists(
    st.one_of(
        st.text(max_size=80),
        st.sampled_from(TEXTS),
        st.lists(st.sampled_from(" ".join(TEXTS[:20]).split()), max_size=60).map(" ".join),
        st.sampled_from(["", " ", "a", "an", "Café É ﬁne İ ǆ ß", "x" * 3000, "a\u2028b\x0bc\xa0d", "un-til o'clock"]),
    ),
    max_size=5,
)


def counted_by_scikit_learn(texts: list[str]) -> csr_matrix:
    found = hstack([WORDS.transform(texts), RUNS.transform(texts)]).tocsr()
    found.sort_indices()
    return found


@given(ANY_TEXTS.filter(bool))
def test_any_texts_have_the_numbers_that_scikit_learn_gives_them(texts: list[str]) -> None:
    found, wanted = STATISTICS.found_in(texts), counted_by_scikit_learn(texts)

    assert found.starts.tolist() == wanted.indptr.tolist()
    assert found.columns.tolist() == wanted.indices.tolist()
    assert found.values == pytest.approx(wanted.data, abs=1e-6)


@given(ANY_TEXTS.filter(bool))
def test_they_are_weighed_as_one_matrix_product(texts: list[str]) -> None:
    weights = np.random.default_rng(len(texts)).normal(size=(STATISTICS.width, 7))

    weighed = STATISTICS.found_in(texts).weighed(weights)

    assert weighed == pytest.approx(counted_by_scikit_learn(texts) @ weights, abs=1e-5)


def test_of_no_texts_nothing_is_found() -> None:
    assert STATISTICS.found_in([]).weighed(np.ones((STATISTICS.width, 2))).shape == (0, 2)
