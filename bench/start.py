"""How long commands take from start to end: `python -m bench.start [RUNS]` prints a table and writes bench/start.json.

Two empty mailboxes on a real Dovecot over TLS, SQLite with every commit on disk. Each run is a Python of its own, from
its start to its exit; the figures are medians. The processor's seconds stand beside it, which tell the same on a busy
machine, and above it what no command can do without: Python with nothing to do, and Python that loads SQLAlchemy.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.dovecot import running_dovecot
from tests.servers.smtp_sink import running_smtp_sink
from tests.test_main_job import CONFIG, PASSWORDS, Office

TOP = Path(__file__).parent.parent
TRIALS: Mapping[str, Sequence[str]] = {
    "Python": ("-c", ""),
    "Python with SQLAlchemy": ("-c", "import sqlalchemy"),
    "poll --once, nothing new": ("-m", "mailbot", "poll", "--once"),
    "cases": ("-m", "mailbot", "cases"),
    "--help": ("-m", "mailbot", "--help"),
    "check": ("-m", "mailbot", "check"),
}

Figures = dict[str, float]


def main(runs: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_dovecot(PASSWORDS) as dovecot,
        running_smtp_sink() as sink,
    ):
        office = Office(Path(folder), dovecot, sink)
        settings = CONFIG.format(imap=dovecot.tls_port, imap_ca=dovecot.ca_file, smtp=sink.port, smtp_ca=sink.ca_file)
        (office.folder / "config.toml").write_text(settings)
        office.run("init", "--admin", "admin@example.gov.uk", "--password-stdin", typed="a long enough password\n")
        load = os.getloadavg()[0]
        found = {name: measured(words, office.environment(), runs) for name, words in TRIALS.items()}
    report(found, {"runs": runs, "cores": len(os.sched_getaffinity(0)), "load": load})


def measured(words: Sequence[str], environment: Mapping[str, str], runs: int) -> Figures:
    """The medians of so many runs, in seconds, after one that fills the caches."""
    seconds, processor = [], []
    for _ in range(runs + 1):
        before, started = used(), time.perf_counter()
        subprocess.run([sys.executable, *words], cwd=TOP, env=environment, stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - started)
        processor.append(used() - before)
    return {"wall": round(statistics.median(seconds[1:]), 3), "cpu": round(statistics.median(processor[1:]), 3)}


def used() -> float:
    """The processor's seconds of all the commands so far."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def report(found: Mapping[str, Figures], about: Mapping[str, float]) -> None:
    print(f"{'':26} {'wall s':>8} {'cpu s':>8}")
    for name, figures in found.items():
        print(f"{name:26} {figures['wall']:8.3f} {figures['cpu']:8.3f}")
    (Path(__file__).parent / "start.json").write_text(json.dumps({**about, **found}, indent=2) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
