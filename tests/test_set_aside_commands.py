"""`mailbot set-aside`: what could not be filed is listed, shown to those who may see it, tried again, filed by hand."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailbot.cases import database
from mailbot.cases.arrivals.ledger import MessageState
from mailbot.cases.schema import audit, cases, messages
from mailbot.clock import now
from mailbot.domain import Role
from mailbot.parts import parts_of
from mailbot.web import accounts
from tests.commands import mailbot
from tests.conftest import PASSWORD

CONFIG = """
[[mailbox]]
name = "enquiries"
kind = "maildir"
path = "mail"
reply_address = "enquiries@example.gov.uk"
[outgoing]
kind = "folder"
[triage]
encoder = "off"
"""
LETTER = (
    b"From: Jo <jo@post.example>\r\nSubject: Larch House\r\nMessage-ID: <a@b.example>\r\n\r\nThe heating is off.\r\n"
)


@dataclass(frozen=True)
class Desk:
    """An installation with one message set aside, worked by the command alone."""

    folder: Path

    @property
    def engine(self) -> database.Engine:
        return parts_of(str(self.folder / "config.toml")).engine

    def run(self, *words: str, code: int = 0, typed: str = "") -> str:
        said = mailbot(*words, environment={"MAILBOT_CONFIG": str(self.folder / "config.toml")}, typed=typed)
        assert said.code == code, said.both
        return said.both

    def count(self) -> int:
        with self.engine.connect() as connection:
            return len(connection.execute(cases.select()).all())


@pytest.fixture(scope="module")
def set_aside(tmp_path_factory: pytest.TempPathFactory, newly_made: Path) -> Path:
    """A folder with one message set aside, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("set-aside")
    shutil.copytree(newly_made, folder, dirs_exist_ok=True)
    (folder / "config.toml").write_text(CONFIG)
    (folder / "letter.eml").write_bytes(LETTER)
    made = Desk(folder)
    made.run("import", str(folder / "letter.eml"), "--mailbox", "enquiries")
    with made.engine.begin() as connection:  # as a failure while filing leaves it
        connection.execute(messages.update().values(state=MessageState.SET_ASIDE, problem="ValueError", case_id=None))
    made.engine.dispose()
    return folder


@pytest.fixture
def desk(tmp_path: Path, set_aside: Path) -> Desk:
    shutil.copytree(set_aside, tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path)


def test_the_list_says_what_since_when_and_why(desk: Desk) -> None:
    (one,) = json.loads(desk.run("set-aside", "list", "--json"))

    assert (one["mailbox"], one["problem"], one["size"]) == ("enquiries", "ValueError", len(LETTER))
    assert "ValueError" in desk.run("set-aside", "list")


def test_it_is_shown_only_to_those_who_may_see_originals_and_that_is_audited(desk: Desk) -> None:
    for role in (Role.OFFICER, Role.WHISTLEBLOWING_OFFICER):
        accounts.add(desk.engine, f"{role}@example.gov.uk", role, PASSWORD, added_by="t", confirmed_by="t", at=now())

    assert "heating" not in desk.run("set-aside", "show", "1", "--as", "officer@example.gov.uk", code=1)
    shown = json.loads(desk.run("set-aside", "show", "1", "--as", "whistleblowing_officer@example.gov.uk"))
    assert shown["text"] == "The heating is off."
    with desk.engine.connect() as connection:
        acts = [(row.actor, row.act) for row in connection.execute(audit.select())]
    assert ("whistleblowing_officer@example.gov.uk", "read original of message set aside") in acts


@pytest.mark.parametrize("decision", ["retry", "file"])
def test_it_can_be_tried_again_or_filed_by_hand(desk: Desk, decision: str) -> None:
    before = desk.count()

    assert "1 filed, 0 set aside" in desk.run("set-aside", decision, "1")
    assert json.loads(desk.run("set-aside", "list", "--json")) == []
    assert desk.count() == before + 1


def test_a_number_that_is_not_there_is_one_clear_line(desk: Desk) -> None:
    assert "no message 7 is set aside" in desk.run("set-aside", "retry", "7", code=1)
