"""The documentation is true as far as a program can tell: commands run, references are the code's, links lead there."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import typing
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest
from typer.exceptions import TyperException
from typer.main import get_command

from bench import reference
from mailbot.commands.app import app
from tests.commands import mailbot
from tests.doubles import mail
from tests.servers import ServerMissing
from tests.servers.dovecot import Dovecot, running_dovecot

TOP = Path(__file__).parent.parent
DOCS = TOP / "docs"
PAGES = [TOP / "README.md", *sorted(DOCS.rglob("*.md"))]
NOT_RUN = "# not run by the tests here: "
RUN = ("tutorial.md", "how-to/administrator.md", "how-to/records-officer.md")
"""The pages whose commands are run, one after the other in one installation, as a reader would who follows them."""
PASSWORD = "a long enough password"
MAILBOX_PASSWORD = "pass-one"
ASKS_FOR_A_PASSWORD = (["init"], ["staff", "add"])
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [text for name, text in BLOCK.findall(page.read_text(encoding="utf-8")) if name == language]


def name(page: Path) -> str:
    return page.relative_to(TOP).as_posix()


# ---- Commands ------------------------------------------------------------------------------------------------------


class Reader:
    """Somebody who follows a page: what they type changes folder and variables from then on."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        self.variables = variables

    def types(self, block: str) -> None:
        for ours, lines in groupby(block.splitlines(), key=lambda line: line.startswith("mailbot ")):
            if ours:
                for line in lines:
                    self._runs(line)
            else:  # what `make` makes is tried elsewhere: here it says that it could
                self._shell(
                    re.sub(r"^make (\w+)", f"make -n -C {TOP} \\1 >/dev/null", "\n".join(lines), flags=re.MULTILINE)
                )

    def _runs(self, line: str) -> None:
        words = self._shell(f"printf '%s\\0' {line.removeprefix('mailbot ')}").split("\0")[:-1]
        asks = any(words[: len(start)] == start for start in ASKS_FOR_A_PASSWORD)
        words += ["--password-stdin"] * asks
        os.chdir(self.folder)
        said = mailbot(*words, environment=self.variables, typed=f"{PASSWORD}\n")
        assert said.code == 0, f"{line}\n{said.both}"

    def _shell(self, line: str) -> str:
        """Runs the line; keeps the folder and the variables that it leaves behind, as a shell would."""
        kept = '\npwd >"$LEFT"; env -0 >>"$LEFT"'
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line + kept],
            cwd=self.folder,
            env={**self.variables, "LEFT": self.variables["HOME"] + "/left"},
            input=f"{MAILBOX_PASSWORD}\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        folder, _, variables = Path(self.variables["HOME"], "left").read_text(encoding="utf-8").partition("\n")
        self.folder = Path(folder)
        self.variables = dict(one.split("=", 1) for one in variables.split("\0") if "=" in one)
        return done.stdout


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    try:
        with running_dovecot({"enquiries": MAILBOX_PASSWORD}) as server:
            yield server
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.soak
@pytest.mark.server
def test_the_commands_of_the_tutorial_and_what_follows_it_work_one_after_the_other(
    dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # and back at the end, wherever the reader goes
    dovecot.deliver("enquiries", mail("She hits him and he is with her again tonight").content)
    dovecot.deliver("enquiries", mail("When is your office open?", uid=2).content)
    reader = Reader(TOP, {"HOME": str(tmp_path), "PATH": os.environ["PATH"]})
    server = f'host = "localhost"\nport = {dovecot.tls_port}\nca_file = "{dovecot.ca_file}"'

    for page in RUN:
        for language, block in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
            if language == "toml":
                settings, count = re.subn(r'^host = "mail\.example.*"$', server, block, flags=re.MULTILINE)
                assert count == 1
                assert reader.folder == tmp_path / "mailbot-office"
                (reader.folder / "config.toml").write_text(settings + '[triage]\nencoder = "off"\n', encoding="utf-8")
            elif language == "sh" and not block.startswith(NOT_RUN):
                reader.types(block)

    assert len(dovecot.folder("enquiries", "Processed")) == 2
    assert list(Path(tmp_path, "mailbot-office/outbox").iterdir())


def test_every_block_of_commands_is_run_or_says_why_not() -> None:
    run = {DOCS / page for page in RUN}
    silent = [
        f"{name(page)}: {block.splitlines()[0]}"
        for page in PAGES
        if page not in run
        for block in blocks(page, "sh")
        if not re.match(NOT_RUN + r"\w", block) and not all(is_dry(line) for line in block.splitlines())
    ]
    assert not silent, f'begin the block with "{NOT_RUN}WHY", or have {__name__} run the page'


def is_dry(line: str) -> bool:
    """Whether `make` says that it could make this; what it makes is tried elsewhere."""
    target = re.match(r"make (\w+)", line)
    return not line.strip() or bool(
        target and re.search(rf"^{target[1]}:", (TOP / "Makefile").read_text(), re.MULTILINE)
    )


def commands_told() -> Iterator[tuple[str, str, bool]]:
    """Each `mailbot …` that a page or a unit tells of, and whether it is to be typed as it stands; what stands within a
    sentence may be no more than a command's name. A checkpoint's signed text begins so, too."""
    command = re.compile(r"(?:.*/bin/)?mailbot (?!checkpoint)(?=[a-z-])(.*)")
    for page in PAGES:
        if page.parent == reference.FOLDER:
            continue
        text = page.read_text(encoding="utf-8")
        told = [(line, True) for _, block in BLOCK.findall(text) for line in block.splitlines()]
        within = re.findall(r"(?<!`)`([^`]+)`(?!`)", BLOCK.sub("", text))
        for line, whole in told + [(" ".join(code.split()), False) for code in within]:
            if start := command.match(line):
                yield name(page), start[1], whole
    for unit in (DOCS / "operation/systemd").glob("*.service"):
        for line in re.findall(r"^ExecStart=[^\n]*?/bin/mailbot ([^'\n]*)", unit.read_text().replace("$$", "$"), re.M):
            yield name(unit), line, True


def test_every_command_that_is_told_of_is_one_that_the_command_line_takes() -> None:
    told = list(commands_told())
    assert {"docs/operation.md", "docs/tutorial.md", "docs/operation/systemd/mailbot-backup.service"} <= {
        page for page, line, whole in told if whole
    }
    assert not [f"{page}: {line}: {fault}" for page, line, whole in told if (fault := fault_of(line, whole=whole))]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("polls --once", "there is no polls"),
        ("staff adds jo@example.gov.uk", "there is no adds"),
        ("keys rotate [--purposes all]", "there is no --purposes"),
        ("poll --onc", "No such option"),
        ("staff add jo@example.gov.uk --role offiser  # a colleague", "offiser"),
        ("backup", "Missing"),
        ('backup "/srv/$(date +%F).backup" another >said', "another"),
    ],
)
def test_a_command_that_the_command_line_would_refuse_is_found(line: str, fault: str) -> None:
    assert fault.lower() in fault_of(line, whole=True).lower()


