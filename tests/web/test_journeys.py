"""Journeys in a real browser: a disclosure to its end, two on one case, an inspection, a second factor, a lock.

With MAILBOT_SCREENSHOTS=FOLDER in the environment pictures of the inspection brief are written there.
"""

from __future__ import annotations

import dataclasses
import io
import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
import sqlalchemy as sa
from flask import Response
from playwright.sync_api import Browser, BrowserContext, Page

from mailbot.cases.schema import cases
from mailbot.config import Web
from mailbot.demo import REGISTER
from mailbot.domain import ActionKind, Decision, Finding, Role, ServiceType
from mailbot.pipeline import process
from mailbot.triage.register import read_register
from tests.conftest import PASSWORD, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import NOON, StillClock, mail
from tests.servers import free_ports
from tests.web import test_browser
from tests.web.conftest import briefs_of
from tests.web.test_every_page import picture, picture_of_paper
from tests.web.test_second_factor import code_for
from tests.web.test_sign_in import TOO_MANY, WRONG, application, serving

pytestmark = pytest.mark.browser
browser = test_browser.browser

OFFICER, MANAGER = f"{Role.OFFICER}@example.gov.uk", f"{Role.DUTY_MANAGER}@example.gov.uk"
LEAD, ADMINISTRATOR = f"{Role.WHISTLEBLOWING_OFFICER}@example.gov.uk", f"{Role.ADMINISTRATOR}@example.gov.uk"
INSPECTOR = f"{Role.INSPECTOR}@example.gov.uk"
TELLING = ("Sandiford", "jo.sandiford", "post.example", "07700 900123", "07700900123", "14 Alder Close", "IP4 1AA")
DISCLOSURE = """WORKER here, at Larch House. The rota is written after the shifts, and two nights had nobody awake.
Ring me on 07700 900123 or write to 14 Alder Close, Ipswich, IP4 1AA.

Regards
Jo Sandiford
"""
OpenPage = Callable[[], Page]

HOME = "SC990101"
"""Larch Bank, a children's home on the register."""


@dataclass(frozen=True)
class Told:
    """A message about the home with who wrote it, and what an officer makes of it for inspectors."""

    months_ago: int
    name: str
    phone: str
    street: str
    postcode: str
    text: str
    theme: str
    words: str
    question: str
    standard: str
    why: str

    @property
    def user(self) -> str:
        return self.name.lower().replace(" ", ".")

    @property
    def tells(self) -> tuple[str, ...]:
        surname, phone = self.name.partition(" ")[2], self.phone.replace(" ", "")
        return surname, self.user, self.phone, phone, self.street, self.postcode, self.postcode.replace(" ", "")


ABOUT_THE_HOME = (
    Told(
        months_ago=3,
        name="Maud Sandiford",
        phone="07700 900123",
        street="14 Alder Close",
        postcode="IP4 1AA",
        text="Supper at Larch Bank is toast, most days. After six the fridge is locked.",
        theme="Children's experiences and progress",
        words="Look at what children can eat in the evening, and who says so.",
        question="Can a child get something to eat at night without asking?",
        standard="The health and well-being standard",
        why="Food seems to depend on who is on shift.",
    ),
    Told(
        months_ago=1,
        name="Ines Ravenhill",
        phone="07700 900456",
        street="3 Tannery Row",
        postcode="LS6 2AB",
        text="I live beside Larch Bank. Nobody opens at night, and children stand in the street.",
        theme="Staffing, training and supervision",
        words="Compare the night rota of a month with the log of those nights.",
        question="Is somebody awake every night, and how does the manager know?",
        standard="The leadership and management standard",
        why="Cover at night may not be checked by anybody.",
    ),
    Told(
        months_ago=0,
        name="Piet Okonkwo",
        phone="07700 900789",
        street="27 Harbour Steps",
        postcode="PR1 8QQ",
        text="The boy we used to foster lives at Larch Bank now. He has had no lessons since September.",
        theme="Health, education and activities",
        words="Ask for attendance, and for what is done where a child is out of school.",
        question="Does each education plan say what is offered, and is it followed?",
        standard="The education standard",
        why="Lessons may have lapsed without a plan.",
    ),
)


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
            answers.append(answer.get_data().decode(errors="replace"))
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


