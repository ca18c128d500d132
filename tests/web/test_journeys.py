"""Journeys of officers in a real browser: a disclosure to its end, two on one case, a second factor, a lock."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from flask import Response
from playwright.sync_api import Browser, BrowserContext, Page

from mailbot.config import Web
from mailbot.domain import Role
from mailbot.pipeline import process
from tests.conftest import PASSWORD, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import StillClock, mail
from tests.servers import free_ports
from tests.web import test_browser
from tests.web.test_second_factor import code_for
from tests.web.test_sign_in import TOO_MANY, WRONG, application, serving

pytestmark = pytest.mark.browser
browser = test_browser.browser

OFFICER, MANAGER = f"{Role.OFFICER}@example.gov.uk", f"{Role.DUTY_MANAGER}@example.gov.uk"
LEAD, ADMINISTRATOR = f"{Role.WHISTLEBLOWING_OFFICER}@example.gov.uk", f"{Role.ADMINISTRATOR}@example.gov.uk"
TELLING = ("Sandiford", "jo.sandiford", "post.example", "07700 900123", "07700900123", "14 Alder Close", "IP4 1AA")
DISCLOSURE = """WORKER here, at Larch House. The rota is written after the shifts, and two nights had nobody awake.
Ring me on 07700 900123 or write to 14 Alder Close, Ipswich, IP4 1AA.