@cache
def parser() -> typing.Any:
    return get_command(app)


def fault_of(line: str, *, whole: bool) -> str:
    """What the command line would say against it; '' where nothing. Of a line with a choice or an omission in it the
    names and options alone are looked at, of a bare name within a sentence the name."""
    is_a_form = re.search(r"\[|…|\w\|\w| \| [a-z]+(?: |$)", line)
    typed = re.sub(r"\$\([^)]*\)", "x", line)
    words = typed.split() if is_a_form else shlex.split(re.split(r" [>|]", typed)[0], comments=True)
    command: typing.Any = parser()
    while hasattr(command, "commands") and words and not words[0].startswith(("-", "[")):
        found = command.commands.get(words[0])
        if found is None:
            return f"there is no {words[0]}"
        command, words = found, words[1:]
    if is_a_form:
        options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)} | {"--help"}
        unknown = [word for word in re.findall(r"(?<![\w-])--[a-z][a-z-]*", " ".join(words)) if word not in options]
        return f"there is no {', '.join(unknown)}" if unknown else ""
    if words or whole:
        try:
            command.make_context("mailbot", words)
        except TyperException as refused:
            return str(refused)
    return ""


# ---- The reference, from the code ----------------------------------------------------------------------------------


def test_the_reference_is_what_the_code_says() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in reference.FOLDER.glob("*.md")}
    assert there == reference.pages(), "say `python -m bench.reference`"


