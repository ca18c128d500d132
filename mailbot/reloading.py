"""Reading the settings anew while the worker goes on: `kill -HUP` its process, or `systemctl reload`.

What can change so: the rota and its file's name, the targets of `[queue]`, the caps of `[acknowledgements]`, and the
templates of what the program writes by itself. Where something is wrong with the new ones the old ones stay, and the
log says why. Whatever else has changed waits for a restart, and the log names it.
"""

from __future__ import annotations

import dataclasses
import signal
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mailbot import config as settings
from mailbot.clock import now
from mailbot.config import Config
from mailbot.errors import ConfigError
from mailbot.later import make_ready
from mailbot.log import log
from mailbot.parts import Parts

if TYPE_CHECKING:
    from mailbot.worker import Books, Worker

GO_ON = (
    *("engine", "audit_key", "vault", "key_store", "leases", "ledger", "aside", "standings", "services", "alert_book"),
    *("outbox", "approaches", "openings", "checkpoints", "tokens", "reader", "subscriptions"),
)
"""The parts that go on as they are; those that depend on what has changed are built anew."""


def reload_on_hangup(installation: Parts, path: Path, worker: Worker) -> None:
    """Has SIGHUP give the worker the settings in `path` as they are by then."""
    going_on = [installation]
    lock = threading.Lock()

    def reload() -> None:
        with lock:
            going_on[0], waiting = reloaded(going_on[0], path)
            worker.take_over(going_on[0].config, going_on[0].office, books_of(going_on[0]))
        log.info("settings read anew", action="reload", restart_for=" ".join(waiting) or "nothing")

    def start(*_signal: object) -> None:
        from mailbot.worker import guarded

        threading.Thread(target=partial(guarded, "reload", reload), name="reload", daemon=True).start()

    signal.signal(signal.SIGHUP, start)


def reloaded(installation: Parts, path: Path) -> tuple[Parts, tuple[str, ...]]:
    """The same installation under the settings as they are now, and the sections whose changes wait for a restart.

    Raises `MailbotError` with what is wrong with them, and changes nothing then.
    """
    read, old, kept = settings.load(path), installation.config, installation.office
    alerts = old.alerts
    if alerts is not None and read.alerts is not None:
        alerts = msgspec.structs.replace(alerts, rota=read.alerts.rota)
    config = msgspec.structs.replace(old, queue=read.queue, acknowledgements=read.acknowledgements, alerts=alerts)
    new = Parts(config, installation.demo)
    vars(new).update({name: part for name, part in vars(installation).items() if name in GO_ON})
    vars(new)["office"] = dataclasses.replace(new.office, parse=kept.parse, assessor=kept.assessor)
    make_ready(new.office.composer, new.office.own_words)
    demand_rota(new)
    return new, tuple(name for name in Config.__struct_fields__ if getattr(read, name) != getattr(config, name))


def books_of(installation: Parts) -> Books:
    """The records that the worker's jobs work on."""
    from mailbot.worker import Books

    return Books(
        outbox=installation.outbox,
        second_looks=installation.second_looks,
        alerts=installation.alert_book,
        approaches=installation.approaches,
        openings=installation.openings,
        checkpoints=installation.checkpoints,
        webhooks=installation.subscriptions,
        keeping=installation.keeping,
    )


def demand_rota(installation: Parts) -> None:
    """Raises `ConfigError` with what stands in the way of an alert reaching somebody, where alerts are on."""
    alerts = installation.config.alerts
    if alerts is None or not alerts.enabled:
        return
    from mailbot.rota import Rota

    problems = Rota.load(Path(alerts.rota)).problems(installation.alert_book.roles(), now().date())
    if problems:
        raise ConfigError("; ".join(problems))
