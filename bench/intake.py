"""From a full mailbox to filed cases: `python -m bench.intake [REALISTIC [SMALL [alone]]]` prints tables, writes JSON.

The same mail lies in a real Dovecot, over TLS, for each of: a program that fetches, keeps the bytes durably and moves,
and does nothing else (the limit); django-helpdesk's `get_email` and django-mailbox's `getmail` from the package index;
`mailbot poll --once` by one process and by two at the same time, without the encoder; and by one with it (small
messages: by one without it alone). `alone` leaves the two others out. Start-up counts. Memory is the most that a
command and its children hold at once, what they share counted once (PSS). What was measured of another number of
messages stays in the file.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from bench import polled
from bench.mailbags import realistic, small
from mailbot.cases.schema import messages
from mailbot.clock import now
from tests.commands import mailbot
from tests.servers.dovecot import Dovecot, running_dovecot

PEERS = tuple(polled.APPS)
OURS = {"one process": (1, "off"), "two processes": (2, "off"), "with encoder": (1, "auto")}
LIMIT = "limit"
PASSWORD = "a-long-password"
EVERY_SECONDS = 0.1

CONFIG = """
[[mailbox]]
name = "enquiries"
kind = "imap"
host = "localhost"
port = {port}
ca_file = "{ca}"
username = "{user}"
password_env = "ENQUIRIES_PASSWORD"
reply_address = "enquiries@example.gov.uk"
[outgoing]
kind = "smtp"
host = "localhost"
port = 1
from_address = "enquiries@example.gov.uk"
[alerts]
enabled = false
[triage]
encoder = "{encoder}"
"""

Figures = dict[str, float]


class Run(NamedTuple):
    """Seconds by the clock and of the processor, and the most memory in MB."""

    seconds: float
    processor: float
    memory: float

    def figures(self, count: int) -> Figures:
        return {
            "seconds": round(self.seconds, 2),
            "a second": round(count / self.seconds, 1),
            "processor ms a message": round(self.processor / count * 1000, 1),
            "peak MB": round(self.memory),
        }


def main(of_realistic: int = 2000, of_small: int = 10_000, *, alone: bool = False) -> None:
    path = Path(__file__).parent / "intake.json"
    found: dict[str, object] = json.loads(path.read_text()) if path.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        peers = "" if alone else polled.installed(Path(folder))
        if isinstance(peers, str):
            print(peers)
        bags = (("realistic", realistic, of_realistic, tuple(OURS)), ("small", small, of_small, ("one process",)))
        for name, bag, count, ways in bags:
            if not count:
                continue
            machine = {"cores": len(os.sched_getaffinity(0)), "load before": round(os.getloadavg()[0], 1)}
            figures = contest(Path(folder) / name, bag(count), ways, peers if isinstance(peers, Path) else None)
            found[f"{count} {name}"] = {"date": f"{now():%Y-%m-%d}", **machine, "figures": figures}
            print_table(name, count, figures)
            path.write_text(json.dumps(found, indent=2) + "\n")


def contest(folder: Path, bag: Iterable[bytes], ways: Sequence[str], peers: Path | None) -> dict[str, Figures]:
    """Each contestant's figures for those messages, ours in these ways."""
    folder.mkdir()
    mails = list(bag)
    count = len(mails)
    names = [LIMIT, *(PEERS if peers else ()), *ways]
    users = {name.replace(" ", "-"): PASSWORD for name in names}
    figures: dict[str, Figures] = {}
    with running_dovecot(users) as server:
        for name, user in zip(names, users, strict=True):
            server.deliver_many(user, mails)
            place = folder / user
            place.mkdir()
            if name == LIMIT:
                run = limit(server, user, place)
            elif name in OURS:
                run = ours(server, user, place, *OURS[name], count=count)
            else:
                run = peer(server, name, user, place, peers or Path(), count)
            figures[name] = run.figures(count)
            print(f"{name}: {figures[name]}", flush=True)
    return figures


