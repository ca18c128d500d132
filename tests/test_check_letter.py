"""`mailbot check-letter`: drafts are judged from a file, one line each, and nothing is sent or kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import mailbot

DRAFT: dict[str, Any] = {
    "id": "one",
    "identity": {
        "name": "Josephine Attwater",
        "address": "jo.attwater@post.example",
        "postal": None,
        "phones": ["01632 960123"],
        "role": "night cook",
        "employer": "Hollin Care Ltd",
    },
    "source_text": "The fridge has been broken since May and nobody mends it.\n\nJo Attwater",
    "service_name": "Larch Bank",
    "purpose": "ask_the_service",
    "draft": "We have been told that the fridge at Larch Bank is broken. Please tell us what you have done.",
}


def checked(tmp_path: Path, *drafts: object, code: int = 0) -> tuple[list[dict[str, Any]], str]:
    file = tmp_path / "drafts.jsonl"
    file.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in drafts))
    said = mailbot("check-letter", str(file))
    assert said.code == code, said.err
    return [json.loads(line) for line in said.out.splitlines()], said.err


def test_each_draft_has_a_line_with_its_verdict_and_where_it_gives_the_source_away(tmp_path: Path) -> None:
    telling = {**DRAFT, "id": "two", "draft": "Josephine Attwater told us on 01632 960 123 that the fridge is broken."}
    urgent = {**telling, "id": "three", "purpose": "refer_to_authority"}
    clean, blocked, warned = checked(tmp_path, DRAFT, telling, urgent)[0]

    assert clean == {"id": "one", "verdict": "pass", "hits": []}
    assert blocked["verdict"] == "block"
    assert warned["verdict"] == "warn"
    assert {hit["what"] for hit in blocked["hits"]} == {"name", "phone"}
    for hit in blocked["hits"]:
        assert telling["draft"][hit["start"] : hit["end"]] == hit["text"]


@pytest.mark.parametrize("line", ["not json", "[]", '{"id": "x"}', json.dumps({**DRAFT, "purpose": "gossip"})])
def test_a_line_that_is_no_draft_is_named(tmp_path: Path, line: str) -> None:
    assert "drafts.jsonl line 2: not a draft" in checked(tmp_path, DRAFT, line, code=1)[1]
