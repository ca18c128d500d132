"""What is given out of the record, as files: JSON for machines, a tagged PDF for people."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from mailbot.cases.records.rights import EXEMPTIONS, Export
from mailbot.errors import ReportRefused
from mailbot.reports.formats import as_html, as_json, as_pdf
from mailbot.targets import LONDON


def write(export: Export, folder: Path, originals: Sequence[bytes] = ()) -> str:
    """Writes the export into a new folder that only its owner enters; says the SHA-256 of its JSON, in hex.

    Raises `ReportRefused` where the folder is there already or cannot be made: nothing is ever written over.
    """
    told = as_json(export).encode()
    files = {"export.json": told, "export.pdf": as_pdf(_page(export))}
    files |= {f"message-{number}.eml": one for number, one in enumerate(originals, 1)}
    try:
        folder.mkdir(mode=0o700)
        for name, content in files.items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
    except OSError as error:
        raise ReportRefused(f"{folder} cannot be written: {error.strerror}; name a folder that is not there") from None
    return hashlib.sha256(told).hexdigest()


def _page(export: Export) -> str:
    title = f"Given out: {export.purpose}"
    template = _pages().get_template("given_out.html")
    said = template.render(export=export, title=title, exemptions=EXEMPTIONS, day=lambda at: at.astimezone(LONDON))
    return as_html(title, Markup(said))  # noqa: S704  the template escapes what it is given


@lru_cache(maxsize=1)
def _pages() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("mailbot.reports", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
