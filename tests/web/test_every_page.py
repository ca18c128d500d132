"""Every page there is in a real browser: no wider than the screen, readable by all, on paper, by the keyboard.

With MAILBOT_SCREENSHOTS=FOLDER in the environment pictures of the main pages are written there.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python  # type: ignore[import-untyped]
import pypdf
import pytest
from flask import Flask
from playwright.sync_api import Browser, FloatRect, Page

from mailbot.cases.access import ALLOWED
from mailbot.config import Web
from mailbot.domain import Role
from mailbot.reports.annual import in_form
from mailbot.reports.drafting import Wanted
from mailbot.reports.year import ReportingYear
from mailbot.web.app import NEEDS, PUBLIC
from tests.conftest import PASSWORD, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import StillClock
from tests.reports.year_2017_18 import seed_2017_18
from tests.servers import free_ports
from tests.web import test_browser
from tests.web.planted import Planted, plant
from tests.web.test_sign_in import application, serving

pytestmark = pytest.mark.browser
browser, page = test_browser.browser, test_browser.page

BARE = frozenset({"/case/<reference>/approach", "/second-looks/<reference>", "/reports/annual"})
"""Addresses that show nothing without a question: `STATES` has them with one."""
WIDTHS = (1280, 390)
ZOOMED = 320
"""What a window 1280 wide is at 400 % (WCAG 2.2, 1.4.10)."""
SEEN_BY = (
    Role.WHISTLEBLOWING_OFFICER,
    Role.DUTY_MANAGER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
    Role.RECORDS_OFFICER,
    Role.INSPECTOR,
)
NO_PAGE = re.compile(
    r"/csv$|/health/|/security-key$|\.(pdf|csv|json|ics|odt|txt|yaml|xml)|/original|/attachment|/table|/metrics|/calendar/|/api/|/static/"
)
"""Addresses that answer with a file, or with what machines read."""
STATES = (
    "/queue?state=open",
    "/queue?state=closed",
    "/queue?remit=grievance&situation=child_at_risk&service=Larch",
    "/services?q=larch",
    "/inspections?whose=all",
    "/actions?whose=all",
    "/case/{danger}",
    "/case/{restricted}",
    "/case/{danger}/approach?purpose=refer_to_authority",
    "/case/{reference}/approach?purpose=ask_the_service",
    "/case/{reference}/approach?purpose=share_with_body",
    "/case/{reference}/approach?purpose=ask_the_sender",
    "/case/{danger}/identity",
    "/case/{reference}/service?q=larch",
    "/second-looks/{drawn}",
    "/reports/annual?year=2024-25",
)
"""Pages in a state that their bare address does not show."""
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async width => (await axe.run(document, {
        resultTypes: ["violations"], rules: {"color-contrast": {enabled: width === 1280}}})).violations
    .flatMap(one => one.nodes.slice(0, 2).map(node => one.id + ": " + node.html.slice(0, 160)))"""
"""Colours are the same at each width, and take more time than all else together."""
WIDER = """width => document.documentElement.scrollWidth <= width ? [] : ["sticks out", ...[
    ...document.querySelectorAll("main *, header *")].filter(one => one.getBoundingClientRect().right > width + 1)
    .slice(0, 3).map(one => one.outerHTML.slice(0, 120))]"""


@dataclass(frozen=True)
class Site:
    """Where the planted installation is served."""

    address: str
    app: Flask
    planted: Planted


@pytest.fixture
def site(sqlite: Installation) -> Iterator[Site]:
    (port,) = free_ports(1)
    web = Web(port=port, second_factor="optional", ask_first=False)
    app = application(sqlite, StillClock(), web)
    planted = plant(sqlite, app.extensions["mailbot"])
    with serving(app, web):
        yield Site(f"http://localhost:{port}", app, planted)


def addresses(site: Site) -> list[tuple[Role | None, str]]:
    """Each page's address with a role that may see it (None where nobody need sign in), those of a role together."""
    found: list[tuple[Role | None, str]] = [(SEEN_BY[0], state.format_map(asdict(site.planted))) for state in STATES]
    for rule in site.app.url_map.iter_rules():
        address = filled(str(rule), site.planted)
        if "GET" not in (rule.methods or ()) or NO_PAGE.search(address) or str(rule) in BARE:
            continue
        if rule.endpoint in NEEDS:
            may = ALLOWED[NEEDS[rule.endpoint]]
            found.append((next(role for role in SEEN_BY if role in may), address))
        elif rule.endpoint in PUBLIC:
            found.append((None, address))
    return sorted(found, key=lambda one: one[0] or "")


