"""From delivery to filed case, and to the duty officer's alert: `python -m bench.idle [COUNT]` prints a table and JSON.

A real Dovecot over TLS, the shipped model with its encoder, SQLite with every commit on disk, polling put off to ten
minutes: only IDLE can have told. Dovecot itself waits half a second before it tells. A case is filed when its row is
committed; the duty officer is told when the mail server has the alert. Every message is of a child in danger.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from mailbot.cases import audit, database
from mailbot.cases.schema import cases
from mailbot.cases.sealing.vault import read_keys
from mailbot.clock import now
from mailbot.domain import Role
from mailbot.web import accounts
from tests.servers.dovecot import running_dovecot
from tests.servers.smtp_sink import running_smtp_sink
from tests.servers.webhook import running_webhook
from tests.test_main_job import CONFIG, PASSWORDS, Office

LONGEST_SECONDS = 30
DUTY = "duty@example.gov.uk"
PASSWORD = "a long enough password"
ROTA = f"""
manager = "{DUTY}"
[[shift]]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "00:00"
to = "24:00"
people = ["{DUTY}"]
"""


def main(count: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_dovecot(PASSWORDS) as dovecot,
        running_smtp_sink() as sink,
        running_webhook() as webhook,
    ):
        os.environ |= {"DUTY_WEBHOOK": webhook.address, "NO_PROXY": "127.0.0.1"}
        office = Office(Path(folder), dovecot, sink)
        engine = _installed(office)
        worker = office.start("worker")
        try:
            seconds = [_told_after(office, engine, number) for number in range(count + 1)][1:]  # the first loads all
        finally:
            worker.terminate()
            worker.communicate(timeout=60)
    report({"case": [one for one, _ in seconds], "alert": [one for _, one in seconds]})


def _installed(office: Office) -> sa.Engine:
    sink, dovecot, folder = office.sink, office.dovecot, office.folder
    settings = CONFIG.format(imap=dovecot.tls_port, imap_ca=dovecot.ca_file, smtp=sink.port, smtp_ca=sink.ca_file)
    settings = settings.replace("username =", "poll_seconds = 600\nusername =").replace('encoder = "off"', "")
    alerts = 'enabled = true\npublic_url = "https://mailbot.example"\nwebhook_env = "DUTY_WEBHOOK"\n'
    alerts += f'rota = "{folder}/rota.toml"'
    (folder / "config.toml").write_text(settings.replace("enabled = false", alerts))
    (folder / "rota.toml").write_text(ROTA)
    office.run("init", "--admin", "admin@example.gov.uk", "--password-stdin", typed=f"{PASSWORD}\n")
    keys = read_keys(folder / "mailbot.keys", None)
    engine = database.open_database(f"sqlite:///{folder}/mailbot.sqlite3", audit_key=lambda: audit.key_of(keys))
    role = Role.WHISTLEBLOWING_OFFICER
    accounts.add(engine, DUTY, role, PASSWORD, added_by="bench", confirmed_by="bench", at=now())
    return engine


def _told_after(office: Office, engine: sa.Engine, number: int) -> tuple[float, float]:
    """Seconds from the server's having the message to its case being there, and to the alert."""
    content = (
        f"From: jo{number}@post.example\r\nSubject: Number {number}\r\nMessage-ID: <{number}@post.example>\r\n\r\n"
        f"A child at the home is being hurt by a member of staff right now and is not safe tonight. House {number}.\r\n"
    )

    def filed() -> bool:
        with engine.connect() as connection:
            return bool(connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one() > number)

    def told() -> bool:
        return sum(received.rcpt_to == (DUTY,) for received in list(office.sink.messages)) > number

    office.dovecot.deliver("enquiries", content.encode())
    started = time.perf_counter()
    return _seconds_until(filed, started), _seconds_until(told, started)


def _seconds_until(true: Callable[[], bool], started: float) -> float:
    while time.perf_counter() - started < LONGEST_SECONDS:
        if true():
            return time.perf_counter() - started
        time.sleep(0.01)
    raise SystemExit(f"nothing came of a message within {LONGEST_SECONDS} seconds")


def report(seconds: dict[str, list[float]]) -> None:
    found: dict[str, object] = {"date": f"{now():%Y-%m-%d}", "load": round(os.getloadavg()[0], 1)}
    print("| delivery to | messages | p50 | p95 | longest |\n|---|---:|---:|---:|---:|")
    for name, took in seconds.items():
        p95 = statistics.quantiles(took, n=20)[-1]
        found[name] = {"messages": len(took), "p50": statistics.median(took), "p95": p95, "longest": max(took)}
        print(f"| {name} | {len(took)} | {statistics.median(took):.2f} s | {p95:.2f} s | {max(took):.2f} s |")
    (Path(__file__).parent / "idle.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
