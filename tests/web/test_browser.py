"""The queue as an officer works it, in a real browser over the demonstration installation.

With MAILBOT_SCREENSHOTS=FOLDER in the environment the pages' pictures are written there: those of the docs are made so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.servers import free_ports

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Demo:
    """A running `mailbot demo` and its sign-ins by role."""

    address: str
    sign_ins: dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    (port,) = free_ports(1)
    said = tmp_path_factory.mktemp("demo") / "said"
    with said.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "mailbot", "demo", "--port", str(port)], stdout=output, stderr=subprocess.DEVNULL
        )
    try:
        address = f"http://localhost:{port}"
        _wait_until_ready(address, process)
        found = re.findall(r"^  (\w+) +(\S+@\S+) +(\S+)$", said.read_text(), re.MULTILINE)
        yield Demo(address, {role: (email, password) for role, email, password in found})
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the demonstration did not start")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which nothing may go wrong unseen: no console error, no breach of the content policy."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    refused_form = "the server responded with a status of 400"  # Chromium logs the answer to a form with errors
    assert [said for said in complaints if refused_form not in said] == []


def sign_in(page: Page, demo: Demo, role: str) -> None:
    email, password = demo.sign_ins[role]
    page.goto(demo.address)
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/queue|/staff"))


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("MAILBOT_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def assert_accessible(page: Page) -> None:
    result = Axe().run(page)
    assert result.violations_count == 0, [(one["id"], one["nodes"][0]["html"]) for one in result.response["violations"]]


def test_an_officer_reviews_the_top_case_and_it_leaves_the_queue(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "officer")
    picture(page, "queue")
    assert page.locator(".queue tbody tr").first.get_by_text("Danger now", exact=True).is_visible()
    waiting = page.locator(".queue tbody tr").count()
    reference = page.locator(".queue__reference").first.inner_text()

    page.locator(".queue__reference").first.click()
    picture(page, "case")
    assert page.get_by_role("heading", level=1).inner_text().startswith(reference)
    assert page.locator("mark.flag").count() > 0
    page.get_by_label("Refer to the local authority").check()
    page.get_by_role("textbox", name="Note", exact=True).fill("Telephoned the council at ten past four.")
    page.get_by_role("button", name="Save review").click()

    assert page.get_by_text(f"Review of {reference} saved").is_visible()
    assert page.locator(".queue tbody tr").count() == waiting - 1
    page.get_by_role("link", name="In hand").click()
    assert page.get_by_role("link", name=reference).is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_three_pages_are_accessible_and_never_wider_than_the_screen(page: Page, demo: Demo, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(demo.address)
    assert_accessible(page)
    sign_in(page, demo, "officer")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".queue__reference").first.click()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_review_with_nothing_in_it_says_what_is_missing_beside_the_field(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "whistleblowing_officer")
    page.locator(".queue__reference").first.click()
    page.get_by_role("button", name="Save review").click()
    page.wait_for_load_state()

    assert page.title().startswith("Error:")
    assert page.get_by_role("link", name="Choose a decision, correct an answer or add a note").is_visible()
    assert_accessible(page)


def test_the_queue_works_without_javascript(browser: Browser, demo: Demo) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, demo, "duty_manager")

    page.locator(".queue__reference").first.click()
    assert page.get_by_role("heading", name="Your review").is_visible()
    context.close()


def test_only_the_whistleblowing_officer_sees_restricted_cases(browser: Browser, demo: Demo) -> None:
    counts = {}
    for role in ("officer", "duty_manager", "whistleblowing_officer"):
        context = browser.new_context()
        page = context.new_page()
        sign_in(page, demo, role)
        counts[role] = page.get_by_text("restricted", exact=True).count()
        context.close()

    assert counts["officer"] == counts["duty_manager"] == 0
    assert counts["whistleblowing_officer"] > 0


def open_unanswered(page: Page, demo: Demo) -> None:
    """Opens a case of which the officer is asked first; mail of machines is not."""
    for link in [one.get_attribute("href") for one in page.locator(".queue__reference").all()][::-1]:
        page.goto(f"{demo.address}{link}")
        if page.get_by_role("heading", name=re.compile("your own answer first")).count():
            return


def answer_first(page: Page) -> None:
    """Says of a case that nobody is in danger, where that is asked before the machine's answer is shown."""
    assert page.get_by_role("heading", name=re.compile("your own answer first")).is_visible()
    assert page.locator("mark.flag").count() == 0
    assert_accessible(page)
    for question in page.get_by_role("group").all():
        question.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Save, and show the case").click()
    assert page.get_by_role("heading", name="What was written").is_visible()


