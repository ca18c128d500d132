"""Who comes in: every try counted before it is looked at, each session kept and ended, and proof that is fresh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app, flash, g, redirect, request, session, url_for
from flask_security import current_user, logout_user
from sqlalchemy.orm import scoped_session

from mailbot.cases.accounts.sessions import Sessions
from mailbot.cases.accounts.sign_ins import SignIns
from mailbot.cases.sealing.vault import Keyring
from mailbot.clock import Clock

SECRET = "mailbot_session"  # noqa: S105  the name of the cookie's value, not the value
HALF_PROVED = "half_proved_at"
HALF_PROVED_FOR = timedelta(minutes=5)
LIBRARYS = ("_user_id", "_fresh", "_id", "fs_cc", "fs_paa")
"""What Flask-Login and Flask-Security have just put into the cookie when somebody signs in."""

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "a Mac"}
SYSTEMS |= {"CrOS": "a Chromebook", "Linux": "Linux"}
"""Signs in the User-Agent header in the order in which they are looked for: each browser names those after it too."""


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """What signing in works on; found as ``current_app.extensions["mailbot.entrance"]``."""

    engine: sa.Engine
    sign_ins: SignIns
    sessions: Sessions
    orm: scoped_session[Any]
    keyring: Keyring
    clock: Clock

    def settle(self) -> None:
        """Ends the transaction of Flask-Security's own session.

        SQLite lets nobody write who read before another wrote: whatever the library has read must not be what its
        next write, or one of ours in between, fails on.
        """
        self.orm.commit()

    def counted(self, account: str, is_right: Callable[[], bool]) -> bool | None:
        """Whether the credentials that `is_right` looks at are right; None where the try is refused unseen."""
        self.settle()
        address = request.remote_addr or ""
        number = self.sign_ins.admit(account, address)
        if number is None:
            return None
        right = is_right()
        self.settle()
        if right:
            self.sign_ins.forgive(number)
        else:
            self.sign_ins.note_failed(number, account, address)
        return right

    def begin(self, _app: Any, *, user: Any, authn_via: list[str] | None = None, **_: Any) -> None:
        """A session of its own for each sign-in, under a new secret; a new password ends all the others."""
        self.settle()
        kept = {key: session[key] for key in LIBRARYS if key in session}
        session.clear()
        session.update(kept)
        g.pop("csrf_token", None)
        if authn_via == ["change"]:
            self.sessions.end_others(user.id, user.email, None)
        where, proved_at = browser(request.user_agent.string), g.pop("proved_at", None)
        if authn_via == ["provider"]:
            where += ", single sign-on"
        session[SECRET] = self.sessions.begin(user.id, user.email, where, proved_at)
        self.sign_ins.clear(user.email)

    def keep(self) -> None:
        """Before each page: lets nobody pass who has no session, by a token of Flask-Security's or otherwise."""
        g.session = None
        if request.endpoint == "static" or request.blueprint == "api":
            return
        if current_user.is_authenticated:
            g.session = self.sessions.current(session.get(SECRET, ""), current_user.id)
        self.settle()
        if g.session is None and (current_user.is_authenticated or "_user_id" in session):
            logout_user()
            session.clear()
            flash("You have been signed out. Sign in again to go on")

    def sign_out(self, _app: Any, *, user: Any, **_: Any) -> None:
        """Ends the session with the sign-out."""
        if g.get("session"):
            self.sessions.sign_out(g.session, user.id, user.email)


def entrance() -> Entrance:
    found: Entrance = current_app.extensions["mailbot.entrance"]
    return found


def fresh(within_minutes: int = 10, back_to: str | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """For pages that show or change what is most secret: asks for password and second factor again.

    Nobody is asked who gave them in this session less than `within_minutes` ago. Afterwards they are sent to the
    endpoint `back_to`, else to the page itself. Whoever is not signed in is none of its business.
    """

    def guarded(page: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(page)
        def asked(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated or is_fresh(within_minutes):
                return page(*args, **kwargs)
            shown = request.url_rule is not None and "GET" in (request.url_rule.methods or ())
            onward = url_for(back_to) if back_to else request.path if shown else url_for("start")
            return redirect(url_for("account.confirm", next=onward))

        return asked

    return guarded


def is_fresh(within_minutes: int) -> bool:
    """Whether password and second factor were given in this session in the last minutes."""
    since = g.session.proved_at if g.get("session") else None
    return bool(since and entrance().clock() - since <= timedelta(minutes=within_minutes))


def note_half_proved() -> None:
    """The password was given again; the security key is to follow."""
    session[HALF_PROVED] = entrance().clock().timestamp()


def take_half_proved() -> bool:
    """Whether the password was given again just now; once."""
    since = entrance().clock().timestamp() - float(session.pop(HALF_PROVED, 0))
    return 0 <= since <= HALF_PROVED_FOR.total_seconds()


def note_proved() -> None:
    """Password and second factor were given again."""
    entrance().sessions.note_proved(g.session)


def onward(asked: str | None, otherwise: str) -> str:
    """The path that was asked for where it leads to a page of ours, not to another site; else `otherwise`."""
    path = asked or ""
    parts = urlsplit(path)
    ours = path.startswith("/") and not path.startswith("//") and not parts.scheme and not parts.netloc
    return path if ours and "\\" not in path and path.isprintable() else otherwise


def browser(agent: str) -> str:
    """The families of browser and system in words, as far as a User-Agent header tells them."""
    name = next((word for sign, word in BROWSERS.items() if f"{sign}/" in agent), "A browser")
    system = next((word for sign, word in SYSTEMS.items() if sign in agent), None)
    return f"{name} on {system}" if system else name


def address_of(endpoint: str, **values: Any) -> str:
    """A page's address from outside: under the address that staff know, where it is configured."""
    alerts = current_app.extensions["mailbot"].config.alerts
    if alerts and alerts.public_url:
        return str(alerts.public_url.rstrip("/") + url_for(endpoint, **values))
    return url_for(endpoint, _external=True, **values)
