"""The national contact points that letters may name: one file, each with where it is from and who has confirmed it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mailbot.errors import ArtefactRefused

FILE = "contacts.toml"
READING = "reading.toml"


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of them; what is not known is ''. `confirmed_by` compared it with the body's own website."""

    name: str
    phone: str
    website: str
    hours: str
    source: str
    dated: str
    confirmed_by: str
    confirmed_on: str


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who has read the letters of a language that the program's makers do not speak, and when; '' where nobody has."""

    read_by: str
    read_on: str


def read_contacts(templates: Path) -> dict[str, Contact]:
    """The contact points by their keys; raises `ArtefactRefused` with what is wrong with the file."""
    path = templates / FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, Contact])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ArtefactRefused(f"the contact points {path} cannot be read: {error}") from None


def unconfirmed(templates: Path) -> list[str]:
    """What a person has still to look at before letters go out: a sentence each."""
    waiting = [name for name, contact in read_contacts(templates).items() if not contact.confirmed_by]
    found = [f"nobody has confirmed {', '.join(waiting)} in {templates / FILE}"] if waiting else []
    for path in sorted(templates.glob(f"*/{READING}")):
        if not _reading(path).read_by:
            found.append(f"nobody who speaks it has read the letters in {path.parent} ({READING} says so)")
    return found


def _reading(path: Path) -> Reading:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Reading)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ArtefactRefused(f"{path} cannot be read: {error}") from None


Contacts = Mapping[str, Contact]
