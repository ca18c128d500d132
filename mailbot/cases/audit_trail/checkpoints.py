"""Checkpoints of the audit trail: how far it went at some time, signed, for another host to keep.

Whoever holds the database can cut the end off the trail, and nothing in what is left would show it. A checkpoint that
lies elsewhere does. It is signed with Ed25519 (RFC 8032), so that its keeper can tell who wrote it without a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailbot.cases import audit
from mailbot.cases.audit import as_it_stands, as_text, derived, written
from mailbot.cases.database import storage_errors, writing
from mailbot.cases.schema import audit as trail
from mailbot.cases.schema import checkpoints, checkpoints_sent
from mailbot.cases.sealing.vault import Keyring
from mailbot.clock import Clock

MADE = "checkpoint"
"""The act of the row that each checkpoint begins with, and covers: one that is taken out leaves this row behind."""

VERIFIED, FOUND_BROKEN = "audit verified", "audit found broken"
AT_ONCE = 500
"""How many are handed over in one run at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """That the audit trail went as far as the row `through`, of that `digest`.

    `number` counts them without a gap; `at` is as `mailbot.cases.audit.written` says it, `signature` in hex.
    """

    number: int
    at: str
    through: int
    digest: str
    signature: str

    @property
    def signed(self) -> bytes:
        """The very bytes that the signature is over."""
        return f"mailbot checkpoint {self.number} {self.at} {self.through} {self.digest}".encode(
            "utf-8", "surrogateescape"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditStanding:
    """How the trail stands: its newest checkpoint, those that wait to be sent since when, and the last verification.

    What there is none of is None. `verdict` is what the last verification said, `sound` whether that was well.
    """

    checkpoint_at: datetime | None
    checkpoint: int | None
    sent_at: datetime | None
    unsent: int
    unsent_since: datetime | None
    problem: str | None
    verified_at: datetime | None
    verdict: str | None
    sound: bool


def signing_key(keyring: Keyring) -> Ed25519PrivateKey:
    """The key of the signatures, drawn from the keyring's look-up key as the chain's is."""
    return Ed25519PrivateKey.from_private_bytes(derived(keyring, b"mailbot audit checkpoints"))


def public_key(keyring: Keyring) -> str:
    """The public half, as PEM (RFC 8410), for whoever keeps the checkpoints."""
    public = signing_key(keyring).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


class Checkpoints:
    """Makes checkpoints, and keeps which of them were sent."""

    def __init__(self, engine: sa.Engine, keyring: Keyring, clock: Clock) -> None:
        self._engine = engine
        self._writing = writing(engine)
        self._key = signing_key(keyring)
        self._clock = clock

    def begin_chain(self) -> None:
        """Links what was written before the trail was a chain, where that is not done yet."""
        with storage_errors(), self._writing.begin() as connection:
            audit.begin_chain(connection, self._clock())

    def make(self) -> Checkpoint:
        """Signs how far the trail goes now. Audited by the last row that it covers."""
        now = self._clock()
        with storage_errors(), self._writing.begin() as connection:
            newest = connection.execute(sa.select(sa.func.max(checkpoints.c.id))).scalar()
            number = (newest or 0) + 1
            through = audit.record(connection, at=now, actor=audit.MACHINE, act=MADE, detail=f"number {number}")
            digest = connection.execute(sa.select(trail.c.digest).where(trail.c.id == through)).scalar_one()
            made = signed(self._key, number, written(now), through, digest)
            connection.execute(
                sa.insert(checkpoints).values(
                    id=number, at=now, through=through, digest=digest, signature=made.signature
                )
            )
        return made

    def unsent(self) -> list[Checkpoint]:
        """Those that nobody has been handed, oldest first, `AT_ONCE` at most."""
        query = (
            sa.select(checkpoints)
            .outerjoin(checkpoints_sent, checkpoints_sent.c.checkpoint_id == checkpoints.c.id)
            .where(checkpoints_sent.c.sent_at.is_(None))
            .order_by(checkpoints.c.id)
            .limit(AT_ONCE)
        )
        with storage_errors(), self._engine.connect() as connection:
            return [
                Checkpoint(
                    number=row.id,
                    at=written(row.at),
                    through=row.through,
                    digest=row.digest,
                    signature=row.signature,
                )
                for row in connection.execute(query)
            ]

    def note_sent(self, sent: Sequence[Checkpoint]) -> None:
        """Another host has taken these."""
        self._note([one.number for one in sent], sent_at=self._clock(), problem=None)

    def note_problem(self, unsent: Checkpoint, problem: str) -> None:
        """That one could not be handed over."""
        self._note([unsent.number], sent_at=None, problem=problem[:255])

    def _note(self, numbers: Sequence[int], **values: Any) -> None:
        rows = [{"checkpoint_id": number, "tried_at": self._clock(), **values} for number in numbers]
        with storage_errors(), self._writing.begin() as connection:
            connection.execute(sa.delete(checkpoints_sent).where(checkpoints_sent.c.checkpoint_id.in_(numbers)))
            connection.execute(sa.insert(checkpoints_sent), rows)

    def note_verified(self, actor: str, verdict: str, *, sound: bool) -> None:
        """Somebody has gone over the trail. Audited, which is where it is kept."""
        with storage_errors(), self._writing.begin() as connection:
            act = VERIFIED if sound else FOUND_BROKEN
            audit.record(connection, at=self._clock(), actor=actor, act=act, detail=verdict)

    def standing(self) -> AuditStanding:
        """How the trail stands, in three queries however long it is."""
        joined = checkpoints.outerjoin(checkpoints_sent, checkpoints_sent.c.checkpoint_id == checkpoints.c.id)
        waits = checkpoints_sent.c.sent_at.is_(None)
        counted = sa.select(
            sa.func.count().label("unsent"),
            sa.func.min(checkpoints.c.at).label("since"),
            sa.func.max(checkpoints_sent.c.problem).label("problem"),
        ).select_from(joined)
        newest = sa.select(checkpoints.c.id, checkpoints.c.at, checkpoints_sent.c.sent_at).select_from(joined)
        verified = sa.select(trail).where(trail.c.act.in_((VERIFIED, FOUND_BROKEN))).order_by(trail.c.id.desc())
        with storage_errors(), self._engine.connect() as connection:
            last = connection.execute(newest.order_by(checkpoints.c.id.desc()).limit(1)).one_or_none()
            waiting = connection.execute(counted.where(waits)).one()
            seen = connection.execute(verified.limit(1)).one_or_none()
        return AuditStanding(
            checkpoint=last.id if last else None,
            checkpoint_at=last.at if last else None,
            sent_at=last.sent_at if last else None,
            unsent=waiting.unsent,
            unsent_since=waiting.since,
            problem=waiting.problem,
            verified_at=seen.at if seen else None,
            verdict=seen.detail if seen else None,
            sound=seen is not None and seen.act == VERIFIED,
        )


def signed(key: Ed25519PrivateKey, number: int, at: str, through: int, digest: str) -> Checkpoint:
    """A checkpoint with the signature that this key puts to it: always the same one (RFC 8032)."""
    bare = Checkpoint(number=number, at=at, through=through, digest=digest, signature="")
    return Checkpoint(number=number, at=at, through=through, digest=digest, signature=key.sign(bare.signed).hex())


def kept(connection: sa.Connection) -> list[Checkpoint]:
    """Every checkpoint of the table byte for byte as it stands, by number."""
    columns = [as_it_stands(connection, checkpoints.c[name]) for name in ("at", "digest", "signature")]
    query = sa.select(checkpoints.c.id, checkpoints.c.through, *columns).order_by(checkpoints.c.id)
    return [
        Checkpoint(
            number=row[0],
            through=row[1],
            at=as_text(row[2]) or "",
            digest=as_text(row[3]) or "",
            signature=as_text(row[4]) or "",
        )
        for row in connection.execute(query)
    ]
