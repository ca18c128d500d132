"""The threat model says what shows each of its claims, and what shows nothing; what it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODEL = TESTS.parent / "docs" / "threat-model.md"
NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def claims() -> list[str]:
    """The rows of the tables that claim something: those with a last column of what shows it."""
    rows, claiming = [], False
    for line in MODEL.read_text().splitlines():
        if not line.startswith("|"):
            claiming = False
        elif line.endswith("| shown by |"):
            claiming = True
        elif claiming and not line.startswith("|---"):
            rows.append(line)
    return rows


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED.findall(MODEL.read_text()))))
def test_what_the_threat_model_names_is_there(path: str, name: str) -> None:
    assert (TESTS / path).exists(), path
    assert not name or name in functions_of(TESTS / path), f"{path}::{name}"


def test_every_claim_names_its_test_or_says_that_it_has_none() -> None:
    rows = claims()
    assert len(rows) > 50
    assert [row for row in rows if not NAMED.search(row.rsplit("|", 2)[1]) and "no test" not in row] == []


def test_no_table_is_written_for_spreadsheets_but_by_the_one_that_leaves_formulas_out() -> None:
    package = TESTS.parent / "mailbot"
    writers = [path for path in package.rglob("*.py") if re.search(r"csv\.(?:writer|DictWriter)", path.read_text())]
    assert [path.relative_to(package).as_posix() for path in writers] == ["reports/formats.py"]