def open_dangers(page: Page) -> list[str]:
    """The addresses of the cases in danger, top first."""
    return [link.get_attribute("href") or "" for link in page.locator(".queue__danger .queue__reference").all()]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_danger_is_telephoned_referred_and_confirmed(page: Page, demo: Demo, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, demo, "officer")
    for address in open_dangers(page):  # the first whose local authority can be reached
        page.goto(demo.address + address)
        page.get_by_role("link", name="Numbers and urgent referral").click()
        known = page.locator("input[type=radio][name=name]").count()
        if known and not page.get_by_text("No contact point of").count():
            break
    assert_accessible(page)
    assert page.locator(".telephone").first.is_visible()
    page.get_by_role("button", name="Write the draft").click()
    assert "Telephone first" in page.inner_text("main")

    page.get_by_label("Whom you spoke to").fill("Sam Okoro, duty worker")
    page.get_by_label("Reference they gave").fill("K-77")
    page.get_by_role("button", name="Record the call").click()
    assert "Sam Okoro" in page.get_by_label("Letter").input_value()
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width == 1280:
        picture(page, "referral")
    page.get_by_role("button", name="Send it").click()
    page.get_by_text("Waits for an answer").wait_for()
    assert_accessible(page)
    page.get_by_role("button", name="The authority has confirmed it").click()
    page.get_by_text("Answered", exact=True).wait_for()


def test_an_enquiry_with_a_prompt_left_is_not_sent_and_says_why(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "officer")
    open_unanswered(page, demo)
    answer_first(page)
    page.get_by_role("link", name="Share with another body").click()
    assert_accessible(page)
    page.get_by_label("Care Quality Commission").check()
    page.get_by_role("button", name="Write the draft").click()
    page.get_by_role("button", name="Send it").click()

    assert page.title().startswith("Error:")
    assert page.get_by_role("link", name=re.compile("guillemets")).is_visible()
    assert_accessible(page)


def test_a_duty_manager_opens_a_restricted_danger_in_an_emergency(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "duty_manager")
    assert_accessible(page)
    page.get_by_label(re.compile("Why it cannot wait")).first.fill("Nobody of the team answers the telephone")
    page.get_by_role("button", name="Open it in an emergency").first.click()

    assert "is open to you for 24 hours" in page.inner_text("main")
    assert page.get_by_role("heading", name="What was written").is_visible()
    assert_accessible(page)
    page.goto(f"{demo.address}/post")
    assert_accessible(page)


@pytest.mark.soak
def test_what_is_written_is_kept_by_itself_and_gone_on_with(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "officer")
    address = open_dangers(page)[-1]
    page.goto(demo.address + address)
    page.get_by_role("textbox", name="Note", exact=True).fill("Rang the council, no ans")
    page.get_by_label("Ask the service", exact=True).check()
    page.get_by_text("Kept at").wait_for()

    page.goto(demo.address + address)
    assert_accessible(page)
    page.get_by_role("button", name="Go on with it").click()
    assert page.get_by_role("textbox", name="Note", exact=True).input_value() == "Rang the council, no ans"
    assert_accessible(page)
    page.get_by_role("button", name="Save review").click()
    for part in ("/actions", f"{address}/enquiries", f"{address}/standards"):
        page.goto(demo.address + part)
        assert_accessible(page)
    page.goto(f"{demo.address}/actions")
    page.get_by_role("link", name=re.compile("Ask the service")).first.click()
    assert_accessible(page)
    page.get_by_role("button", name="Mark as done").click()
    assert page.get_by_role("link", name="Say what came of it").is_visible()
