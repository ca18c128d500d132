"""Fixtures of the web tests: the application over an installation, and people who are signed in to it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from mailbot.cases.bulk import Bulk
from mailbot.cases.covering import Covering
from mailbot.cases.first_answers import FirstAnswers
from mailbot.cases.handovers import Handovers
from mailbot.cases.history import History
from mailbot.cases.queue import Queue
from mailbot.cases.together import Together
from mailbot.cases.views import Views
from mailbot.config import Config, Mailbox, Outgoing, Web, shipped
from mailbot.correspondence.contacts import read_contacts
from mailbot.domain import Role
from mailbot.web.app import Record, create_app
from tests.conftest import PASSWORD, Installation

COMPILED = FileSystemBytecodeCache(tempfile.mkdtemp(prefix="mailbot-pages-"))  # each test has an application of its own
SignedIn = Callable[[Role], FlaskClient]


def record_of(installation: Installation, config: Config) -> Record:
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