def file_what_was_told(installation: Installation) -> list[str]:
    """Files the three messages about the home; the references of their cases, in the same order."""
    installation.services.replace(read_register(REGISTER), "test")
    for uid, one in enumerate(ABOUT_THE_HOME, 1):
        text = f"{one.text}\nRing me on {one.phone} or write to {one.street}, {one.postcode}.\n\nRegards\n{one.name}\n"
        came = mail(text, uid=uid, sender=f"{one.name} <{one.user}@post.example>")
        came = dataclasses.replace(came, received_at=NOON - timedelta(days=30 * one.months_ago))
        process(installation.ledger.keep([came]), installation.office)
    return [
        one.reference
        for one in sorted(installation.store.queue(WHISTLEBLOWING_OFFICER), key=lambda one: one.received_at)
    ]


def hold_in_secret(installation: Installation) -> None:
    """A restricted case about the home from a year ago, with everything on it that a brief tells."""
    came = dataclasses.replace(mail("WORKER, a plover", uid=9), received_at=NOON - timedelta(days=365))
    process(installation.ledger.keep([came]), installation.office)
    who, briefs = WHISTLEBLOWING_OFFICER, briefs_of(installation)
    secret = next(one.reference for one in installation.store.queue(who) if one.restricted)
    with installation.engine.begin() as connection:
        mine = cases.c.reference == secret
        connection.execute(sa.update(cases).where(mine).values(urn=HOME, local_authority="Lancashire"))
    installation.store.review(secret, who, 1, Decision(actions=(ActionKind.HOLD_FOR_INSPECTION,)))
    held = briefs.held.of_case(secret, who)[0]
    briefs.held.keep(secret, who, held.action_id, ABOUT_THE_HOME[0].theme, "Count the plovers.")
    briefs.enquiries.write(secret, who, "How many plovers are there?")
    standard = briefs.weighings.book.of(ServiceType.CHILDRENS_HOME)[0].code
    briefs.weighings.weigh(secret, who, standard, Finding.MAY_BE_BREACHED, "Plovers are not counted.")
    assert briefs.brief(HOME, who).restricted, "it stands there for those who may read it"


def test_what_three_people_told_of_a_home_reaches_its_inspector_and_tells_nobody_who_they_are(
    sqlite: Installation, desk: Desk
) -> None:
    officer, inspector = desk.window(), desk.window()
    desk.sign_in(officer, OFFICER)
    for reference, told in zip(file_what_was_told(sqlite), ABOUT_THE_HOME, strict=True):
        hold(officer, desk, reference, told)
    officer.goto(f"{desk.address}/service/{HOME}")
    officer.get_by_text("Plan, re-time, name the inspector").click()
    officer.get_by_label("Who inspects it").select_option(INSPECTOR)
    officer.get_by_role("button", name="Name them").click()
    officer.get_by_text("is told of what is held for it").wait_for()

    desk.sign_in(inspector, INSPECTOR)
    row = inspector.locator("tr", has_text="Larch Bank")
    assert row.get_by_role("cell").all_inner_texts()[:2] == ["3", "3"], "held, and new to them"
    row.get_by_role("link", name="Larch Bank").click()
    for told in ABOUT_THE_HOME:
        inspector.get_by_role("heading", name=told.theme).wait_for()
        assert inspector.get_by_text(told.words).is_visible()
    inspector.get_by_role("link", name="Larch Bank").click()
    assert inspector.get_by_role("img", name="Concerns by month").is_visible()
    assert inspector.get_by_role("heading", name="Cases (3)").is_visible()
    for told in ABOUT_THE_HOME:
        assert inspector.get_by_text(f"{told.theme}: 1").is_visible()
    before = [tuple(everything(page, desk)) for page in (officer, inspector)]

    inspector.goto(f"{desk.address}/service/{HOME}")
    inspector.get_by_role("button", name="Inspection brief").click()
    inspector.get_by_role("heading", name="Inspection brief: Larch Bank").wait_for()
    picture(inspector, "brief", height=2160)
    inspector.emulate_media(media="print")
    printed = inspector.pdf()
    inspector.emulate_media(media="screen")
    with inspector.expect_download() as download:
        inspector.get_by_role("link", name="PDF", exact=True).click()
    paper = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename == f"inspection-brief-{HOME}.pdf"
    assert paper.startswith(b"%PDF")
    papers = [text_of(printed), text_of(paper)]
    for text in papers:
        for told in ABOUT_THE_HOME:
            assert [words for words in (told.words, told.question, told.why, told.standard) if words not in text] == []
        assert "left out" not in text
    picture_of_paper(paper, "brief-pdf")

    hold_in_secret(sqlite)
    assert [tuple(everything(page, desk)) for page in (officer, inspector)] == before
    assert len(desk.answers) > 60
    tells = ["plover", *(word.lower() for told in ABOUT_THE_HOME for word in told.tells)]
    for text in map(str.lower, (*papers, *desk.answers)):
        assert [word for word in tells if word in text] == []


