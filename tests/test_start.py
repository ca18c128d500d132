"""What starts every few minutes loads little: `poll --once`, where nothing is new, and each command its own module."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import mailbot

CONFIG = """
[[mailbox]]
name = "enquiries"
kind = "maildir"
path = "mail"
reply_address = "enquiries@example.gov.uk"
[[mailbox]]
name = "whistleblowing"
kind = "imap"
host = "localhost"
port = 1
username = "whistleblowing"
password_env = "WHISTLEBLOWING_PASSWORD"
reply_address = "reports@example.gov.uk"
[outgoing]
kind = "folder"
[triage]
encoder = "off"
"""
PASSWORD = {"WHISTLEBLOWING_PASSWORD": "pass-two"}


@pytest.fixture
def settings(tmp_path: Path, newly_made: Path) -> Path:
    """The configuration of an installation with an empty mailbox and one whose server cannot be reached."""
    for file in newly_made.iterdir():
        shutil.copy(file, tmp_path)
    for name in ("new", "cur", "tmp"):
        (tmp_path / "mail" / name).mkdir(parents=True)
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


TELLS = """
import atexit, sys
from mailbot.__main__ import main
atexit.register(lambda: print("loaded:", *sys.modules, file=sys.stderr))
sys.argv[0] = "mailbot"
main()
"""


def loaded(*words: str, code: int) -> set[str]:
    """The modules that a command has loaded by its end, in a Python of its own."""
    command = [sys.executable, "-c", TELLS, *words]
    done = subprocess.run(command, env={**os.environ, **PASSWORD}, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr[-1000:]
    return set(done.stderr.rpartition("loaded: ")[2].split())


def test_where_nothing_is_new_neither_a_model_nor_what_files_and_parses_is_loaded(settings: Path) -> None:
    found = loaded("poll", "--once", "--config", str(settings), code=1)

    assert {"mailbot.taking_in", "mailbot.intake.mailbox", "mailbot.intake.maildir", "sqlite3"} <= found
    tops = {name.partition(".")[0] for name in found}
    assert not tops & {"sklearn", "numpy", "scipy", "onnxruntime", "tokenizers"}
    assert not tops & {"typer", "rich", "pydantic", "jinja2", "flask", "alembic", "structlog", "mailparser"}
    assert not [name for name in found if re.match(r"mailbot\.(triage|web|correspondence)\b", name)]
    assert not found & {
        "mailbot.pipeline",
        "mailbot.cases.store",
        "mailbot.cases.arrivals.filing",
        "mailbot.cases.masking.mask",
    }


def test_a_command_loads_no_other_commands_module(settings: Path) -> None:
    found = loaded("cases", "--config", str(settings), code=0)

    ours = {name.removeprefix("mailbot.commands.") for name in found if name.startswith("mailbot.commands.")}
    assert ours == {"terminal", "app", "queue", "options"}


def test_polling_says_the_same_whether_or_not_its_words_go_through_the_parser(settings: Path) -> None:
    named, none = ("--config", str(settings)), ("--config", str(settings.parent / "none.toml"))
    for where, code in ((named, 1), (none, 2)):
        short = mailbot("poll", "--once", *where, environment=PASSWORD)
        parsed = mailbot("poll", *where, "--once", environment=PASSWORD)
        assert short == parsed
        assert short.code == code
        assert len(short.err.splitlines()) == 1

    settings.write_text(CONFIG[: CONFIG.index('[[mailbox]]\nname = "whistle')] + CONFIG[CONFIG.index("[outgoing]") :])
    by_variable = mailbot("poll", "--once", environment={"MAILBOT_CONFIG": str(settings)})
    assert (by_variable.code, by_variable.both) == (0, "enquiries: 0 new, 0 filed, 0 set aside, 0 left\n")
