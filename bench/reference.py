"""The reference part of the documentation, from the code: `python -m bench.reference` writes docs/reference again.

A test holds what is there to what this would write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import typer
from msgspec import Struct
from typer.cli import get_docs_for_click
from typer.main import get_command

from mailbot import config
from mailbot.cases.access import ALLOWED, CONFIRMED_BY_A_SECOND
from mailbot.commands.app import app
from mailbot.config import shipped
from mailbot.domain import Role
from mailbot.triage.cues import CUES
from mailbot.triage.rules import POLARITY, Rule, RuleBook
from mailbot.web.api_description import openapi

TOP = Path(__file__).parent.parent
FOLDER = TOP / "docs/reference"
METHODS = ("get", "post", "put", "patch", "delete")


def pages() -> dict[str, str]:
    """The text of every page, by its file name."""
    return {
        "configuration.md": configuration((TOP / "config.example.toml").read_text(encoding="utf-8")),
        "commands.md": commands(),
        "rules.md": rules(),
        "api.md": api(),
        "permissions.md": permissions(),
    }


def _page(title: str, source: str, *parts: str) -> str:
    note = f"Written from {source} by `python -m bench.reference`; do not change it here."
    return "\n\n".join((f"# {title}", note, *parts)) + "\n"


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    cells = [headings, ("---",) * len(headings), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in cells)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# ---- The configuration ---------------------------------------------------------------------------------------------


def configuration(example: str) -> str:
    """Each section with its keys: what is allowed, the default, and what `example` says of it."""
    told = dict(_told(example))
    types = get_type_hints(config.Config)
    sections: list[str] = []
    for field in msgspec.structs.fields(config.Config):
        struct = _struct_in(types[field.name])
        heading = f"[[{field.name}]]" if get_origin(types[field.name]) is tuple else f"[{field.name}]"
        sections += _section(heading, field.name, struct, told)
    return _page(
        "Configuration",
        "`mailbot/config.py` and `config.example.toml`",
        "One TOML file: `--config`, else `$MAILBOT_CONFIG`, else `./config.toml`. A key that is not here is an "
        "error, which names the nearest. Secrets never stand in the file: it names the environment variable or the "
        "file that holds them. Relative paths are taken from the folder of the file. The keys may come from the "
        "environment as `MAILBOT_KEYS`.",
        *sections,
    )


def _section(heading: str, name: str, struct: type[Struct], told: dict[str, str]) -> Iterator[str]:
    types, nested, rows = get_type_hints(struct), [], []
    for field in msgspec.structs.fields(struct):
        below = _struct_in(types[field.name], None)
        if below:
            nested.append((f"{field.name} of {heading}", f"{name}.{field.name}", below))
        allowed = _allowed(types[field.name])
        does = told.get(f"{name}.{field.name}", "").removeprefix(re.sub('[`"]', "", allowed)).strip()
        rows.append((f"`{field.name}`", allowed, _default(field), does))
    said = "" if "." in name else told.get(name, "")
    yield f"## {heading}" + (f"\n\n{said[:1].upper()}{said[1:]}." if said else "")
    if struct.__doc__:
        yield _prose(struct.__doc__)
    yield _table(("key", "allowed", "default", "what it does"), rows)
    for one in nested:
        yield from _section(*one, told)


def _told(example: str) -> Iterator[tuple[str, str]]:
    """What the comments of the example say: of a section by its name, of a key by `section.key`; the first counts."""
    section = last = ""
    found: dict[str, str] = {}
    for line in example.splitlines():
        if head := re.match(r"(?:# )?\[\[?(\w+)\]\]?(?:\s+# (.*))?$", line):
            section = last = head[1]
            found.setdefault(last, head[2] or "")
        elif key := re.match(r"(?:# )?(\w+) = (.*)$", line):
            last = f"{section}.{key[1]}"
            comment = re.search(r"(?:^|[\s\]\"}])# (.*)$", key[2])
            found.setdefault(last, comment[1] if comment else "")
        elif more := re.match(r"(?: {20,}|# \]\s+)# (.*)$", line):
            found[last] = f"{found[last]} {more[1]}".strip()
    yield from ((name, text) for name, text in found.items() if text)


def _struct_in(kind: Any, otherwise: type[Struct] | None = Struct) -> Any:
    """The section's struct in a type such as ``tuple[Mailbox, ...]`` or ``OIDC | None``; `otherwise` where none is."""
    options = (kind, *get_args(kind)) if isinstance(kind, UnionType) or get_args(kind) else (kind,)
    return next((one for one in options if isinstance(one, type) and issubclass(one, Struct)), otherwise)