def filled(rule: str, planted: Planted) -> str:
    number = planted.action if "/action/" in rule else planted.approach
    address = rule.replace("<reference>", planted.reference).replace("<urn>", planted.urn)
    address = address.replace("<path:name>", "Kent" if "authority" in rule else "Hollin Care Ltd")
    return address.replace("<int:number>", str(number)).replace("<year>", planted.year).replace("<form>", "csv")


def sign_in(page: Page, address: str, role: Role) -> None:
    page.context.clear_cookies()
    page.goto(f"{address}/sign-in")
    page.get_by_label("Email address").fill(f"{role}@example.gov.uk")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for(state="attached")


@pytest.fixture
def looked(browser: Browser) -> Iterator[Page]:
    """A page in which axe is there from the start, whatever the content policy says."""
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900})
    context.add_init_script(AXE)
    yield context.new_page()
    context.close()


def faults_at(page: Page, width: int, *scripts: str) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    where = f"{page.url} at {width}"
    return [f"{where}: {one}" for script in scripts for one in page.evaluate(script, width)]


@pytest.mark.soak
def test_every_page_is_accessible_and_never_wider_than_the_screen(looked: Page, site: Site) -> None:
    signed_in: Role | None = None
    faults: list[str] = []
    for role, address in addresses(site):
        if role is not signed_in and role:
            sign_in(looked, site.address, role)
        signed_in = role
        answer = looked.goto(site.address + address)
        assert answer
        faults += [f"{address}: {answer.status}"] if not answer.ok else []
        for width in WIDTHS:
            faults += faults_at(looked, width, RUN_AXE, WIDER)
        faults += faults_at(looked, ZOOMED, WIDER)
    for opened in (search, who_wrote):
        opened(looked, site)
        for width in WIDTHS:
            faults += faults_at(looked, width, RUN_AXE, WIDER)
    assert faults == []
    assert len(addresses(site)) > 50


