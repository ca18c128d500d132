"""The search: one field, the cases found, and the look-up of a sender for those who may.

What is searched for may be a child's name. It is sent in a form and travels on in the address only encrypted, so that
it stands in no server's log and in no browser's history.
"""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from flask import Blueprint, current_app, g, redirect, render_template, request, url_for

from mailbot.cases.search.index import names_somebody
from mailbot.cases.search.search import PAGE, Found
from mailbot.cases.search.words import QUERY_LENGTH, parsed

pages = Blueprint("search", __name__, url_prefix="/search")

LAST_PAGE = 100_000


@pages.get("")
def show() -> str:
    """The form, with a page of what was found for the query that the address holds, if any."""
    sealed = request.args.get("q", "")
    text = _opened(sealed)
    return _page(text, sealed, _page_asked())


def _page_asked() -> int:
    asked = request.args.get("page", 1, type=int)
    return min(max(asked, 1), LAST_PAGE)


@pages.post("")
def ask() -> Any:
    """Takes a query in; an empty one is answered by the form."""
    text = request.form.get("words", "")[:QUERY_LENGTH].strip()
    return redirect(url_for("search.show", q=_box().encrypt(text.encode()).decode() if text else None), 303)


@pages.post("/sender")
def sender() -> Any:
    """The cases that a sender wrote, to somebody who says why they must know. Audited."""
    who, reason = (request.form.get(field, "").strip() for field in ("sender", "reason"))
    errors = {}
    if not names_somebody(who):
        errors["sender"] = "Enter a whole email address, or a first and a last name"
    if not reason:
        errors["reason"] = "Enter why you look this sender up"
    if errors:
        return _page("", "", 1, errors=errors), 400
    return _page("", "", 1, wrote=current_app.extensions["mailbot"].search.find_sender(g.officer, who, reason))


def _page(text: str, sealed: str, page: int, errors: dict[str, str] | None = None, wrote: Any = None) -> str:
    words_asked = bool(parsed(text).stems)
    found = current_app.extensions["mailbot"].search.find(g.officer, text, page) if words_asked else Found()
    return render_template(
        "search.html",
        text=text,
        sealed=sealed,
        too_common=bool(text) and not words_asked,
        found=found if words_asked else None,
        wrote=wrote,
        page=page,
        last=(-(-found.total // PAGE) or 1) + found.more,
        errors=errors or {},
        form=request.form,
    )


def _opened(sealed: str) -> str:
    """The query that an address holds; nothing where it is none of ours."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except (InvalidToken, UnicodeError):
        return ""


def _box() -> Fernet:
    return Fernet(current_app.config["SEARCH_KEY"])