def _allowed(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " | ".join(f'`"{one}"`' for one in get_args(kind))
    if _struct_in(kind, None):
        return "a list of tables, below" if get_origin(kind) is tuple else "a table, below"
    words = {str: "a text", int: "a whole number", float: "a number", bool: "`true` | `false`"}
    return words.get(kind) or {tuple: "a list of texts", dict: "a table of texts"}[get_origin(kind)]


def _default(field: Any) -> str:
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory
    if field.required:
        return "needed"
    if value is None or callable(value) or value == () or value == "":
        return "none"
    if isinstance(value, tuple):
        return f"{len(value)} of them, in `config.example.toml`" if len(value) > 1 else f"`{json.dumps(value)}`"
    return f"`{json.dumps(value)}`"


def _prose(docstring: str) -> str:
    return " ".join(docstring.replace("``", "`").split())


# ---- The commands --------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every command with its arguments and options, as Typer describes them."""
    command = get_command(app)
    written = get_docs_for_click(obj=command, ctx=typer.Context(command), name="mailbot")
    body = written.partition("\n")[2].replace("\n## `mailbot ", "\n## `").replace("\n### `mailbot ", "\n### `")
    return _page(
        "Commands",
        "the parser",
        "Exit codes: 0 done; 1 something failed, with one line on stderr that says what and what to do; 2 wrong usage "
        "or configuration. In a checkout the command is `.venv/bin/mailbot`.",
        body.strip(),
    )


# ---- The rules -----------------------------------------------------------------------------------------------------

RULE_FIELDS = {
    "name": "what it is called, in evidence and on the case's page",
    "field": "the question it speaks of: " + ", ".join(f"`{field}`" for field in POLARITY),
    "value": "the answer it speaks for",
    "polarity": "`raises`: sets the flag, and nothing lowers it; `weighs`: makes the value likelier beside the model",
    "clause": "the clause of the policy that it serves",
    "score": "its precision on the training part of the corpus",
    "pattern": "a regular expression, sought in one sentence at a time; capitals do not matter",
    "raises": "examples that it must flag: each is a test",
    "silent": "examples that it must not flag: each is a test",
    "unless": "a pattern that silences it where it stands in the same sentence",
    "silenced_by": "cues that silence it: " + ", ".join(f"`{cue}`" for cue in CUES),
    "together_with": "a pattern that must stand somewhere in the message",
}


def rules() -> str:
    """The form of a rule, the cues, and the list of those that are in force."""
    book = RuleBook.load(shipped("models"))
    fields = [
        (f"`{one.name}`", "needed" if one.required else "", RULE_FIELDS[one.name])
        for one in msgspec.structs.fields(Rule)
    ]
    cues = [(f"`{name}`", (cue.__doc__ or "").removeprefix("Whether ").rstrip(".")) for name, cue in CUES.items()]
    speaks = [(f"`{field}`", ", ".join(f"`{one}`" for one in may)) for field, may in POLARITY.items()]
    listed = [
        (f"`{one.name}`", f"`{one.field}`", f"`{one.value}`", one.polarity, one.clause, f"{one.score:g}", one.raises[0])
        for one in book.rules
    ]
    return _page(
        "The rules file",
        "`models/rules.toml` and `mailbot/triage/rules.py`",
        "An officer can read and check these. How rules and model come together is told in "
        "[how a message is judged](../judgement.md). A file that cannot be used is refused, and the rule named.",
        "## A rule",
        _table(("key", "", "what it says"), fields),
        "## What a rule may do",
        _table(("field", "polarity"), speaks),
        "## Cues",
        _table(("cue", "it speaks where"), cues),
        f"## The rules in force: {len(book.rules)}, version {book.version}",
        _table(("name", "field", "value", "polarity", "clause", "score", "an example"), listed),
    )


# ---- The API -------------------------------------------------------------------------------------------------------


def api() -> str:
    """Every operation and shape, from the description in OpenAPI."""
    described = json.loads(openapi())
    operations = [
        _operation(method.upper(), path, one)
        for path, methods in described["paths"].items()
        for method, one in methods.items()
        if method in METHODS
    ]
    shapes = [
        part
        for name, shape in sorted(described["components"]["schemas"].items())
        for part in (f"### {name}", _shape(shape))
    ]
    return _page(
        "API",
        "the description in OpenAPI",
        f"Version {described['info']['version']}. {described['info']['description']}",
        "## Operations",
        *operations,
        "## Shapes",
        *shapes,
    )


def _operation(method: str, path: str, one: dict[str, Any]) -> str:
    parts = [f"### {method} {path}", f"{one['summary']}. {one['description']}"]
    if one["parameters"]:
        rows = [(f"`{each['name']}`", each["in"], _kind(each["schema"])) for each in one["parameters"]]
        parts.append(_table(("parameter", "in", "is"), rows))
    if "requestBody" in one:
        parts.append(f"Body: {_content(one['requestBody'])}")
    answers = [(status, answer["description"], _content(answer)) for status, answer in one["responses"].items()]
    parts.append(_table(("status", "means", "body"), answers))
    return "\n\n".join(parts)


def _content(of: dict[str, Any]) -> str:
    return ", ".join(_kind(one["schema"]) for one in of.get("content", {}).values())


def _shape(shape: dict[str, Any]) -> str:
    if "properties" not in shape:
        return _kind(shape)
    needed = shape.get("required", ())
    rows = [
        (f"`{name}`", _kind(one), "" if name in needed else "may be left out")
        for name, one in shape["properties"].items()
    ]
    said = shape.get("description", "")
    return (f"{_prose(said)}\n\n" if said else "") + _table(("field", "is", ""), rows)


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items') or {})}"
    return " ".join(str(schema[key]) for key in ("type", "format") if key in schema) or "anything"


# ---- The permissions -----------------------------------------------------------------------------------------------


def permissions() -> str:
    """Which role may do what."""
    names = tuple(role.replace("_", " ") for role in Role)
    rows = [
        (permission.value, *("yes" if role in allowed else "" for role in Role))
        for permission, allowed in ALLOWED.items()
    ]
    twice = " and ".join(role.replace("_", " ") for role in Role if role in CONFIRMED_BY_A_SECOND)
    return _page(
        "Who may do what",
        "`mailbot/cases/access.py`",
        "One role a person. What does not stand here nobody may. A restricted case is absent from every list, count, "
        "search and error for whoever may not read restricted cases.",
        _table(("may", *names), rows),
        f"The roles {twice} work only once a second administrator has confirmed them under **Staff**.",
    )


def write() -> None:
    """Writes every page; says which have changed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(TOP)}")


if __name__ == "__main__":
    write()