def search(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(f"{site.address}/queue")
    page.get_by_label("Search cases").fill("kitchen")
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator("mark").first.wait_for()


def who_wrote(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/case/{site.planted.danger}/identity")
    page.get_by_label("Why you must know who wrote").fill("To ring back")
    page.get_by_role("button", name="Ask to see who wrote").click()
    page.get_by_role("button", name="Close it now").wait_for()


PICTURES = {
    "bulk": (Role.WHISTLEBLOWING_OFFICER, "/queue/bulk"),
    "call": (Role.WHISTLEBLOWING_OFFICER, "/new-call"),
    "actions": (Role.WHISTLEBLOWING_OFFICER, "/actions"),
    "service": (Role.WHISTLEBLOWING_OFFICER, "/service/{urn}"),
    "security-keys": (Role.WHISTLEBLOWING_OFFICER, "/account/security-keys"),
    "post": (Role.WHISTLEBLOWING_OFFICER, "/post"),
    "oversight": (Role.DUTY_MANAGER, "/dashboard"),
    "audit": (Role.AUDITOR, "/audit"),
}


@pytest.mark.skipif("MAILBOT_SCREENSHOTS" not in os.environ, reason="makes pictures where it is told a folder")
@pytest.mark.parametrize("width", WIDTHS)
def test_the_pictures_of_the_main_pages_are_made(looked: Page, site: Site, width: int) -> None:
    folder, end = Path(os.environ["MAILBOT_SCREENSHOTS"]), "" if width == WIDTHS[0] else f"-{width}"
    for name, (role, address) in PICTURES.items():
        sign_in(looked, site.address, role)
        looked.goto(site.address + address.format_map(asdict(site.planted)))
        looked.set_viewport_size({"width": width, "height": 900})
        looked.screenshot(path=folder / f"{name}{end}.png")
    sign_in(looked, site.address, Role.WHISTLEBLOWING_OFFICER)
    for name, opened in (("search", search), ("who-wrote", who_wrote)):
        opened(looked, site)
        looked.set_viewport_size({"width": width, "height": 900})
        looked.screenshot(path=folder / f"{name}{end}.png")


@pytest.mark.skipif("MAILBOT_SCREENSHOTS" not in os.environ, reason="makes pictures where it is told a folder")
def test_the_pictures_of_an_annual_report_are_made(looked: Page, sqlite: Installation) -> None:
    (port,) = free_ports(1)
    web = Web(port=port, second_factor="optional", ask_first=False)
    app = application(sqlite, StillClock(), web)
    seed_2017_18(sqlite)
    wanted = Wanted(year=ReportingYear.named("2017-18"))
    report = app.extensions["mailbot"].annual_reports.publish(WHISTLEBLOWING_OFFICER, wanted)
    with serving(app, web):
        sign_in(looked, f"http://localhost:{port}", Role.OFFICER)
        looked.goto(f"http://localhost:{port}/reports/annual/2017-18")
        picture(looked, "annual-report", height=3784)
    picture_of_paper(in_form(report, "pdf"), "annual-report-pdf")


def picture(page: Page, name: str, *, height: int) -> None:
    """Writes a picture of the page from its top where the environment names a folder for them."""
    if folder := os.environ.get("MAILBOT_SCREENSHOTS"):
        clip: FloatRect = {"x": 0, "y": 0, "width": WIDTHS[0], "height": height}
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, clip=clip)


def picture_of_paper(pdf: bytes, name: str) -> None:
    """The same of a PDF's first sheet, where poppler-utils is installed."""
    folder, poppler = os.environ.get("MAILBOT_SCREENSHOTS"), shutil.which("pdftoppm")
    if folder and poppler:
        told = [poppler, "-png", "-r", "96", "-singlefile", "-", str(Path(folder) / name)]
        subprocess.run(told, input=pdf, check=True)


MOVING = """() => [...document.querySelectorAll("*")].filter(one => ["transitionDuration", "animationDuration"]
    .some(name => getComputedStyle(one)[name].split(", ").some(time => parseFloat(time) > 0)))
    .map(one => one.outerHTML.slice(0, 80))"""
FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one), at = one.getBoundingClientRect();
    return {name: (one.labels?.[0]?.innerText || one.innerText || one.name || "").trim().split("\\n")[0],
            inMain: !!one.closest("main"), inView: at.bottom > 0 && at.top < innerHeight,
            marked: style.outlineStyle !== "none" || style.boxShadow !== "none"
                || getComputedStyle(one.labels?.[0] || one, "::before").boxShadow !== "none"};
}"""


def stops(page: Page) -> list[dict[str, Any]]:
    """What the keyboard stops at from the top of the page to its end, in its order."""
    found: list[dict[str, Any]] = []
    while len(found) < 150:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        found.append(page.evaluate(FOCUSED))
    return found


@pytest.mark.parametrize("address", ["/queue?state=open", "/case/{danger}"])
def test_the_queue_and_a_case_are_worked_by_keyboard_in_forced_colours_and_on_paper(
    looked: Page, site: Site, address: str
) -> None:
    sign_in(looked, site.address, Role.DUTY_MANAGER)
    looked.goto(site.address + address.format_map(asdict(site.planted)))
    found = stops(looked)
    names = [one["name"] for one in found]
    assert names[:3] == ["Skip to main content", "mailbot", "Queue"]
    assert names.index("Sign out") < next(number for number, one in enumerate(found) if one["inMain"])
    assert [one for one in found if not (one["marked"] and one["inView"])] == []
    assert "Save review" in names or site.planted.reference in names
    looked.reload()
    looked.keyboard.press("Tab")
    looked.keyboard.press("Enter")
    assert looked.evaluate("document.activeElement.id") == "main-content"

    looked.emulate_media(forced_colors="active", reduced_motion="reduce")
    assert looked.evaluate(RUN_AXE, WIDTHS[0]) == []
    assert looked.evaluate(MOVING) == []
    looked.emulate_media(media="print", forced_colors="none")
    assert not looked.get_by_role("navigation", name="Main").is_visible()
    paper = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(looked.pdf())).pages)
    assert "Nobody has taken" in paper
    assert "Sign out" not in paper