def limit(server: Dovecot, user: str, folder: Path) -> Run:
    words = [server.host, str(server.tls_port), str(server.ca_file), user, PASSWORD, f"{folder}/limit.sqlite3"]
    return timed([[sys.executable, "-m", "bench.transfer", *words]], {})


def peer(server: Dovecot, name: str, user: str, folder: Path, python: Path, count: int) -> Run:
    mailbox = {"host": server.host, "port": server.tls_port, "user": user, "password": PASSWORD}
    subprocess.run(polled.command(python, "make", name, folder, mailbox), check=True, capture_output=True)
    said = folder / "said"
    run = timed([polled.command(python, "poll", name, folder, mailbox)], {}, said)
    held = int(said.read_text().split()[-1])
    if held != count:
        print(f"{name} holds {held} of {count}")
    return run


def ours(server: Dovecot, user: str, folder: Path, processes: int, encoder: str, *, count: int) -> Run:
    config = folder / "config.toml"
    config.write_text(CONFIG.format(port=server.tls_port, ca=server.ca_file, user=user, encoder=encoder))
    more = {"ENQUIRIES_PASSWORD": PASSWORD, "MAILBOT_CONFIG": str(config)}
    made = mailbot(
        "init", "--admin", "admin@example.gov.uk", "--password-stdin", environment=more, typed=f"{PASSWORD}\n"
    )
    if made.code:
        raise SystemExit(made.both)
    run = timed([[sys.executable, "-m", "mailbot", "poll", "--once"]] * processes, more, folder / "said")
    engine = sa.create_engine(f"sqlite:///{folder}/mailbot.sqlite3")
    with engine.connect() as connection:
        filed = connection.execute(sa.select(sa.func.count()).where(messages.c.state == "filed")).scalar_one()
    engine.dispose()
    left = len(server.uids(user))
    if filed != count or left:
        raise SystemExit(f"{filed} of {count} filed, {left} left on the server:\n{(folder / 'said').read_text()}")
    return run


def timed(commands: list[list[str]], environment: Mapping[str, str], said: Path | None = None) -> Run:
    """Runs the commands at the same time until the last has ended; raises where one fails."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(said.open("wb")) if said else subprocess.DEVNULL
        before, started = os.times(), time.perf_counter()
        running = [
            subprocess.Popen(one, env={**os.environ, **environment}, stdout=file, stderr=subprocess.STDOUT)
            for one in commands
        ]
        memory = stack.enter_context(watched({one.pid for one in running}))
        codes = [one.wait() for one in running]
        took, after = time.perf_counter() - started, os.times()
    if any(codes):
        raise SystemExit(f"{commands[0]} ended with {codes}:\n{said.read_text() if said else ''}")
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(took, processor, max(memory) / 1000)


@contextlib.contextmanager
def watched(roots: set[int]) -> Iterator[list[int]]:
    """The memory in kB that these processes and their children hold, ten times a second."""
    seen, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(EVERY_SECONDS):
            seen.append(sum(map(_held, _family(roots))))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _family(roots: set[int]) -> set[int]:
    found = set(roots)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended since it was listed
            if int(path.read_text().rpartition(")")[2].split()[1]) in roots:
                found.add(int(path.parent.name))
    return found


def _held(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def print_table(name: str, count: int, figures: Mapping[str, Figures]) -> None:
    print(f"\n{count} {name} messages\n")
    print("| | seconds | a second | of the limit | times django-helpdesk | processor ms | peak MB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    of, helpdesk = figures[LIMIT]["seconds"], figures.get(PEERS[0], {}).get("seconds")
    for who, one in figures.items():
        times = f"{helpdesk / one['seconds']:.1f}" if helpdesk else ""
        columns = (one["seconds"], one["a second"], f"{of / one['seconds']:.2f}", times)
        print(f"| {who} |", *(f" {column} |" for column in (*columns, one["processor ms a message"], one["peak MB"])))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), alone="alone" in sys.argv[3:])
