"""How the intake stands, for staff and for monitoring: when mail was last taken in, and what waits since when."""

from __future__ import annotations

import hmac
import ipaddress
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, current_app, g, render_template, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from mailbot.alerts import all_taken_in, is_late
from mailbot.cases.access import Permission
from mailbot.cases.alerts import ChannelStanding
from mailbot.cases.oversight.standing import Standing
from mailbot.config import shipped
from mailbot.errors import StorageFailed
from mailbot.triage.artefacts import Artefact, artefacts
from mailbot.web import metrics as more

pages = Blueprint("health", __name__)


@pages.get("/health")
def show() -> str:
    """Each mailbox that this member of staff may know of; a restricted one shows how it stands to few."""
    record = current_app.extensions["mailbot"]
    sees_all = g.officer.may(Permission.READ_RESTRICTED) or g.officer.may(Permission.MANAGE_STAFF)
    boxes = [box.name for box in record.config.mailbox if sees_all or not box.restricted]
    now = datetime.now(UTC)
    standings = record.standings.listed(boxes)
    late = {one.mailbox for one in standings if is_late(one, record.config.mailbox_named(one.mailbox), now)}
    judging = artefacts(shipped("models"), record.config.triage)
    channels = record.alert_book.channels()
    return render_template(
        "health.html",
        standings=standings,
        late=late,
        now=now,
        artefacts=judging,
        channels=channels,
        standing=record.checkpoints.standing(),
        sends=bool(record.config.audit.send_to),
    )


@pages.get("/metrics")
def metrics() -> Response:
    """The same for Prometheus, to this very machine or to whoever shows the token."""
    record = current_app.extensions["mailbot"]
    if not _may_read_metrics(record.config.web.metrics_token):
        abort(403)
    standings = record.standings.listed([box.name for box in record.config.mailbox])
    judging = artefacts(shipped("models"), record.config.triage)
    channels = record.alert_book.channels()
    now = datetime.now(UTC)
    text = rendered(standings, judging, channels, now)
    text += more.rendered(record.measures.taken(), record.checkpoints.standing(), judging, now)
    return Response(text, mimetype="text/plain; version=0.0.4")


@pages.get("/health/intake")
def intake() -> Response:
    """Whether mail is being taken in, for whoever watches from outside: 503 where a mailbox is late. No more."""
    record = current_app.extensions["mailbot"]
    try:
        well = all_taken_in(record.config, record.standings, datetime.now(UTC))
    except StorageFailed:
        well = False
    return Response("taken in\n" if well else "not taken in\n", 200 if well else 503, mimetype="text/plain")


def rendered(
    standings: list[Standing], judging: list[Artefact], channels: list[ChannelStanding], now: datetime
) -> bytes:
    """The gauges in Prometheus' text format."""
    registry = CollectorRegistry()
    gauges = {
        name: Gauge(f"mailbot_{name}", text, ["mailbox"], registry=registry)
        for name, text in (
            (
                "oldest_unprocessed_minutes",
                "Minutes since the oldest message arrived that is not dealt with; 0 without one",
            ),
            ("last_taken_in_seconds", "Seconds since the mailbox was last taken in whole; -1 if never"),
            ("trouble", "1 while the mailbox cannot be taken in or its sign-in will end, else 0"),
            ("set_aside", "Messages that could not be filed and wait for a person"),
        )
    }
    refused = Gauge(
        "mailbot_artefact_refused", "1 while this part of the judgement is refused, else 0", ["part"], registry=registry
    )
    failing = Gauge(
        "mailbot_alert_channel_failing",
        "1 while this channel did not take the last alert",
        ["channel"],
        registry=registry,
    )
    for channel in channels:
        failing.labels(channel.channel).set(channel.problem is not None)
    for part in judging:
        refused.labels(part.what).set(part.problem is not None)
    for one in standings:
        since = (now - one.polled_at).total_seconds() if one.polled_at else -1
        gauges["oldest_unprocessed_minutes"].labels(one.mailbox).set(one.minutes_unprocessed(now))
        gauges["last_taken_in_seconds"].labels(one.mailbox).set(since)
        gauges["trouble"].labels(one.mailbox).set(one.problem is not None)
        gauges["set_aside"].labels(one.mailbox).set(one.set_aside)
    return generate_latest(registry)


def _may_read_metrics(token: str) -> bool:
    """A reverse proxy on this machine looks like this machine: what it passes on says so and needs the token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    passed_on = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"))
    return not passed_on and ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback  # noqa: S104  none
