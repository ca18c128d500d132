"""The files that judge: what there is, whether each is what its card says, and which of an installation's decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mailbot.config import Triage
from mailbot.errors import ArtefactRefused, MailbotError
from mailbot.triage import encoder
from mailbot.triage.model import CHALLENGER, CHAMPION, SHIPPED, card_of, file_of, verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """One of them: `problem` is why it is refused, None where it is in order."""

    what: str
    name: str
    problem: str | None


def artefacts(models: Path, settings: Triage) -> list[Artefact]:
    """Every artefact that should be there; nothing is unpacked."""
    found = [_model("text model", models / SHIPPED)]
    if settings.encoder == "auto":
        found.append(_encoder(models))
    for what, name in (("learnt model that decides", CHAMPION), ("learnt model that runs beside", CHALLENGER)):
        if card_of(Path(settings.learnt) / name).exists():
            found.append(_model(what, Path(settings.learnt) / name))
    return found


def promote(learnt: Path) -> str:
    """Has the challenger in `learnt` decide; what decided before is kept under its version. Says its name."""
    challenger, champion = learnt / CHALLENGER, learnt / CHAMPION
    if not card_of(challenger).exists():
        raise MailbotError(f"there is no challenger in {learnt}: `mailbot train --from-officers` fits one")
    card, _ = verified(challenger)
    if card_of(champion).exists():
        before = learnt / f"{CHAMPION}-{verified(champion)[0].version}"
        file_of(champion).rename(file_of(before))
        card_of(champion).rename(card_of(before))
    file_of(challenger).rename(file_of(champion))
    card_of(challenger).rename(card_of(champion))  # last: a model without a card is not looked at
    return f"{card.name}@{card.version}"


def _model(what: str, at: Path) -> Artefact:
    return _checked_model(what, at, _stamp(card_of(at), file_of(at)))


def _encoder(models: Path) -> Artefact:
    return _checked_encoder(models, _stamp(*sorted((models / encoder.FOLDER).glob("*"))))


_Stamp = tuple[tuple[int, int] | None, ...]


def _stamp(*paths: Path) -> _Stamp:
    """When each file was written and how long it is: while that stays, megabytes need not be hashed for every page."""
    return tuple((path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else None for path in paths)


@lru_cache(maxsize=8)
def _checked_model(what: str, at: Path, _stamp: _Stamp) -> Artefact:
    try:
        card, _ = verified(at)
    except ArtefactRefused as error:
        return Artefact(what=what, name=at.name, problem=str(error))
    return Artefact(what=what, name=f"{card.name}@{card.version}", problem=None)


@lru_cache(maxsize=8)
def _checked_encoder(models: Path, _stamp: _Stamp) -> Artefact:
    try:
        card, _ = encoder.verified(models)
    except ArtefactRefused as error:
        return Artefact(what="text encoder", name=encoder.FOLDER, problem=str(error))
    return Artefact(what="text encoder", name=card.name, problem=None)