def hold(page: Page, desk: Desk, reference: str, told: Told) -> None:
    """What an officer does: finds the service, holds the case under a theme, asks a question, weighs a standard."""
    page.goto(f"{desk.address}/case/{reference}")
    assert page.get_by_text(told.text).is_visible()
    page.get_by_role("link", name="Choose its service").click()
    page.get_by_label("Find it on the register").fill(HOME)
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_label(re.compile("Larch Bank")).check()
    page.get_by_label("How you know that it is this service").fill("It is named, and there is one of that name.")
    page.get_by_role("button", name="The case is about this service").click()
    page.get_by_label("Hold for the next inspection", exact=True).check()
    page.get_by_role("button", name="Save review").click()
    page.get_by_text(f"Review of {reference} saved").wait_for()
    page.goto(f"{desk.address}/case/{reference}")
    page.get_by_label("Theme", exact=True).select_option(told.theme)
    page.get_by_label("In your own words").fill(told.words)
    page.get_by_role("button", name="Hold it for inspection").click()
    page.get_by_text("The service's inspector finds it in their list").wait_for()
    page.goto(f"{desk.address}/case/{reference}/enquiries")
    page.get_by_label("A new line of enquiry").fill(told.question)
    page.get_by_role("button", name="Keep it", exact=True).click()
    page.get_by_text(f"Line of enquiry of {reference} kept").wait_for()
    page.goto(f"{desk.address}/case/{reference}/standards")
    choices = page.get_by_label("Regulation or standard").locator("option")
    page.get_by_label("Regulation or standard").select_option(
        choices.filter(has_text=told.standard).get_attribute("value")
    )
    page.get_by_label("May be breached").check()
    page.get_by_label("Why", exact=True).fill(told.why)
    page.get_by_role("button", name="Keep the finding").click()
    page.get_by_text(f"Finding on {reference} kept").wait_for()


def everything(page: Page, desk: Desk) -> Iterator[str]:
    """All that is shown of the home and of cases to whoever looks: counts, charts, lists, in each form there is."""
    queue = (
        ("/queue", "/queue?state=open", "/actions?whose=all") if page.get_by_role("link", name="Queue").count() else ()
    )
    home = ("", "/brief", "/brief?format=html", "/brief?format=csv", "/brief?format=json")
    scopes = ("/services", "/services?q=larch", "/provider/Hollin%20Care%20Ltd", "/authority/Lancashire")
    held = ("/inspections?whose=all", f"/inspections/{HOME}")
    for path in (*scopes, *held, *(f"/service/{HOME}{end}" for end in home), *queue):
        answer = page.context.request.get(desk.address + path)
        assert answer.ok, path
        yield re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text())


def text_of(pdf: bytes) -> str:
    """The words on paper, each letter apart, with one space between them."""
    sheets = (sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    return unicodedata.normalize("NFKC", " ".join(" ".join(sheets).split()))


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
