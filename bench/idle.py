"""From delivery to filed case over IDLE: `python -m bench.idle [COUNT]` prints a table and writes bench/idle.json.

A real Dovecot over TLS, the shipped model, SQLite with every commit on disk, polling put off to ten minutes: only IDLE
can have told. Dovecot itself waits half a second before it tells. The case is filed when its row is committed.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from mailbot.cases import database
from mailbot.cases.schema import cases
from tests.servers.dovecot import running_dovecot
from tests.servers.smtp_sink import running_smtp_sink
from tests.test_main_job import CONFIG, PASSWORDS, Office

LONGEST_SECONDS = 30


def main(count: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_dovecot(PASSWORDS) as dovecot,
        running_smtp_sink() as sink,
    ):
        office = Office(Path(folder), dovecot, sink)
        settings = CONFIG.format(imap=dovecot.tls_port, imap_ca=dovecot.ca_file, smtp=sink.port, smtp_ca=sink.ca_file)
        settings = settings.replace("username =", "poll_seconds = 600\nusername =")
        (office.folder / "config.toml").write_text(settings)
        office.run("init", "--admin", "admin@example.gov.uk", "--password-stdin", typed="a long enough password\n")
        engine = database.open_database(f"sqlite:///{folder}/mailbot.sqlite3")
        worker = office.start("worker")
        try:
            seconds = [filed_after(office, engine, number) for number in range(count + 1)][
                1:
            ]  # the first loads the model
        finally:
            worker.terminate()
            worker.communicate(timeout=60)
    report(seconds)


def filed_after(office: Office, engine: sa.Engine, number: int) -> float:
    """Seconds from the server's having the message to its case being there."""
    content = (
        f"From: jo{number}@post.example\r\nSubject: Fees {number}\r\nMessage-ID: <{number}@post.example>\r\n\r\n"
        f"How much does it cost to register a home? {number}\r\n"
    )
    office.dovecot.deliver("enquiries", content.encode())
    started = time.perf_counter()
    while time.perf_counter() - started < LONGEST_SECONDS:
        with engine.connect() as connection:
            if connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one() > number:
                return time.perf_counter() - started
        time.sleep(0.01)
    raise SystemExit(f"message {number} was not filed within {LONGEST_SECONDS} seconds")


def report(seconds: list[float]) -> None:
    figures = {
        "messages": len(seconds),
        "median": round(statistics.median(seconds), 2),
        "p95": round(statistics.quantiles(seconds, n=20)[-1], 2),
        "longest": round(max(seconds), 2),
    }
    for name, figure in figures.items():
        print(f"{name:10} {figure}")
    (Path(__file__).parent / "idle.json").write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
