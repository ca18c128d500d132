"""What a password must be: long, not the account's own address, and none of those that everybody tries first.

Length over composition (NIST SP 800-63B section 3.1.1.2, NCSC password guidance): no rule asks for signs or capitals.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

SHORTEST = 12
COMMON = Path(__file__).parent / "common_passwords.txt"


def normalised(password: str) -> str:
    """The form that is hashed: however a keyboard composes an accent, the password is the same (NFKD)."""
    return unicodedata.normalize("NFKD", password)


def problem(password: str, address: str) -> str | None:
    """What is wrong with a new password for the account at `address`, as a sentence; None where nothing is."""
    if len(password) < SHORTEST:
        return f"The password has {len(password)} characters; at least {SHORTEST} are needed"
    plain, own = normalised(password).casefold().strip(), address.casefold()
    if plain in (own, own.partition("@")[0], own.partition("@")[2]):
        return "The password is the address of the account, or part of it; choose another"
    if len(set(plain)) < 3 or plain in _common():
        return "The password is one of those that everybody tries first; choose another"
    return None


@cache
def _common() -> frozenset[str]:
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line.casefold() for line in lines if line and not line.startswith("#"))