Regards
Jo Sandiford
"""
OpenPage = Callable[[], Page]


@dataclass
class Desk:
    """Where an installation is served, what came back from it, and windows to look at it, each with its own cookies."""

    address: str
    clock: StillClock
    answers: list[str]
    window: OpenPage

    def sign_in(self, page: Page, email: str, password: str = PASSWORD) -> None:
        page.goto(f"{self.address}/sign-in")
        page.get_by_label("Email address").fill(email)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()


@contextmanager
def desk_over(installation: Installation, browser: Browser, second_factor: str = "optional") -> Iterator[Desk]:
    clock, (port,) = StillClock(), free_ports(1)
    answers: list[str] = []
    web = Web(port=port, second_factor=second_factor, ask_first=False)  # type: ignore[arg-type]
    app = application(installation, clock, web)

    @app.after_request
    def note(answer: Response) -> Response:
        if not answer.direct_passthrough:
            answers.append(answer.get_data(as_text=True))
        return answer

    contexts: list[BrowserContext] = []

    def window() -> Page:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        return contexts[-1].new_page()

    with serving(app, web):
        yield Desk(f"http://localhost:{port}", clock, answers, window)
        for context in contexts:
            context.close()


@pytest.fixture
def desk(sqlite: Installation, browser: Browser) -> Iterator[Desk]:
    with desk_over(sqlite, browser) as made:
        yield made


def filed(installation: Installation, text: str) -> str:
    process(installation.ledger.keep([mail(text)]), installation.office)
    return installation.store.queue(WHISTLEBLOWING_OFFICER)[0].reference


def test_a_disclosure_is_handled_to_its_end_and_who_made_it_is_on_no_page(sqlite: Installation, desk: Desk) -> None:
    reference, page, texts = filed(sqlite, DISCLOSURE), desk.window(), list[str]()

    def read() -> None:
        page.wait_for_load_state()
        texts.append(page.evaluate("document.documentElement.textContent"))

    desk.sign_in(page, LEAD)
    read()
    page.get_by_role("link", name=reference).first.click()
    page.get_by_role("button", name="I take this").click()
    read()
    for link in ("Write what an inspection should find out", "Ask whoever wrote", "Ask to see who wrote"):
        page.get_by_role("link", name=link).first.click()
        read()
        page.goto(f"{desk.address}/case/{reference}")
    page.get_by_label("Search cases").fill("rota")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("link", name=reference).first.click()
    page.get_by_label("Signpost", exact=True).check()
    page.get_by_role("textbox", name="Note", exact=True).fill("Told of their union and of Protect.")
    page.get_by_role("button", name="Save review").click()
    page.get_by_text(f"Review of {reference} saved").wait_for()
    read()
    page.get_by_role("link", name="Actions", exact=True).click()
    read()
    page.get_by_role("link", name="Signpost").click()
    page.get_by_label("What came of it").fill("They have what they need.")
    page.get_by_role("button", name="Mark as done").click()
    page.goto(f"{desk.address}/case/{reference}")
    page.get_by_role("textbox", name="Note", exact=True).fill("Everything asked for is done.")
    page.get_by_label("Close the case, for the reason in the note").check()
    page.get_by_role("button", name="Save review").click()
    page.get_by_role("link", name=re.compile("^Closed")).click()
    page.get_by_role("link", name=reference).click()
    page.get_by_role("button", name="Open the case again").wait_for()
    read()

    assert any("two nights had nobody awake" in text for text in texts), "the message was read"
    assert len(desk.answers) > 15
    for text in (*texts, *desk.answers):
        assert [word for word in TELLING if word.lower() in text.lower()] == []


def test_two_officers_on_one_case_see_each_other_and_neither_loses_a_word(sqlite: Installation, desk: Desk) -> None:
    address = f"{desk.address}/case/{filed(sqlite, 'The food is poor.')}"
    first, second = desk.window(), desk.window()
    for page, email in ((first, OFFICER), (second, MANAGER)):
        desk.sign_in(page, email)
        page.goto(address)
    assert second.get_by_text(f"{OFFICER} is looking at this now.").is_visible()

    second.get_by_role("button", name="I take this").click()
    second.get_by_text("You have this case.").wait_for()
    first.goto(address)
    assert first.get_by_text(f"{MANAGER} has this case.").is_visible()
    first.get_by_role("textbox", name="Note", exact=True).fill("Rang the home: no answer.")
    second.get_by_role("textbox", name="Note", exact=True).fill("The council visits tomorrow.")
    second.get_by_role("button", name="Save review").click()
    second.get_by_text("saved").wait_for()
    first.get_by_role("button", name="Save review").click()
    first.get_by_role("heading", name=re.compile("has changed since you opened it")).wait_for()
    assert first.get_by_text("Rang the home: no answer.").is_visible()
    assert first.get_by_text("The council visits tomorrow.").is_visible()

    first.get_by_role("button", name="Go on from the newest version").click()
    assert first.get_by_role("textbox", name="Note", exact=True).input_value() == "Rang the home: no answer."
    first.get_by_role("button", name="Save review").click()
    second.goto(address)
    for text in ("Rang the home: no answer.", "The council visits tomorrow."):
        assert second.locator(".note", has_text=text).is_visible()


def test_a_second_factor_is_set_up_from_nothing_and_asked_for_from_then_on(
    sqlite: Installation, browser: Browser
) -> None:
    with desk_over(sqlite, browser, second_factor="required") as desk:
        page = desk.window()
        desk.sign_in(page, OFFICER)
        page.get_by_role("button", name="Show the picture to scan").click()
        assert page.get_by_role("img").evaluate("async one => { await one.decode(); return one.naturalWidth }") > 0
        secret = re.sub(r"[^A-Z2-7]", "", page.locator("code.key").inner_text())
        page.get_by_label("Code").fill(code_for(secret))
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("heading", name="Queue").wait_for()
        page.get_by_role("button", name="Sign out").click()

        desk.sign_in(page, OFFICER)
        page.goto(f"{desk.address}/queue")
        assert "/sign-in" in page.url, "the password alone opens nothing"
        desk.sign_in(page, OFFICER)
        page.get_by_label("Code").fill("000000")
        page.get_by_role("button", name="Continue").click()
        page.wait_for_load_state()
        assert page.title().startswith("Error:")
        page.get_by_label("Code").fill(code_for(secret, time.time() + 30))  # the one before has been used
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("heading", name="Queue").wait_for()


def test_an_account_is_locked_by_wrong_passwords_and_an_administrator_opens_it(desk: Desk) -> None:
    officer, administrator = desk.window(), desk.window()
    for _ in range(10):
        desk.clock.advance(seconds=61)
        desk.sign_in(officer, OFFICER, WRONG)
    desk.clock.advance(seconds=61)
    desk.sign_in(officer, OFFICER)
    assert officer.get_by_role("link", name=TOO_MANY).is_visible()

    desk.sign_in(administrator, ADMINISTRATOR)
    assert administrator.locator("tr", has_text=OFFICER).get_by_text("Locked after failed sign-ins until").is_visible()
    administrator.get_by_role("button", name=f"Unlock {OFFICER}").click()
    assert administrator.get_by_text(f"{OFFICER} can sign in again").is_visible()
    desk.sign_in(officer, OFFICER)
    officer.get_by_role("heading", name="Queue").wait_for()
