"""Each check of every page can fail: a sound page passes, and with one thing wrong it does not."""

from __future__ import annotations

import pytest
from flask import Flask, Response, make_response

from mailbot.web.app import POLICY
from tests.web.page_checks import faults, unsound

SOUND = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Queue – mailbot</title></head>
<body><a class="govuk-skip-link" href="#main-content">Skip</a><header><nav aria-label="Main"><a href="/">Start</a></nav>
</header><main id="main-content"><h1>Queue</h1><p id="hint">One &amp; all</p>
<form><label for="name">Name</label><input id="name" name="name" aria-describedby="hint"><button>Send</button></form>
<time datetime="2026-11-24T12:00:00+00:00">noon</time></main></body></html>"""

BROKEN = {
    "title": ("Queue – mailbot", "mailbot"),
    "language": (' lang="en"', ""),
    "first headings": ("<h1>Queue</h1>", "<h2>Queue</h2>"),
    "2 first headings": ("</h1>", "</h1><h1>Another</h1>"),
    "tell of the errors": ("<h1>", '<div class="govuk-error-summary"></div><h1>'),
    "stands 2 times": ('id="hint"', 'id="name"'),
    "for of <label>": ('for="name"', 'for="nowhere"'),
    "aria-describedby": ('aria-describedby="hint"', 'aria-describedby="hint gone"'),
    "a link leads to no id": ("One", '<a href="#gone">One</a>'),
    "no name for a screen reader": ('<label for="name">Name</label>', ""),
    "without a name": ("<button>Send", "<button>"),
    "without alt": ("One", '<img src="/x">'),
    "without scope": ("<p id", "<table><tr><th>One</th></tr></table><p id"),
    "has style": ("<h1>", '<h1 style="color: red">'),
    "has onclick": ("<button>", '<button onclick="go()">'),
    "<script> within": ("</head>", "<script>go()</script></head>"),
    "<style> within": ("</head>", "<style>p {}</style></head>"),
    "has a script in href": ('href="/"', 'href="javascript:go()"'),
    "no header": ("header>", "div>"),
    "no main part": ('id="main-content"', 'id="main"'),
    "a <nav> without": (' aria-label="Main"', ""),
    "two <nav>": ("</nav>", '</nav><nav aria-label="Main"></nav>'),
    "a <time> says": ("12:00:00+", "12:00:00.123456+"),
    "a loose &": ("&amp;", "&"),
    "unexpected-end-tag": ("One", "<div>One</div>"),
    "duplicate-attribute": ('id="name" name', 'id="name" id="name" name'),
    "unexpected-start-tag-implies-table-voodoo": ("<p id", "<table><div></div></table><p id"),
}


def test_a_sound_page_has_no_faults() -> None:
    assert faults(SOUND) == []


@pytest.mark.parametrize("said", BROKEN)
def test_each_check_can_fail(said: str) -> None:
    assert [one for one in faults(SOUND.replace(*BROKEN[said])) if said in one]


def test_a_page_is_sound_or_not_by_its_tags_whatever_it_says() -> None:
    assert unsound("<!DOCTYPE html><title>x</title><p>1 &lt; 2</p><a href='?a=1&amp;b=2'>x</a>") == []
    assert unsound("<!DOCTYPE html><title>x</title><p>1</p></div>") != []


@pytest.mark.parametrize("header", ["Content-Security-Policy", "Cache-Control"])
def test_the_client_of_the_tests_refuses_a_page_with_faults_or_left_open(header: str) -> None:
    def answered(page: str, left_out: str = "") -> Response:
        made = make_response(page)
        made.headers["Content-Security-Policy"] = POLICY.format(images="'self'")
        made.headers["Cache-Control"] = "no-store"
        made.headers.pop(left_out, None)
        return made

    bare = Flask("bare")
    bare.add_url_rule("/sound", "sound", lambda: answered(SOUND))
    bare.add_url_rule("/faulty", "faulty", lambda: answered(SOUND.replace("h1", "h2")))
    bare.add_url_rule("/open", "open", lambda: answered(SOUND, header))
    client = bare.test_client()

    assert client.get("/sound").status_code == 200
    with pytest.raises(AssertionError, match="GET /faulty: it has 0 first headings"):
        client.get("/faulty")
    with pytest.raises(AssertionError, match=f"GET /open: {header} is None"):
        client.get("/open")