# ---- Clauses, modules, tests ---------------------------------------------------------------------------------------

TEST = re.compile(r"`((?:\w+/)*test_\w+\.py)(?:::(test_\w+))?`")


@cache
def named_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name[:5] == "test_")


def test_every_test_and_file_that_a_page_names_is_there() -> None:
    missing = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for file, test in TEST.findall(text):
            path = next((one for one in (TOP / file, TOP / "tests" / file) if one.exists()), None)
            if path is None or (test and test not in named_in(path)):
                missing.append(f"{name(page)}: {file} {test}")
        for file in re.findall(r"`((?:mailbot|models|templates|bench|tests)/[\w/.-]+\.\w+)`", text):
            if not (TOP / file).exists():
                missing.append(f"{name(page)}: {file}")
    assert not missing


def test_every_clause_of_the_policy_has_its_modules_and_its_tests() -> None:
    rows = dict(re.findall(r"^\| (P\d+) \| (.*) \|$", (DOCS / "traceability.md").read_text(encoding="utf-8"), re.M))
    assert list(rows) == [f"P{number}" for number in range(1, 29)]
    for clause, row in rows.items():
        modules, tests = row.split(" | ")
        for module in modules.split(", "):
            assert re.fullmatch(r"`((?:mailbot|templates)/[\w/.]+)`", module), f"{clause}: {module}"
            assert (TOP / module.strip("`")).is_file(), f"{clause}: {module}"
        for test in tests.split(", "):
            path, _, function = test.strip("`").partition("::")
            assert function in named_in(TOP / path), f"{clause}: {test}"


def test_the_figures_that_the_readme_shows_are_the_cards() -> None:
    shown = re.findall(r"^\|.* (?:right|precision|F1) .*\|$", (TOP / "README.md").read_text(encoding="utf-8"), re.M)
    card = (TOP / "models/README.md").read_text(encoding="utf-8").splitlines()
    assert len(shown) > 5
    assert set(shown) <= set(card)


# ---- Links and the site --------------------------------------------------------------------------------------------


def test_every_link_of_a_page_leads_somewhere_within_the_documentation() -> None:
    broken = []
    for page in PAGES:
        home = TOP if page.parent == TOP else DOCS
        for link in re.findall(r"\]\(([^)\s#]+)[^)]*\)", BLOCK.sub("", page.read_text(encoding="utf-8"))):
            to = (page.parent / link).resolve()
            if re.match(r"\w+:", link):
                continue
            if not (to.is_file() and to.is_relative_to(home)):
                broken.append(f"{name(page)}: {link}")
    assert not broken


def test_every_page_has_its_place_in_the_site() -> None:
    places = re.findall(r"[\w/-]+\.md$", (TOP / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert len(places) == len(set(places))
    assert not pages - set(places), "give it its place in mkdocs.yml"
    assert not set(places) - pages, "it is in mkdocs.yml and nobody has written it"


def test_the_site_is_built_without_a_warning_and_asks_nobody_else_for_anything(tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(TOP / "mkdocs.yml", tmp_path)
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    pages = list((tmp_path / "dist/site").rglob("*.html"))
    assert len(pages) > len(list(DOCS.rglob("*.md")))
    fetched = r"""<(?:script|img|iframe|source)[^>]*\ssrc="(?:https?:)?//|<link[^>]*\shref="(?:https?:)?//"""
    assert not [page.name for page in pages if re.search(fetched, page.read_text(encoding="utf-8"))]
