"""What whoever keeps the machine relies on: metrics that give nobody away, health, a log without a word of a message,
and the files of docs/operation, which name nothing that does not exist."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from mailbot import expiry
from mailbot.cases.alerts import AlertChannel, Notice
from mailbot.cases.api.api_tokens import ApiTokens
from mailbot.cases.audit_trail.checkpoints import Checkpoints
from mailbot.cases.oversight.measures import Measures
from mailbot.cases.oversight.standing import Standings
from mailbot.cases.sealing.key_store import backup_table
from mailbot.config import Config, Mailbox, Outgoing
from mailbot.correspondence.smtp import SmtpCarrier
from mailbot.domain import Correction, Decision, Role
from mailbot.log import Log
from mailbot.pipeline import process
from mailbot.sending import send
from mailbot.taking_in import take_in
from mailbot.triage.artefacts import Artefact
from mailbot.web import metrics
from mailbot.web.health import rendered
from tests.conftest import OFFICER, Installation
from tests.doubles import NOON, mail
from tests.servers import ServerMissing, free_ports, program
from tests.servers.smtp_sink import running_smtp_sink
from tests.web.conftest import application, key_store_of

ROOT = Path(__file__).parent.parent
OPERATION = ROOT / "docs" / "operation"
UNITS = sorted((OPERATION / "systemd").glob("*.service"))
JUDGING = [Artefact(what="text model", name="triage@1", problem=None)]


def told(installation: Installation) -> str:
    """What Prometheus is told beside the intake, at the installation's own time."""
    engine, clock = installation.engine, installation.clock
    measured = Measures(engine, key_store_of(installation), clock).taken()
    trail = Checkpoints(engine, installation.vault.keyring, clock).standing()
    return metrics.rendered(measured, trail, JUDGING, clock()).decode()


def samples(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name.removeprefix("mailbot_"): float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture(autouse=True)
def _nothing_seen_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "_seen", {})


def at_work(installation: Installation) -> None:
    """A danger that was told of and answered, a letter that went, a backup, a token, a checkpoint."""
    process(installation.ledger.keep([mail("DANGER", uid=1), mail("The food is poor.", uid=2)]), installation.office)
    installation.clock.advance(seconds=4)
    outgoing = Outgoing(kind="folder", path=str(installation.folder / "outbox"))
    send(Config(mailbox=(), outgoing=outgoing), installation.outbox, installation.clock)
    (alert,) = installation.alert_book.due()
    went = Notice(channel=AlertChannel.EMAIL, recipient="officer@example.gov.uk", problem=None)
    installation.alert_book.note_told(alert, [went], installation.clock() + timedelta(minutes=15))
    for entry in installation.store.queue(OFFICER):
        case = installation.store.open_case(entry.reference, OFFICER)
        change = Correction(field="remit", value="inspected", reason="It is a council")
        decision = Decision(corrections=() if entry.immediate_risk else (change,), note="Read")
        installation.store.review(entry.reference, OFFICER, case.version, decision)
    keyring = installation.vault.keyring
    Checkpoints(installation.engine, keyring, installation.clock).make()
    ApiTokens(installation.engine, keyring, installation.clock).add("archive", Role.OFFICER, 30, by="test")
    row = {"what": "database", "made_at": NOON, "verified_at": NOON, "sha256": "0", "key_names": "[]"}
    with key_store_of(installation).begin() as connection:
        connection.execute(sa.insert(backup_table), [row])


# Metrics


def test_the_metrics_count_what_is_there(installation: Installation) -> None:
    at_work(installation)
    installation.clock.advance(minutes=10)
    found = samples(told(installation))

    assert found['cases_open{priority="1"}'] == found['cases_open{priority="3"}'] == 1
    assert found['case_oldest_seconds{priority="1"}'] == 604
    assert found["cases_received_a_day"] == 2
    assert found['cases_flagged_a_day{flag="immediate_risk"}'] == 1
    assert found['cases_flagged_a_day{flag="quality_of_care"}'] == 1
    assert found['acknowledgements_a_day{state="sent"}'] + found['acknowledgements_a_day{state="withheld"}'] == 2
    assert found['model_answered{model="none"}'] == 2
    assert found['model_overridden_ratio{model="none"}'] == 0.5
    assert found['stage_seconds{quantile="1",stage="alert"}'] == 4
    assert found['stage_timed{stage="file"}'] == 2
    assert found["letters_late_seconds"] == found["alerts_late_seconds"] == 0
    assert found['backup_timestamp_seconds{what="database"}'] == NOON.timestamp()
    assert found['backup_timestamp_seconds{what="key store"}'] == 0
    assert found["audit_checkpoint_timestamp_seconds"] == (NOON + timedelta(seconds=4)).timestamp()
    assert found["api_token_ends_timestamp_seconds"] == (NOON + timedelta(days=30, seconds=4)).timestamp()
    installation.clock.advance(minutes=10)
    assert samples(told(installation))["alerts_late_seconds"] == 300, "it was due again 15 minutes after it was told"


