"""Letters on their way: handed to the carrier, laid into the print folder, asked after at GOV.UK Notify."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from mailbot.cases.letters.outbox import Outbox
from mailbot.clock import Clock
from mailbot.config import Config
from mailbot.correspondence.carriers import carried, carrier, notify_carrier
from mailbot.correspondence.compose import LONDON
from mailbot.correspondence.notify import LETTER_STATES, Fate, reference_of
from mailbot.correspondence.paper import on_paper
from mailbot.domain import Channel, LetterState, QueuedLetter
from mailbot.errors import AddressUnusable, DeliveryFailed, ServerAway, StorageFailed
from mailbot.office import never


class Results(dict[LetterState, int]):
    """How many letters ended in which state during one run."""

    def add(self, state: LetterState) -> None:
        self[state] = self.get(state, 0) + 1


def send(config: Config, outbox: Outbox, clock: Clock, *, stopping: Callable[[], bool] = never) -> Results:
    """Sends every letter that is due and that the carrier takes; raises `DeliveryFailed` where that cannot be used.

    Where it is `stopping`, it ends after the letter in hand.
    Nothing is claimed before the server has answered, so a server that is down costs no attempt; one that goes away
    half-way ends the run. What no server could be had for in five days goes to a person.
    """
    results = Results()
    for _ in range(outbox.give_up_stale()):
        results.add(LetterState.UNKNOWN)
    email, post = outbox.waiting()
    channels = carried(config.outgoing)
    if not (email or (post and Channel.POST in channels)):
        return results
    with contextlib.ExitStack() as connected:
        try:
            carrying = connected.enter_context(carrier(config.outgoing, clock))
        except DeliveryFailed as error:
            outbox.give_up_overdue(channels, str(error))
            raise
        # one at a time: a crash leaves one letter in doubt, not twenty
        while not stopping() and (batch := outbox.claim(1, channels)):
            for queued in batch:
                try:
                    carrying.deliver(queued)
                except ServerAway as error:
                    results.add(outbox.postpone(queued, str(error)))
                    return results
                except DeliveryFailed as error:
                    if error.uncertain:
                        outbox.settle(queued, LetterState.UNKNOWN, str(error))
                        results.add(LetterState.UNKNOWN)
                    elif error.permanent:
                        outbox.settle(queued, LetterState.FAILED, str(error))
                        results.add(LetterState.FAILED)
                    else:
                        results.add(outbox.postpone(queued, str(error)))
                else:
                    outbox.settle(queued, LetterState.SENT)
                    results.add(LetterState.SENT)
    return results


def lay_out(config: Config, outbox: Outbox, clock: Clock) -> int:
    """Lays each letter that staff are to post into the print folder, once; takes out what has been posted.

    Says how many were laid. An address that cannot be used goes to a person: a task on the case.
    """
    if not config.outgoing.print_folder or Channel.POST in carried(config.outgoing):
        return 0
    folder, laid = Path(config.outgoing.print_folder), 0
    waiting = {_file_name(queued): queued for queued in outbox.to_print()}
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for old in folder.glob("MB-*.pdf"):
            if old.name not in waiting:
                old.unlink()
        for name, queued in waiting.items():
            if not (folder / name).exists():
                laid += _laid(folder / name, queued, outbox, clock)
    except OSError as error:
        raise StorageFailed(f"outgoing.print_folder {folder} cannot be written: {error.strerror}") from None
    return laid


def _laid(path: Path, queued: QueuedLetter, outbox: Outbox, clock: Clock) -> int:
    try:
        content = on_paper(queued.letter, clock().astimezone(LONDON).date(), queued.case_reference)
    except AddressUnusable as error:
        outbox.settle(queued, LetterState.FAILED, str(error))
        return 0
    unfinished = path.with_suffix(".part")
    unfinished.touch(mode=0o600)  # it shows where somebody lives
    unfinished.write_bytes(content)
    unfinished.rename(path)
    outbox.note_printed(queued.id)
    return 1


def _file_name(queued: QueuedLetter) -> str:
    return f"{queued.case_reference}-{queued.id}.pdf"


def ask_after(config: Config, outbox: Outbox, clock: Clock) -> int:
    """Asks GOV.UK Notify what became of letters, since no bounce comes back from it; says how many it settled.

    One that may or may not have gone is found there by its reference. That it is not found proves nothing: such a
    letter stays with a person.
    """
    if config.outgoing.kind != "notify":
        return 0
    settled = 0
    in_question = outbox.in_question()
    if not in_question:
        return 0
    with notify_carrier(config.outgoing, clock) as notify:
        for queued, state in in_question:
            found = notify.state_of(reference_of(queued))
            if found is None or (state is LetterState.SENT and found.fate is Fate.ON_ITS_WAY):
                continue
            becomes = LETTER_STATES[found.fate]
            if becomes is not state:
                problem = f"GOV.UK Notify: {found.status}" if becomes is LetterState.FAILED else None
                outbox.settle(queued, becomes, problem)
            if found.fate in (Fate.ARRIVED, Fate.POSTED):
                outbox.note_arrived(queued.id)
            settled += 1
    return settled
