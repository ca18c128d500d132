"""What is released: an upgrade from every earlier schema keeps every row, and a wheel that works with no checkout."""

from __future__ import annotations

import contextlib
import os
import re
import site
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

import mailbot
from mailbot.cases import database, schema
from tests.servers.postgres import fresh_database

ROOT = Path(__file__).parent.parent
VERSIONS = sorted(path.name[:4] for path in (database.MIGRATIONS / "versions").glob("[0-9]*.py"))
EARLIER = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
"""Half an hour after London's clocks went forward."""


REPLACED = {"actions.done"}
"""Columns that went because another says the same and more."""

# An upgrade keeps what there is


def migrate(engine: sa.Engine, version: str) -> None:
    """As `mailbot init` does, but no further than that version."""
    to_the_head = command.upgrade
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _head: to_the_head(config, version))
        database.upgrade(engine)


def made_up(kind: Any, number: int) -> Any:
    """A value of the column's type, another for each number."""
    if isinstance(kind, sa.Boolean):
        return number % 2 == 0
    if isinstance(kind, sa.Integer):
        return number
    if isinstance(kind, sa.Date):
        return date(2026, 3, 1) + timedelta(days=number)
    if isinstance(kind, sa.DateTime):
        zoned = EARLIER + timedelta(days=number)
        return zoned if getattr(kind, "timezone", False) else zoned.replace(tzinfo=None)
    if isinstance(kind, sa.LargeBinary):
        return bytes([0, 255, number]) * 9
    if isinstance(kind, sa.JSON):
        return ["usb", number]
    if isinstance(kind, sa.Float | sa.Numeric):
        return number + 0.25
    return f"ŵ{number}"[: getattr(kind, "length", None) or 99]


def is_ours(name: str) -> bool:
    return name != "alembic_version" and "search_index" not in name


def fill(engine: sa.Engine, numbers: Iterable[int]) -> None:
    """Puts a row of each number into each table, first into those that others point to."""
    with engine.begin() as connection:
        columns = {name: found for (_, name), found in sa.inspect(connection).get_multi_columns().items()}
        for name in [table.name for table in schema.metadata.sorted_tables if table.name in columns]:
            types = {column["name"]: column["type"] for column in columns[name]}
            rows = [{column: made_up(kind, number) for column, kind in types.items()} for number in numbers]
            table = sa.table(name, *(sa.column(column, kind) for column, kind in types.items()))
            connection.execute(sa.insert(table), rows)


def content(engine: sa.Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of each table, in the order they were put in."""
    with engine.connect() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if is_ours(name)]
        rows = {name: connection.exec_driver_sql(f'SELECT * FROM "{name}" ORDER BY 1, 2').mappings() for name in names}
        return {name: [dict(row) for row in found] for name, found in rows.items()}


def assert_kept(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> None:
    for name, rows in before.items():
        gone = {column for column in rows[0] if column not in after[name][0]}
        assert {f"{name}.{column}" for column in gone} <= REPLACED
        were = [{column: row[column] for column in row.keys() - gone} for row in rows]
        columns = were[0].keys()
        assert [{column: row[column] for column in columns} for row in after[name][: len(rows)]] == were, name


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def test_every_upgrade_keeps_every_row_of_every_table(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """At each version rows are put into every table, so that each later step is made with rows of all before it."""
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{tmp_path}/old.sqlite3"
        if engine == "postgres":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres_cluster")))
        old = database.open_database(url)
        for at, version in enumerate(VERSIONS):
            before = content(old)
            migrate(old, version)
            assert_kept(before, content(old))
            fill(old, range(10 + 2 * at, 12 + 2 * at))

        assert database.schema_problem(old) is None
        counts = [len(rows) for rows in content(old).values()]
        assert min(counts) >= 2
        assert max(counts) >= 2 * len(VERSIONS)
        if engine == "sqlite":
            with old.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        old.dispose()


# The wheel


def build(folder: Path) -> Path:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1790000000"}
    wheel = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(wheel, cwd=ROOT, env=environment, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


def test_two_builds_of_the_wheel_are_the_same_to_the_byte(wheel: Path, tmp_path: Path) -> None:
    """Always, that nothing in it tells when or by whom it was built; with MAILBOT_SOAK, a second build as well."""
    inside = zipfile.ZipFile(wheel).infolist()

    assert {one.date_time for one in inside} == {(2026, 9, 21, 14, 13, 20)}
    assert {one.external_attr >> 16 & 0o777 for one in inside} <= {0o644, 0o755}
    if os.environ.get("MAILBOT_SOAK"):
        assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_the_wheel_carries_all_that_works_and_nothing_beside_the_package(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name.partition("/")[0] for name in names} == {"mailbot", f"mailbot-{mailbot.__version__}.dist-info"}
    for folder in ("mailbot", "models", "templates"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                inside = path.relative_to(ROOT).as_posix()
                assert inside.removeprefix("mailbot/") in {name.removeprefix("mailbot/") for name in names}, inside
    assert not [name for name in names if re.search(r"\.sqlite3|\.keys$|config\.toml$|__pycache__|\.env$", name)]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    (site_packages,) = folder.glob("lib/python*/site-packages")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    alone = ["--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check"]
    subprocess.run([*pip, *alone, str(wheel)], check=True)
    (site_packages / "libraries.pth").write_text("\n".join(site.getsitepackages()))
    return folder


CONFIG = """
[[mailbox]]
name = "enquiries"
kind = "maildir"
path = "mail"
[outgoing]
kind = "folder"
[alerts]
enabled = false
"""


@pytest.mark.soak
def test_the_installed_wheel_finds_all_it_needs_with_no_checkout(installed: Path, tmp_path: Path) -> None:
    """`make wheel-check` runs the whole demo; here it makes an installation, and tries every part of it."""
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "mail" / folder).mkdir(parents=True)
    (tmp_path / "config.toml").write_text(CONFIG)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAILBOT"))}

    def run(*words: str) -> str:
        done = subprocess.run(
            [str(installed / "bin" / "mailbot"), *words],
            cwd=tmp_path,
            env=inherited,
            check=False,
            input="a long enough password",
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("init", "--admin", "admin@example.gov.uk", "--password-stdin")
    said = run("check")
    for part in ("templates", "rules and places", "text model: triage@", "text encoder", "database"):
        assert f"ok      {part}" in said


def test_the_changelog_tells_of_this_version() -> None:
    told = (ROOT / "docs" / "changelog.md").read_text(encoding="utf-8")

    assert re.findall(r"^## (\d+\.\d+\.\d+)", told, re.MULTILINE)[0] == mailbot.__version__


def test_whatever_names_the_wheel_or_the_image_names_this_version() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "docs/operation/Containerfile"]
    named = {page.name: set(re.findall(r"mailbot[-:](\d+\.\d+\.\d+)", page.read_text("utf-8"))) for page in pages}

    assert named["README.md"] == named["operation.md"] == named["Containerfile"] == {mailbot.__version__}
    assert set().union(*named.values()) == {mailbot.__version__}


def test_each_exception_to_the_security_rules_says_why() -> None:
    bare = re.compile(r"noqa: (?:[A-Z]+\d+,? ?)*\bS\d+(?:, ?[A-Z]+\d+)*\s*$", re.MULTILINE)

    assert [path.name for path in (ROOT / "mailbot").rglob("*.py") if bare.search(path.read_text("utf-8"))] == []