def test_no_number_moves_when_a_restricted_case_comes_and_is_answered(installation: Installation) -> None:
    at_work(installation)
    before = told(installation)
    worker = mail("WORKER, DANGER and a plover", uid=7, sender="Ade <ade@post.example>")
    process(installation.ledger.keep([worker]), installation.office)

    assert told(installation) == before
    send(
        Config(mailbox=(), outgoing=Outgoing(kind="folder", path=str(installation.folder / "outbox"))),
        installation.outbox,
        installation.clock,
    )
    assert told(installation) == before


def test_a_danger_that_nobody_was_told_of_shows_whoever_wrote(sqlite: Installation) -> None:
    process(sqlite.ledger.keep([mail("WORKER and DANGER")]), sqlite.office)
    sqlite.clock.advance(minutes=6)
    found = samples(told(sqlite))

    assert found["alerts_late_seconds"] == 360
    assert found["letters_late_seconds"] in (0, 360), "a letter is written or withheld"
    assert found["cases_received_a_day"] == 0


def test_the_metrics_cost_the_same_however_many_cases_there_are(sqlite: Installation) -> None:
    asked: list[str] = []
    sa.event.listen(sqlite.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    told(sqlite)
    once = len(asked)
    letters = [mail(f"Number {number}", uid=number) for number in range(30)]
    process(sqlite.ledger.keep(letters), sqlite.office)
    asked.clear()
    told(sqlite)

    assert len(asked) == once <= 20


@pytest.fixture
def scraped(sqlite: Installation) -> str:
    """The whole of /metrics of an installation at work, with a certificate that was seen."""
    at_work(sqlite)
    expiry.note("certificate", "outgoing mail", NOON)
    Standings(sqlite.engine, sqlite.clock).note_taken_in("enquiries", None)
    standings = sqlite.office.standings.listed(["enquiries"])
    return rendered(standings, JUDGING, sqlite.alert_book.channels(), NOON).decode() + told(sqlite)


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\bmailbot_[a-z_]+", text))


def test_the_dashboard_and_the_alert_rules_name_metrics_that_there_are(scraped: str) -> None:
    there_are = set(re.findall(r"^# TYPE (\S+)", scraped, re.MULTILINE))
    dashboard = json.loads((OPERATION / "grafana.json").read_text(encoding="utf-8"))
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    rules = (OPERATION / "prometheus-alerts.yml").read_text(encoding="utf-8")

    assert names_in(asked) | names_in(rules) <= there_are
    assert there_are - names_in(asked) == set(), "a metric that the dashboard does not show"
    explained = names_in((ROOT / "docs" / "operation.md").read_text(encoding="utf-8"))
    assert there_are == explained & there_are, "a metric that the documentation does not explain"
    labels = set(re.findall(r"\{\{ ?(?:\$labels\.)?(\w+) ?\}\}", asked + rules)) - {"value"}
    assert labels <= set(re.findall(r'(\w+)="', scraped))
    assert [one for one in picked_out(asked + rules) if not re.search(one, scraped, re.MULTILINE)] == []


def picked_out(text: str) -> list[str]:
    """For each value that a query picks out of a metric, the pattern of a line that has it."""
    return [
        rf'^{metric}{{.*\b{label}="{value}"'
        for metric, matchers in re.findall(r"\b(mailbot_\w+)\{([^}]*)\}", text)
        for label, values in re.findall(r'(\w+)=~?"([^"]*)"', matchers)
        for value in values.split("|")
    ]


def test_prometheus_takes_the_alert_rules_and_its_own_configuration() -> None:
    try:
        promtool = program("promtool", package="prometheus")
    except ServerMissing as missing:
        pytest.skip(str(missing))
    for what, file in (("rules", "prometheus-alerts.yml"), ("config", "prometheus.yml")):
        checked = subprocess.run(
            [promtool, "check", what, str(OPERATION / file)], check=False, capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_prometheus_can_read_what_it_is_told(scraped: str) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    families = list(text_string_to_metric_families(scraped))
    assert len({family.name for family in families}) == len(families), "a metric is told twice"
    assert all(family.documentation for family in families)


def test_the_worker_tells_until_when_the_certificate_of_the_mail_server_is_valid(sqlite: Installation) -> None:
    (port,) = free_ports(1)
    with running_smtp_sink() as sink, expiry.serving(port):
        settings = Outgoing(kind="smtp", host="localhost", port=sink.port, ca_file=str(sink.ca_file))
        with SmtpCarrier(settings, sqlite.clock), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()

    ends = samples(text)['expires_timestamp_seconds{of="outgoing mail",what="certificate"}']
    assert datetime.fromtimestamp(ends, UTC) - datetime.now(UTC) == pytest.approx(
        timedelta(days=1), abs=timedelta(minutes=1)
    )


# Health


def test_the_health_of_the_intake_fails_when_mail_is_not_being_read(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = application(sqlite).test_client()
    asked = "/health/intake"

    assert (client.get(asked).status_code, client.get(asked).text) == (503, "not taken in\n")
    for name in ("enquiries", "whistleblowing"):
        Standings(sqlite.engine, lambda: datetime.now(UTC)).note_taken_in(name, None)
    assert (client.get(asked).status_code, client.get(asked).text) == (200, "taken in\n")
    Standings(sqlite.engine, lambda: datetime.now(UTC) - timedelta(minutes=4)).note_taken_in("enquiries", None)
    assert client.get(asked).status_code == 503
    assert client.get("/health/ready").status_code == 200, "the pages are served all the same"


# The log

PLANTED = ("zqsubject", "zqbody", "zqname", "zqfrom")


@pytest.fixture
def plain_log() -> Iterator[None]:
    """What a test sets up of the log goes with it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def planted(content: bytes) -> bytes:
    content = re.sub(rb"(?im)^subject:", b"Subject: zqsubject", content, count=1)
    content = re.sub(rb"(?im)^from:.*", b'From: "zqname zqname" <zqfrom@post.example>', content, count=1)
    return content + b"\r\nzqbody\r\n"


@pytest.mark.parametrize(("written", "first"), [("text", 0), ("json", 1)])
@pytest.mark.usefixtures("plain_log")
def test_no_word_of_a_message_comes_into_the_log(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], written: str, first: int
) -> None:
    """With MAILBOT_SOAK of all samples, else of one in eight."""
    folder = sqlite.folder / "mail"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    found = [*(ROOT / "tests" / "intake" / "samples").rglob("*.eml"), *(ROOT / "mailbot" / "samples").rglob("*.eml")]
    found = sorted(found) if os.environ.get("MAILBOT_SOAK") else sorted(found)[first::8]
    for number, sample in enumerate(found):
        (folder / "new" / f"{number}.sample").write_bytes(planted(sample.read_bytes()))
    (folder / "new" / "crash").write_bytes(planted(b"From: x\r\nSubject: y\r\n\r\nCRASH\r\n"))
    log = Log()
    log.configure(logging.DEBUG, "json" if written == "json" else "text")
    monkeypatch.setattr("mailbot.taking_in.log", log)
    tally = take_in(Mailbox(name="enquiries", kind="maildir", path=str(folder)), sqlite.office)
    said = capfd.readouterr()

    assert tally.new == len(found) + 1
    assert tally.set_aside >= 1
    assert "mail taken in" in said.err
    for word in PLANTED:
        assert word not in (said.out + said.err).lower()
    if written == "json":
        for line in said.err.splitlines():
            assert {"timestamp", "level", "action", "event"} <= json.loads(line).keys()


@pytest.mark.usefixtures("plain_log")
def test_what_a_library_warns_of_is_a_line_of_json_too(capfd: pytest.CaptureFixture[str]) -> None:
    Log().configure(logging.INFO, "json")
    logging.getLogger("waitress").warning('a "quoted" word')
    logging.getLogger("waitress").info("what it does all day")

    (line,) = capfd.readouterr().err.splitlines()
    assert json.loads(line)["event"] == 'a "quoted" word'
    assert json.loads(line)["action"] == "waitress"


# The units


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_exposed_to_little(unit: Path) -> None:
    """systemd's own measure, from 0 to 10; it says of up to 3.0 that it is well."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    analyze = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=30", str(unit)]
    done = subprocess.run(analyze, check=False, capture_output=True, text=True)
    if "nknown" in done.stderr or "nrecognized" in done.stderr:
        pytest.skip("this systemd-analyze cannot look at a file (systemd 250 and later can)")

    assert done.returncode == 0, done.stdout[-200:] + done.stderr
    assert "Overall exposure level" in done.stdout


def test_the_units_run_commands_that_there_are() -> None:
    from typer.main import get_command

    from mailbot.commands.app import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    run = re.findall(r"/opt/mailbot/bin/mailbot (\S+)", "".join(unit.read_text() for unit in UNITS))
    assert {"worker", "web", "watch", "backup"} == set(run) <= known
