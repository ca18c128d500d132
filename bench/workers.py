"""How many messages a second 1, 2 and 4 workers file: `python -m bench.workers [COUNT]` prints a table and writes JSON.

Messages of the corpus, delivered to a real Dovecot over TLS and filed into PostgreSQL by worker processes that have
their model loaded; without the encoder, then with it. The clock runs from the first delivery to the last case. The last
line is what cannot be shared: how many messages a second one process files whose judge takes no time, since filings
follow one another. bench/workers.json keeps the figures with the number of cores that servers and workers shared.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from mailbot.cases import database
from mailbot.config import shipped
from mailbot.intake.labelled import as_mail
from mailbot.pipeline import process
from tests.conftest import installed
from tests.doubles import mail
from tests.fleet import Fleet, running_fleet
from tests.servers.postgres import fresh_database, running_postgres

WORKERS = (1, 2, 4)
WARMING = 30
LONGEST_SECONDS = 900


def main(count: int) -> None:
    figures: dict[str, object] = {"messages": count, "cores": len(os.sched_getaffinity(0))}
    with running_postgres() as cluster:
        for encoder in ("off", "auto"):
            for workers in WORKERS:
                with fresh_database(cluster) as url, tempfile.TemporaryDirectory() as folder:
                    rate = filed_a_second(Path(folder), url, workers, encoder, count)
                figures[f"{workers} workers, encoder {encoder}"] = round(rate, 1)
                print(f"{workers} workers, encoder {encoder}: {rate:.1f} messages a second", flush=True)
        with fresh_database(cluster) as url, tempfile.TemporaryDirectory() as folder:
            rate = filing_alone(Path(folder), url, count)
        figures["filing alone"] = round(rate, 1)
        print(f"filing alone: {rate:.1f} messages a second")
    (Path(__file__).parent / "workers.json").write_text(json.dumps(figures, indent=2) + "\n")


def filed_a_second(folder: Path, url: str, workers: int, encoder: str, count: int) -> float:
    """The rate at which so many workers file `count` messages that lie in two mailboxes at once."""
    with running_fleet(folder, url) as fleet:
        config = folder / "config.toml"
        config.write_text(config.read_text().replace('encoder = "off"', f'encoder = "{encoder}"'))
        for _ in range(workers):
            fleet.start()
        for _ in range(3):  # whoever is not loaded yet leaves these to the others
            fleet.write(WARMING)
            fleet.wait_until_done(LONGEST_SECONDS)
        before = fleet.filed()
        started = time.perf_counter()
        deliver(fleet, count)
        while fleet.filed() < before + count:
            if time.perf_counter() - started > LONGEST_SECONDS:
                raise SystemExit(f"{fleet.filed() - before} of {count} filed within {LONGEST_SECONDS} seconds")
            time.sleep(0.05)
        took = time.perf_counter() - started
        fleet.stop()
    return count / took


def deliver(fleet: Fleet, count: int) -> None:
    lines = [line for file in sorted(shipped("models").glob("corpus/*.jsonl")) for line in file.open(encoding="utf-8")]
    for one in itertools.islice(map(json.loads, lines), count):
        fleet.office.dovecot.deliver(one["mailbox"], as_mail(one).content)


def filing_alone(folder: Path, url: str, count: int) -> float:
    """The rate of one process that stores and files messages of one batch after another, judged in no time."""
    installation = installed(folder, url)
    database.upgrade(installation.engine)
    started = time.perf_counter()
    for at in range(0, count, 20):
        batch = [mail(f"The food is poor. {at + number}", uid=at + number) for number in range(20)]
        process(installation.ledger.keep(batch), installation.office)
    took = time.perf_counter() - started
    installation.engine.dispose()
    return count / took


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
