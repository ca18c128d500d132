"""What Prometheus is told beside the intake: the queue, letters, alerts, models, the audit trail, backups, what ends.

`docs/operation.md` lists the metrics, and what whoever reads them learns.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import quantiles

from prometheus_client import CollectorRegistry, Gauge, generate_latest

import mailbot
from mailbot.cases.audit_trail.checkpoints import AuditStanding
from mailbot.cases.oversight.measures import Measured
from mailbot.domain import LetterState
from mailbot.expiry import Ends
from mailbot.triage.artefacts import Artefact

BACKED_UP = ("database", "key store")


class Gauges:
    """The gauges of one answer, each made when its first value is set."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._made: dict[str, Gauge] = {}

    def set(self, name: str, text: str, value: float, /, **labels: str) -> None:
        """One sample; `text` explains the metric where it is met first."""
        if name not in self._made:
            self._made[name] = Gauge(f"mailbot_{name}", text, list(labels), registry=self.registry)
        gauge = self._made[name]
        (gauge.labels(**labels) if labels else gauge).set(value)


def rendered(found: Measured, trail: AuditStanding, judging: Sequence[Artefact], now: datetime) -> bytes:
    """All of it in Prometheus' text format."""
    gauges = Gauges()
    gauges.set("info", "1; the version that answers", 1, version=mailbot.__version__)
    for part in judging:
        gauges.set("artefact_info", "1; which part of the judgement is in use", 1, part=part.what, name=part.name)
    _work(gauges, found, now)
    _flow(gauges, found, now)
    _kept(gauges, found, trail)
    gauges.registry.register(Ends())
    return generate_latest(gauges.registry)


def _work(gauges: Gauges, found: Measured, now: datetime) -> None:
    by_priority = {one.priority: one for one in found.waiting}
    for priority in range(1, 6):
        one, label = by_priority.get(priority), str(priority)
        age = max(0.0, (now - one.oldest_at).total_seconds()) if one else 0
        gauges.set("cases_open", "Cases that are not closed", one.open if one else 0, priority=label)
        gauges.set("cases_late", "Open cases past their target", one.late if one else 0, priority=label)
        gauges.set("case_oldest_seconds", "For how long the oldest open case has waited", age, priority=label)
    gauges.set("cases_received_a_day", "Cases received in the last 24 hours", found.received)
    for flag, count in found.flags.items():
        gauges.set("cases_flagged_a_day", "Those of them with this flag", count, flag=flag)
    for model, (answered, otherwise) in found.overridden.items():
        text = "Cases of the last 90 days that officers answered, by the model that judged them"
        gauges.set("model_answered", text, answered, model=model)
        text = "The share of them in which officers changed what it said"
        gauges.set("model_overridden_ratio", text, otherwise / answered, model=model)


def _flow(gauges: Gauges, found: Measured, now: datetime) -> None:
    for stage, took in found.took.items():
        gauges.set("stage_timed", "How many were timed in the last hour, the newest 200", len(took), stage=stage)
        cuts = quantiles(took, n=20, method="inclusive") if len(took) > 1 else []
        named = {"0.5": cuts[9], "0.95": cuts[18]} if cuts else {}
        for name, value in {**named, **({"1": max(took)} if took else {})}.items():
            text = "Seconds that a stage took in the last hour"
            gauges.set("stage_seconds", text, value, stage=stage, quantile=name)
    for state in LetterState:
        count = found.acknowledgements.get(state, 0)
        gauges.set("acknowledgements_a_day", "Acknowledgements of the last 24 hours, by state", count, state=state)
    gauges.set("letters_to_post", "Letters to be printed and posted", found.to_post)
    text = "For how long the oldest email has not gone; 0 within five minutes"
    gauges.set("letters_late_seconds", text, found.letters_late)
    text = "For how long an alert that should be told has not been; 0 within two minutes"
    gauges.set("alerts_late_seconds", text, found.alerts_late)
    gauges.set("webhooks_waiting", "What other systems are still to be told", found.to_tell)
    since = (now - found.to_tell_since).total_seconds() if found.to_tell_since else 0
    gauges.set("webhooks_oldest_seconds", "For how long the oldest of it has waited", since)


def _kept(gauges: Gauges, found: Measured, trail: AuditStanding) -> None:
    text = "When the newest checkpoint of the audit trail was signed; 0 where there is none"
    gauges.set("audit_checkpoint_timestamp_seconds", text, _timestamp(trail.checkpoint_at))
    gauges.set("audit_checkpoints_unsent", "Checkpoints that no other host has been handed", trail.unsent)
    text = "When somebody last went over the audit trail; 0 where nobody did"
    gauges.set("audit_verified_timestamp_seconds", text, _timestamp(trail.verified_at))
    broken = trail.verified_at is not None and not trail.sound
    gauges.set("audit_broken", "1 where the last verification found the audit trail changed, else 0", broken)
    for what in BACKED_UP:
        text = "The time whose state the newest verified backup holds; 0 where there is none"
        gauges.set("backup_timestamp_seconds", text, _timestamp(found.backups.get(what)), what=what)
    if found.token_ends_at:
        text = "When the token of another system ends that ends next"
        gauges.set("api_token_ends_timestamp_seconds", text, _timestamp(found.token_ends_at))


def _timestamp(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0
