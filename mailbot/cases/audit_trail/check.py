"""Going over the audit trail: is it as it was written, and is all of it there?

It stops at the first thing that does not fit. The rows are read in pieces, so that a long trail takes no more memory
than a short one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa

from mailbot.cases.audit import CHAIN_BEGUN, Row, key_of, link, rows
from mailbot.cases.audit_trail.checkpoints import MADE, Checkpoint, kept, signed, signing_key
from mailbot.cases.database import storage_errors
from mailbot.cases.schema import audit
from mailbot.cases.sealing.vault import Keyring
from mailbot.errors import AuditBroken, MailbotError

MISFIT = "was changed: its digest is not that of what it says after the row before"
OR_BEFORE = "begins the chain, and does not fit: it was changed, or one of the rows from before the chain was"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was gone over: `rows` of which `linked` are of the chain, the rest from before it; `checkpoints` here, and
    those kept elsewhere."""

    rows: int
    linked: int
    checkpoints: int
    kept_elsewhere: int


def verify(
    engine: sa.Engine,
    keyring: Keyring,
    elsewhere: Sequence[Checkpoint] = (),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Verdict:
    """Goes over every row and every checkpoint; `elsewhere` are checkpoints as another host received them.

    Raises `AuditBroken` with the first that does not fit. `progress` is told how many rows are done, and of how many.
    """
    with storage_errors(), engine.connect() as connection:
        through = connection.execute(sa.select(sa.func.max(audit.c.id))).scalar() or 0
        of = connection.execute(sa.select(sa.func.count()).select_from(audit)).scalar_one()
        here = kept(connection)
        _check_checkpoints(keyring, here, elsewhere)
        walk = _Walk(key_of(keyring), {one.through: one for one in (*here, *elsewhere)}, through)
        for piece in rows(connection):
            for row in piece:
                walk.step(row)
            progress(walk.count, of)
    walk.end(max((*here, *elsewhere), key=lambda one: one.through, default=None))
    return Verdict(rows=walk.count, linked=walk.linked, checkpoints=len(here), kept_elsewhere=len(elsewhere))


def received(lines: Iterable[str]) -> list[Checkpoint]:
    """The checkpoints in what another host wrote down: one a line, behind whatever its log puts before them.

    Raises `MailbotError` with the number of a line that holds none.
    """
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(msgspec.convert(json.loads(line[line.index("{") :]), Checkpoint))
        except (ValueError, msgspec.ValidationError):
            raise MailbotError(
                f"line {number} holds no checkpoint: give a file that holds nothing else (grep 'mailbot checkpoint')"
            ) from None
    if not found:
        raise MailbotError("there is no checkpoint in that file: was it cut off, or is it another file?")
    return found


def _check_checkpoints(keyring: Keyring, here: Sequence[Checkpoint], elsewhere: Sequence[Checkpoint]) -> None:
    """Their numbers without a gap, their signatures ours, and those here the same as those kept elsewhere."""
    key = signing_key(keyring)
    for where, some in (("", here), (" kept elsewhere", elsewhere)):
        for one in some:
            if one != signed(key, one.number, one.at, one.through, one.digest):
                raise broken(f"checkpoint {one.number}{where} was changed, or signed with another key")
    for expected, one in enumerate(here, 1):
        if one.number != expected:
            raise broken(f"checkpoint {expected} is missing")
    by_number = {one.number: one for one in here}
    for one in elsewhere:
        if one.number not in by_number:
            raise broken(f"checkpoint {one.number} of {one.at} is missing here, and kept elsewhere")
        if one != by_number[one.number]:
            raise broken(f"checkpoint {one.number} is another than the one kept elsewhere")


@dataclass(slots=True)
class _Walk:
    """Goes from row to row. `marks` are the checkpoints by the row they go through; each must be there up to `through`,
    which was the last row when they were read."""

    key: bytes
    marks: Mapping[int, Checkpoint]
    through: int
    digest: str = field(default="")
    number: int = field(default=0)
    count: int = field(default=0)
    linked: int = field(default=0)

    def step(self, row: Row) -> None:
        expected = link(self.key, self.digest, row)
        if row.digest is None and not self.linked:
            self._go_on(row, expected)
            return
        if row.digest is None:
            raise broken(f"row {row.number} has no digest: it was slipped in, or its digest taken away")
        if row.number != self.number + 1:
            raise broken(f"row {self.number + 1} is missing: row {row.number} stands in its place")
        begins = self.count > 0 and not self.linked
        if row.digest != expected or (begins and row.act != CHAIN_BEGUN):
            raise broken(f"row {row.number} {OR_BEFORE if begins else MISFIT}")
        self.linked += 1
        self._go_on(row, row.digest)
        mark = self.marks.get(row.number)
        if mark is not None and mark.digest != row.digest:
            raise broken(f"row {row.number} is another than the one that checkpoint {mark.number} was made of")
        if row.act == MADE and mark is None and row.number <= self.through:
            raise broken(f"the checkpoint that row {row.number} tells of is missing")

    def end(self, newest: Checkpoint | None) -> None:
        """Whether it went as far as the newest checkpoint says."""
        if newest is not None and self.number < newest.through:
            raise broken(
                f"rows {self.number + 1} to {newest.through} are missing: checkpoint {newest.number} of "
                f"{newest.at} UTC was made when they were there"
            )

    def _go_on(self, row: Row, digest: str) -> None:
        if row.digest is None and row.number in self.marks:
            raise broken(f"row {row.number} has lost its digest, which a checkpoint was made of")
        self.digest, self.number = digest, row.number
        self.count += 1


def broken(what: str) -> AuditBroken:
    """What is wrong, with what to do about it."""
    return AuditBroken(
        f"the audit trail is broken: {what}. Stop mailbot, keep a copy of the database as it is, and find the row in a "
        "backup (docs/audit.md)"
    )
