"""Attacks with the files that the program loads: nothing in them runs."""

from __future__ import annotations

import hashlib
import io
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer

from mailbot.config import shipped
from mailbot.triage.model import card_of, file_of, read_card, read_parts


class Planted:
    """Something that leaves a file when it is unpickled."""

    def __init__(self, at: Path) -> None:
        self.at = at

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.at,)


def planted_by_skops(at: Path) -> bytes:
    return bytes(skops.io.dumps({"vectoriser": FunctionTransformer(func=Planted)}))


def planted_by_pickle(at: Path) -> bytes:
    return pickle.dumps(Planted(at))


def planted_within(at: Path) -> bytes:
    """A file that names a type which unpickles, in the very form of the library."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        node = {
            "__class__": "system",
            "__module__": "os",
            "__loader__": "FunctionNode",
            "content": {"function": "system"},
        }
        packed.writestr("schema.json", msgspec.json.encode(node | {"protocol": 2, "_skops_version": skops.__version__}))
    return content.getvalue()


@pytest.mark.parametrize("made", [planted_by_skops, planted_by_pickle, planted_within])
def test_a_model_that_would_run_something_is_refused_though_its_card_fits(tmp_path: Path, made: Any) -> None:
    at, trace = tmp_path / "triage", tmp_path / "planted"
    shutil.copy(card_of(shipped("models") / "triage"), card_of(at))
    content = made(trace)
    file_of(at).write_bytes(content)
    card = msgspec.structs.replace(read_card(at), sha256=hashlib.sha256(content).hexdigest())
    card_of(at).write_bytes(msgspec.json.encode(card))

    with pytest.raises(Exception, match=r"(?i)untrusted|zip|not trusted|unknown|type"):
        read_parts(at)
    assert not trace.exists()
