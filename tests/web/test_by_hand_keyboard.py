"""A whole call entered in a browser by the keyboard alone, with the worker running, and judged within seconds."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page

from tests.web import test_browser
from tests.web.test_browser import Demo, assert_accessible, picture, sign_in

pytestmark = pytest.mark.browser
MOST_SECONDS = 10

browser, demo, page = test_browser.browser, test_browser.demo, test_browser.page


def entered(page: Page) -> str:
    """The reference that the page says the entry has become."""
    said = page.get_by_text(re.compile(r"Entered as MB-")).inner_text()
    return said.split("Entered as ")[1][:12]


def is_unjudged(page: Page, reference: str) -> bool:
    """Whether the queue says of the case that somebody must look first, as of all that is not judged yet."""
    return page.locator("tr", has_text=reference).get_by_text("Look before its turn").count() > 0


@pytest.mark.soak
def test_a_call_is_entered_by_the_keyboard_alone_and_judged_soon(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "officer")
    page.goto(f"{demo.address}/new-call")
    press, write = page.keyboard.press, page.keyboard.type
    press("Tab")  # past a child in danger, where the form opens,
    press("Tab")  # and past an adult in danger
    write("The staff at the home shout at the children and lock the kitchen at night.")
    press("Tab")
    write("Larch House")
    press("Tab")
    write("Ipswich")
    press("Tab")
    write("Jo Sandiford")
    press("Tab")
    press("Tab")
    press("Space")  # keep the name to ourselves
    press("Tab")
    press("Space")
    press("ArrowDown")
    press("ArrowDown")  # by telephone
    for _ in range(3):
        press("Tab")  # past the email and the postal address
    write("01632 960 001")
    press("Tab")
    write("after 6pm")
    press("Tab")
    press("Space")
    for _ in range(3):
        press("ArrowDown")  # somebody else, no worker
    press("Enter")
    page.wait_for_url(re.compile(r"/queue"))

    reference, until = entered(page), time.monotonic() + MOST_SECONDS
    while is_unjudged(page, reference) and time.monotonic() < until:
        time.sleep(0.5)
        page.reload()
    assert not is_unjudged(page, reference)
    page.goto(f"{demo.address}/case/{reference}")
    for question in page.locator("input[value=no]").all():  # what officers are asked before they see the judgement
        question.check()
    if page.get_by_role("button", name="Save, and show the case").count():
        page.get_by_role("button", name="Save, and show the case").click()
        page.wait_for_load_state()
    content = page.content()
    for told in ("Larch House, Ipswich", "By telephone, after 6pm", "No, keep it to ourselves", "Family, a neighbour"):
        assert told in content
    assert "they asked to be telephoned" in content
    assert "Sandiford" not in content
    assert "01632 960 001" not in content


def test_danger_is_ticked_and_sent_with_two_keys(page: Page, demo: Demo) -> None:
    sign_in(page, demo, "officer")
    page.goto(f"{demo.address}/new-call")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/case/MB-|/queue"))

    assert page.get_by_text("the alert is raised").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("kind", ["call", "letter"])
def test_the_form_is_accessible_and_never_wider_than_the_screen(
    page: Page,
    demo: Demo,
    width: int,
    kind: str,
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, demo, "officer")
    page.goto(f"{demo.address}/new-{kind}")
    picture(page, f"new-{kind}-{width}")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name=f"Enter a {kind}").click()
    page.wait_for_load_state()
    assert page.title().startswith("Error:")
    picture(page, f"new-{kind}-error-{width}")
    assert_accessible(page)
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
