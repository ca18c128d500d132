"""`mailbot run`, `worker`, `web` and `demo`: what goes on until it is stopped."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.clock import now
from mailbot.commands.options import ConfigOption
from mailbot.commands.queue import print_queue
from mailbot.config import config_path, shipped
from mailbot.errors import ConfigError, MailbotError
from mailbot.later import make_ready
from mailbot.log import log
from mailbot.memory import give_back_large_blocks
from mailbot.parts import Parts, parts_of
from mailbot.reloading import demand_rota
from mailbot.taking_in import take_in

if TYPE_CHECKING:
    from mailbot.worker import Worker


def run(config: ConfigOption = None) -> None:
    """Take in, send and serve the queue, in one process."""
    installation = parts_of(config).ready()
    give_back_large_blocks()
    _demand_alerts(installation)
    _serve(installation, with_worker=True, settings_at=config_path(config))


def worker(config: ConfigOption = None) -> None:
    """Take in and send on schedule, without the queue."""
    from mailbot.expiry import serving
    from mailbot.reloading import reload_on_hangup

    installation = parts_of(config).ready()
    give_back_large_blocks()
    _demand_alerts(installation)
    log.configure(logging.INFO, installation.config.log.format)
    jobs = _worker_of(installation)
    reload_on_hangup(installation, config_path(config), jobs)
    with serving(installation.config.metrics.worker_port):
        jobs.start()
        print("worker started", flush=True)
        _wait_for_the_end()
        jobs.stop()


def web(config: ConfigOption = None) -> None:
    """Serve the queue, without taking in or sending."""
    _serve(parts_of(config).ready(), with_worker=False)


def demo(
    port: Annotated[int, typer.Option(help="The port to serve at.")] = 8000,
    no_web: Annotated[bool, typer.Option("--no-web", help="Print the queue and end.")] = False,
) -> None:
    """A throwaway installation with sample messages: no server, network or secret."""
    from mailbot import sending
    from mailbot.correspondence.authorities import authorities_on, read_authority_contacts
    from mailbot.demo import AUTHORITY_CONTACTS, REGISTER, demonstration
    from mailbot.triage.register import read_register

    with demonstration(port) as (config, sign_ins):
        installation = Parts(config, demo=True)
        installation.services.replace(read_register(REGISTER), "demo")
        known = authorities_on(shipped("models"), now().date())
        installation.authorities.replace(read_authority_contacts(AUTHORITY_CONTACTS, known), "demo")
        for box in installation.config.mailbox:
            tally = take_in(box, installation.office)
            print(f"{box.name}: {tally.new} new, {tally.filed} filed, {tally.set_aside} set aside, {tally.left} left")
        sending.send(installation.config, installation.outbox, now)
        if no_web:
            print_queue(installation, as_json=False)
            return
        print(f"\nThe queue is at http://localhost:{port}\n\nSign in as")
        for role, email, password in sign_ins:
            print(f"  {role:24} {email:34} {password}")
        print("\nEverything is in a temporary folder and goes when this ends (Ctrl+C).", flush=True)
        _serve(installation, with_worker=True)


def _serve(installation: Parts, *, with_worker: bool, settings_at: Path | None = None) -> None:
    from mailbot.reloading import reload_on_hangup
    from mailbot.web.app import create_app
    from mailbot.web.serving import server_of

    address = installation.config.web
    pages = create_app(installation.record, installation.vault.keyring)
    try:
        server = server_of(pages, address)
    except OSError as error:
        raise MailbotError(f"web.port {address.port} on {address.host} cannot be used: {error.strerror}") from None
    jobs = _worker_of(installation) if with_worker else None
    log.configure(logging.INFO if with_worker else logging.WARNING, installation.config.log.format)
    if jobs:
        if settings_at:
            reload_on_hangup(installation, settings_at, jobs)
        jobs.start()
    try:
        server.run()
    finally:
        server.close()
        if jobs:
            jobs.stop()


def _worker_of(installation: Parts) -> Worker:
    from mailbot.reloading import books_of
    from mailbot.worker import Worker

    office = installation.office
    make_ready(office.store, office.assessor, office.composer, office.own_words)  # it does not start with broken rules
    return Worker(installation.config, office, books_of(installation), now, installation.tokens)


def _wait_for_the_end() -> None:
    import threading

    try:
        threading.Event().wait()
    except (KeyboardInterrupt, SystemExit):
        print("stopping after the job in hand", flush=True)


def _demand_alerts(installation: Parts) -> None:
    """Going without alerts must be written out; with them, somebody must be on duty at every hour."""
    config = installation.config.alerts
    if config is None:
        raise ConfigError("alerts: nothing found; `run` and `worker` need it: write enabled = false to go without")
    demand_rota(installation)
