"""Fixtures of the web tests: the application over an installation, and people who are signed in to it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from functools import cache

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from mailbot.cases import database
from mailbot.cases.accounts.calendars import Calendars
from mailbot.cases.actions import Actions
from mailbot.cases.api.api_tokens import ApiTokens
from mailbot.cases.api.outlines import Outlines
from mailbot.cases.api.subscriptions import Subscriptions
from mailbot.cases.audit_trail.checkpoints import Checkpoints
from mailbot.cases.audit_trail.trail import Trail
from mailbot.cases.bulk import Bulk
from mailbot.cases.handovers import Handovers
from mailbot.cases.history import History
from mailbot.cases.identity.covering import Covering
from mailbot.cases.identity.identity import Identities
from mailbot.cases.identity.originals import Originals
from mailbot.cases.identity.sources import Sources
from mailbot.cases.oversight.first_answers import FirstAnswers
from mailbot.cases.oversight.measures import Measures
from mailbot.cases.oversight.oversight import Overseeing
from mailbot.cases.queue import Queue
from mailbot.cases.records.courts import Courts
from mailbot.cases.records.requests import Requests
from mailbot.cases.records.retention import Disposals
from mailbot.cases.services.enquiries import LinesOfEnquiry
from mailbot.cases.services.held import Held
from mailbot.cases.services.inspections import Inspections
from mailbot.cases.services.overview import Overview
from mailbot.cases.services.standards import StandardBook, Weighings
from mailbot.cases.together import Together
from mailbot.cases.views import Views
from mailbot.cases.writings import Writings
from mailbot.config import Config, Mailbox, Outgoing, Web, shipped
from mailbot.correspondence.contacts import read_contacts
from mailbot.domain import Role
from mailbot.intake.taking_out import file_in
from mailbot.reports.drafting import AnnualReports
from mailbot.reports.inspection import Briefs
from mailbot.web.app import Record, create_app
from tests.conftest import PASSWORD, Installation
from tests.web.page_checks import CheckedClient

COMPILED = FileSystemBytecodeCache(tempfile.mkdtemp(prefix="mailbot-pages-"))  # each test has an application of its own
SignedIn = Callable[[Role], FlaskClient]
Flask.test_client_class = CheckedClient  # every application of the tests, whoever makes it


def taken_out(content: bytes, number: int) -> tuple[bytes, str | None]:
    """A file as the process apart takes it out, where the virus scanner finds nothing."""
    found = file_in(content, number)
    return (found, None) if found is not None else (b"", "it cannot be found")


@cache
def standard_book() -> StandardBook:
    return StandardBook.load(shipped("models"))


def briefs_of(installation: Installation) -> Briefs:
    engine, vault, clock = installation.engine, installation.vault, installation.clock
    return Briefs(
        services=installation.services,
        overview=Overview(engine, clock),
        held=Held(engine, vault, clock),
        inspections=Inspections(engine, clock),
        enquiries=LinesOfEnquiry(engine, vault, clock),
        weighings=Weighings(engine, vault, clock, standard_book()),
        sources=Sources(engine, vault),
    )


def key_store_of(installation: Installation) -> sa.Engine:
    return database.open_database(f"sqlite:///{installation.folder}/keystore.sqlite3")


def record_of(installation: Installation, config: Config) -> Record:
    briefs = briefs_of(installation)
    identities = Identities(installation.engine, installation.vault, installation.clock)
    return Record(
        config=config,
        engine=installation.engine,
        store=installation.store,
        queue=Queue(installation.engine, installation.clock),
        views=Views(installation.engine, Queue(installation.engine, installation.clock)),
        together=Together(installation.engine, installation.clock),
        handovers=Handovers(installation.engine, installation.vault, installation.clock),
        bulk=Bulk(installation.engine, installation.store, installation.clock),
        search=installation.search,
        entries=installation.entries,
        outbox=installation.outbox,
        aside=installation.office.aside,
        standings=installation.office.standings,
        learning=installation.learning,
        second_looks=installation.second_looks,
        alert_book=installation.alert_book,
        openings=installation.openings,
        approaches=installation.approaches,
        authorities=installation.authorities,
        authority_names=("Essex", "Kent", "Leeds", "Suffolk"),
        national=read_contacts(shipped("templates")),
        dispatch=installation.dispatch,
        first_answers=FirstAnswers(installation.engine, installation.vault, installation.clock),
        approvals=installation.approvals,
        covering=Covering(installation.engine, installation.vault, installation.clock),
        history=History(installation.engine),
        services=briefs.services,
        overview=briefs.overview,
        overseeing=Overseeing(installation.engine, installation.clock),
        inspections=briefs.inspections,
        held=briefs.held,
        briefs=briefs,
        calendars=Calendars(installation.engine, installation.vault.keyring, installation.clock),
        actions=Actions(installation.engine, installation.vault, installation.clock),
        lines_of_enquiry=LinesOfEnquiry(installation.engine, installation.vault, installation.clock),
        weighings=Weighings(installation.engine, installation.vault, installation.clock, standard_book()),
        writings=Writings(installation.engine, installation.vault, installation.clock),
        tokens=ApiTokens(installation.engine, installation.vault.keyring, installation.clock),
        outlines=Outlines(installation.engine),
        subscriptions=Subscriptions(installation.engine, installation.vault.keyring, installation.clock),
        annual_reports=AnnualReports(installation.engine, installation.clock, config.reports),
        disposals=Disposals(installation.engine, installation.vault, installation.clock, config.retention),
        requests=Requests(installation.engine, installation.vault, installation.clock),
        courts=Courts(installation.engine, installation.vault, installation.clock),
        trail=Trail(installation.engine),
        checkpoints=Checkpoints(installation.engine, installation.vault.keyring, installation.clock),
        measures=Measures(installation.engine, key_store_of(installation), installation.clock),
        identities=identities,
        originals=Originals(
            installation.engine, installation.vault, installation.clock, identities, taken_out, scans=True
        ),
    )


def application(installation: Installation, second_factor: str = "optional", *, ask_first: bool = False) -> Flask:
    config = Config(
        mailbox=(Mailbox(name="enquiries", kind="maildir", path="."),),
        outgoing=Outgoing(kind="folder"),
        web=Web(second_factor=second_factor, ask_first=ask_first),  # type: ignore[arg-type]
    )
    app = create_app(record_of(installation, config), installation.vault.keyring)
    app.testing = True
    app.jinja_env.bytecode_cache = COMPILED
    return app


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "the page has no form"
    return found.group(1)


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD) -> str:
    token = token_of(client.get("/sign-in").text)
    answer = client.post(
        "/sign-in", data={"email": email, "password": password, "csrf_token": token}, follow_redirects=True
    )
    return answer.text


@pytest.fixture
def app(sqlite: Installation) -> Flask:
    return application(sqlite)


@pytest.fixture
def signed_in(app: Flask) -> SignedIn:
    """Signs in the member of staff with a role."""

    def sign_in_as(role: Role) -> FlaskClient:
        client = app.test_client()
        sign_in(client, f"{role}@example.gov.uk")
        return client

    return sign_in_as
