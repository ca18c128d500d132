"""How many messages a second 1, 2 and 4 workers file: `python -m bench.workers [COUNT]` prints a table and writes JSON.

Messages of the corpus, delivered to a real Dovecot over TLS and filed into PostgreSQL by worker processes that have
their model loaded; without the encoder, then with it. The clock runs from the first delivery to the last case. Beside
it stand the processor's seconds that the workers spent on a message, which tell the same on a busy machine. The last
lines are what cannot be shared and what is kept: how many messages a second one process files whose judge takes no
time, since filings follow one another; and by how many kilobytes a message lets the database grow.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from mailbot.cases import database
from mailbot.config import shipped
from mailbot.intake.labelled import as_mail
from mailbot.pipeline import process
from mailbot.taking_in import FILED_AT_ONCE
from tests.conftest import installed
from tests.doubles import mail
from tests.fleet import Fleet, running_fleet
from tests.servers.postgres import fresh_database, running_postgres

WORKERS = (1, 2, 4)
WARMING = 30
LONGEST_SECONDS = 1800
TICKS = os.sysconf("SC_CLK_TCK")

Figures = dict[str, float]


def main(count: int) -> None:
    figures: dict[str, object] = {"messages": count, "cores": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}
    with running_postgres() as cluster:
        for encoder in ("off", "auto"):
            for workers in WORKERS:
                with fresh_database(cluster) as url, tempfile.TemporaryDirectory() as folder:
                    found = filed(Path(folder), url, workers, encoder, count)
                figures[f"{workers} workers, encoder {encoder}"] = found
                print(f"{workers} workers, encoder {encoder}: {found}", flush=True)
        with fresh_database(cluster) as url, tempfile.TemporaryDirectory() as folder:
            figures["filing alone"] = found = filing_alone(Path(folder), url, count)
        print(f"filing alone: {found}")
    (Path(__file__).parent / "workers.json").write_text(json.dumps(figures, indent=2) + "\n")


def filed(folder: Path, url: str, workers: int, encoder: str, count: int) -> Figures:
    """How so many workers file `count` messages that lie in two mailboxes at once."""
    with running_fleet(folder, url) as fleet:
        config = folder / "config.toml"
        config.write_text(config.read_text().replace('encoder = "off"', f'encoder = "{encoder}"'))
        for _ in range(workers):
            fleet.start()
        for _ in range(3):  # whoever is not loaded yet leaves these to the others
            fleet.write(WARMING)
            fleet.wait_until_done(LONGEST_SECONDS)
        before, worked, kept = fleet.filed(), processor_seconds(fleet), database_bytes(fleet.engine)
        started = time.perf_counter()
        deliver(fleet, count)
        while fleet.filed() < before + count:
            if time.perf_counter() - started > LONGEST_SECONDS:
                raise SystemExit(f"{fleet.filed() - before} of {count} filed within {LONGEST_SECONDS} seconds")
            time.sleep(0.05)
        took = time.perf_counter() - started
        worked, kept = processor_seconds(fleet) - worked, database_bytes(fleet.engine) - kept
        fleet.stop()
    return {
        "a second": round(count / took, 1),
        "processor ms a message": round(worked / count * 1000, 1),
        "kB a message": round(kept / count / 1000, 1),
    }


def deliver(fleet: Fleet, count: int) -> None:
    lines = [line for file in sorted(shipped("models").glob("corpus/*.jsonl")) for line in file.open(encoding="utf-8")]
    for one in itertools.islice(map(json.loads, lines), count):
        fleet.office.dovecot.deliver(one["mailbox"], as_mail(one).content)


def processor_seconds(fleet: Fleet) -> float:
    """What the workers and the processes that read for them have used so far."""
    workers = {one.pid for one in fleet.running}
    used = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended since it was listed
            continue
        if {int(path.parent.name), int(fields[1])} & workers:
            used += int(fields[11]) + int(fields[12])
    return used / TICKS


def database_bytes(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        size: int = connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one()
    return size


def filing_alone(folder: Path, url: str, count: int) -> Figures:
    """One process that stores and files messages, a batch after the other, judged in no time."""
    installation = installed(folder, url)
    database.upgrade(installation.engine)
    started, worked = time.perf_counter(), time.process_time()
    for at in range(0, count, FILED_AT_ONCE):
        batch = [mail(f"The food is poor. {at + number}", uid=at + number) for number in range(FILED_AT_ONCE)]
        process(installation.ledger.keep(batch), installation.office)
    took, worked = time.perf_counter() - started, time.process_time() - worked
    installation.engine.dispose()
    return {"a second": round(count / took, 1), "processor ms a message": round(worked / count * 1000, 1)}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
