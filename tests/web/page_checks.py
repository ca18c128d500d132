"""What every page must be, whatever it shows: sound HTML, readable by a screen reader, nothing that the policy stops.

`CheckedClient` looks at each page that a test opens. What it cannot see (colours, widths, what scripts do) is looked at
in a browser: `tests.web.test_every_page`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from flask.testing import FlaskClient
from html5lib import HTMLParser
from selectolax.lexbor import LexborHTMLParser, LexborNode
from werkzeug.test import TestResponse

from mailbot.web.app import POLICY

PRODUCT = "mailbot"
PICTURE_OF_A_SECRET = "/second-factor"
"""The one page that may show a picture written into itself: what an authenticator app reads its secret from."""
REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "headers", "list", "form")
TOLD_BY_ITSELF = frozenset({"hidden", "submit", "button", "reset", "image"})
TEXT = re.compile(r">[^<]+")
VALUES = re.compile(r'(?<==)"[^"]*"')
SECONDS_TOO_FINE = re.compile(r"\.\d{4,}")
"""HTML's times have milliseconds at most."""
LOOSE_AMPERSAND = re.compile(r"&(?!#?\w+;)")
TAG = re.compile(r"<[^>]*>")


class CheckedClient(FlaskClient):
    """The client of the tests, which fails where a page that it is given is not as every page must be."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        is_page = answer.mimetype == "text/html" and not 300 <= answer.status_code < 400
        if is_page and answer.request.method != "HEAD":
            found = faults(answer.text) if shown_here(answer) else unsound(answer.text)
            found += unguarded(answer.request.path, answer.headers)
            assert not found, f"{answer.request.method} {answer.request.path}: " + "; ".join(found)
        return answer


def shown_here(answer: TestResponse) -> bool:
    """Whether the browser shows it among our pages; what it saves as a file has no bar and no landmarks."""
    return not answer.headers.get("Content-Disposition", "").startswith("attachment")


def unguarded(path: str, headers: Any) -> list[str]:
    """What the answer's headers leave open."""
    images = "'self' data:" if path == PICTURE_OF_A_SECRET else "'self'"
    wanted = {"Content-Security-Policy": POLICY.format(images=images), "Cache-Control": "no-store"}
    return [f"{name} is {headers.get(name)!r}" for name, value in wanted.items() if headers.get(name) != value]


def faults(page: str) -> list[str]:
    """What is wrong with a whole page, in words, each once; nothing where it is as it must be."""
    tree = LexborHTMLParser(page)
    nodes = [node for node in tree.css("*") if node.tag]
    found = [
        *unsound(page),
        *_frame(tree),
        *_ids(nodes),
        *_inline(nodes),
        *_unnamed(tree),
        *_landmarks(tree),
        *_times(tree),
    ]
    return list(dict.fromkeys(found))


def unsound(page: str) -> list[str]:
    """Breaches of the HTML standard's grammar (WHATWG HTML, section 13.2.2), as html5lib finds them."""
    loose = [f"a loose & in {page[one.start() : one.start() + 20]!r}" for one in LOOSE_AMPERSAND.finditer(page)]
    return loose + (_errors(page) if _errors(_skeleton(page)) else [])


def _skeleton(page: str) -> str:
    """The page's tags with neither texts nor values: pages that differ in nothing else are looked at once."""
    return TEXT.sub(">", VALUES.sub('""', page))


@lru_cache(maxsize=4096)
def _errors(page: str) -> list[str]:
    parser = HTMLParser()
    parser.parse(page)
    return [f"line {line}: {code} {told or ''}".rstrip() for (line, _), code, told in parser.errors]


def _frame(tree: LexborHTMLParser) -> Iterator[str]:
    title = " ".join((found.text() if (found := tree.css_first("title")) else "").split())
    root = tree.css_first("html")
    if not title.endswith(f" – {PRODUCT}") or title.startswith("–"):
        yield f"its title is {title!r}"
    if root is None or not root.attributes.get("lang"):
        yield "it says no language"
    headings = tree.css("h1")
    if len(headings) != 1 or not headings[0].text().strip():
        yield f"it has {len(headings)} first headings"
    if tree.css(".govuk-error-summary") and not title.startswith("Error:"):
        yield "its title does not tell of the errors"


def _ids(nodes: list[LexborNode]) -> Iterator[str]:
    ids = Counter(str(node.attributes["id"]) for node in nodes if "id" in node.attributes)
    yield from (f"id {name!r} stands {count} times" for name, count in ids.items() if count > 1 or not name.strip())
    for node in nodes:
        for attribute in REFERENCES:
            for name in (node.attributes.get(attribute) or "").split():
                if name not in ids:
                    yield f"{attribute} of <{node.tag}> leads to no id {name!r}"
        link = node.attributes.get("href") or ""
        if link.startswith("#") and link[1:] not in ids:
            yield f"a link leads to no id {link[1:]!r}"


def _inline(nodes: list[LexborNode]) -> Iterator[str]:
    for node in nodes:
        for name, value in node.attributes.items():
            if name == "style" or name.startswith("on"):
                yield f"<{node.tag}> has {name}, which the content policy refuses"
            if (value or "").strip().lower().startswith("javascript:"):
                yield f"<{node.tag}> has a script in {name}"
        if node.tag == "style" or (node.tag == "script" and not node.attributes.get("src")):
            yield f"<{node.tag}> within the page, which the content policy refuses"


def _unnamed(tree: LexborHTMLParser) -> Iterator[str]:
    labelled = {label.attributes.get("for") for label in tree.css("label") if label.text().strip()}
    within = {node.mem_id for node in tree.css("label input, label select, label textarea")}
    for node in tree.css("input, select, textarea"):
        told = node.attributes
        by_itself = node.tag == "input" and told.get("type") in TOLD_BY_ITSELF
        if by_itself or told.get("id") in labelled or node.mem_id in within:
            continue
        if not (told.get("aria-label") or told.get("aria-labelledby")):
            yield f"<{node.tag} name={told.get('name')!r}> has no name for a screen reader"
    for node in tree.css("button, a[href]"):
        if not (node.text().strip() or node.attributes.get("aria-label")):
            yield f"a <{node.tag}> without a name"
    yield from (f"an <img> without alt: {node.attributes.get('src')}" for node in tree.css("img:not([alt])"))
    yield from (f"a <th> without scope: {node.text().strip()!r}" for node in tree.css("th:not([scope])"))


def _times(tree: LexborHTMLParser) -> Iterator[str]:
    for at in [str(node.attributes["datetime"]) for node in tree.css("time[datetime]")]:
        if SECONDS_TOO_FINE.search(at):
            yield f"a <time> says {at!r}"


def _landmarks(tree: LexborHTMLParser) -> Iterator[str]:
    if len(tree.css("body > header")) != 1:
        yield "it has no header"
    if len(tree.css("main#main-content")) != 1 or tree.css_first(".govuk-skip-link[href='#main-content']") is None:
        yield "it has no main part that the link past the bar leads to"
    names = Counter((nav.attributes.get("aria-label") or "").strip() for nav in tree.css("nav"))
    if names.pop("", 0):
        yield "a <nav> without a name"
    yield from (f"two <nav> are called {name!r}" for name, count in names.items() if count > 1)
