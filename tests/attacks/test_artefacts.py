"""Attacks with the files that the program loads: nothing in them runs."""

from __future__ import annotations

import hashlib
import io
import pickle
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from mailbot.config import shipped
from mailbot.errors import ArtefactRefused
from mailbot.triage.model import card_of, file_of, read_card, read_fitted


class Planted:
    """Something that leaves a file when it is unpickled."""

    def __init__(self, at: Path) -> None:
        self.at = at

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.at,)


def planted_by_pickle(at: Path) -> bytes:
    return pickle.dumps(Planted(at))


def planted_within(at: Path) -> bytes:
    """A sound model but for one array, which holds an object."""
    with np.load(file_of(shipped("models") / "triage")) as found:
        arrays = dict(found)
    content = io.BytesIO()
    np.savez(content, **(arrays | {"bias": np.array([Planted(at)], dtype=object)}))
    return content.getvalue()


@pytest.mark.parametrize("made", [planted_by_pickle, planted_within])
def test_a_model_that_would_run_something_is_refused_though_its_card_fits(tmp_path: Path, made: Any) -> None:
    at, trace = tmp_path / "triage", tmp_path / "planted"
    shutil.copy(card_of(shipped("models") / "triage"), card_of(at))
    content = made(trace)
    file_of(at).write_bytes(content)
    card = msgspec.structs.replace(read_card(at), sha256=hashlib.sha256(content).hexdigest())
    card_of(at).write_bytes(msgspec.json.encode(card))

    with pytest.raises(ArtefactRefused, match="is no model"):
        read_fitted(at)
    assert not trace.exists()
    pickle.loads(pickle.dumps(Planted(trace)))
    assert trace.exists()
