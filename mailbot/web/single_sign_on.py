"""Signing in at the organisation's own service by OpenID Connect: authorization code with PKCE, state and nonce.

The only module of the web that speaks to Authlib. What the service says of somebody is believed where its signature,
issuer, audience, times and nonce are right, and never longer than a session. A second factor is the service's own
business: see that it demands one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_security import current_user, login_user, logout_user
from joserfc.errors import JoseError

from mailbot.cases.accounts.provider_accounts import Person, ProviderAccounts
from mailbot.config import OIDC, Config
from mailbot.domain import Role
from mailbot.errors import ConfigError, NotAllowed
from mailbot.web.entrance import address_of, entrance, note_proved, onward

pages = Blueprint("single_sign_on", __name__, url_prefix="/sign-in/provider")

TIMEOUT_SECONDS = 10
WANTED = "provider_asked_for"
AGAIN_WITHIN = timedelta(minutes=5)
ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
"""Signatures by a key that the service alone has (RFC 7518); none, and those by a shared secret, are not believed."""

LOCAL_ENDPOINTS = ("two_factor_token_validation", "two_factor_setup", "tf_select", "wan_signin", "wan_signin_response")
LOCAL = frozenset({"security.mf_recovery", *(f"security.{name}" for name in LOCAL_ENDPOINTS)})
"""What somebody signs in by who has a password here, beside the page that asks for it."""

CAME_BACK_WRONG = (
    "The sign-in service's answer could not be believed, or came too late. Nothing is wrong with your account: start "
    "again. If it goes on, tell an administrator"
)
AWAY = "The sign-in service cannot be reached. Wait a little and try again; if it goes on, tell an administrator"
NO_GROUP = (
    "You are in none of the groups that work here. Ask whoever looks after your organisation's groups to add you to one"
)
SEVERAL = (
    "You are in groups with more than one role here ({roles}). Ask whoever looks after your organisation's groups to "
    "leave you in one of them"
)
TOO_MANY_GROUPS = (
    "You are in so many groups that the sign-in service left them out. An administrator must have it send those of "
    "this application alone"
)
NO_ADDRESS = "The sign-in service does not say what you are called ({claim}). An administrator must have it send that"
NOT_AGAIN = (
    "The sign-in service did not say that you signed in just now (auth_time). Try again; if it goes on, an "
    "administrator must have it send that"
)
SOMEBODY_ELSE = "Somebody else signed in than the one whose page this is. Sign in as yourself"


def set_up(app: Flask, config: Config) -> None:
    """Lets staff sign in at the configured service, and nowhere else where local accounts are off."""
    app.jinja_env.globals.update(single_sign_on=config.web.oidc)
    if config.web.oidc is None:
        return
    app.register_blueprint(pages)
    app.extensions["mailbot.provider"] = _client(app, config.web.oidc)
    if not config.web.oidc.local_accounts:
        app.before_request(_only_there)


@pages.get("")
def begin() -> Any:
    """Sends somebody to the service to sign in."""
    further = onward(request.args.get("next"), url_for("start"))
    return _sent({"for": "sign in", "next": further})


@pages.get("/again")
def again() -> Any:
    """Sends who is signed in to the service once more, to show that it is they."""
    further = onward(request.args.get("next"), url_for("account.show"))
    return _sent({"for": "again", "next": further}, prompt="login", max_age=0)


@pages.get("/back")
def back() -> Any:
    """Where the service sends them back to."""
    wanted = session.pop(WANTED, {})
    try:
        claims = _claims()
        person = _person(claims, _settings())
        if wanted.get("for") == "again":
            return _proved(claims, person, wanted)
        return _signed_in(claims, person, wanted)
    except NotAllowed as error:
        return refusal(str(error))
    except requests.RequestException:
        return refusal(AWAY, 502)
    except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError):
        return refusal(CAME_BACK_WRONG, 400)


def refusal(why: str, status: int = 403) -> tuple[str, int]:
    """A page that says why somebody cannot come in, and what to do."""
    return render_template("no_entry.html", why=why, again=not current_user.is_authenticated), status


def try_out(settings: OIDC) -> str:
    """Asks the service for its description; whose it is. Raises `ConfigError` where it has none that will do."""
    _ = settings.client_secret
    try:
        return str(_described(_client(Flask("mailbot.check"), settings), settings)["issuer"])
    except (requests.RequestException, ValueError, KeyError) as error:
        raise ConfigError(f"web.oidc.issuer: it does not describe itself as it should ({error})") from None


def _client(app: Flask, settings: OIDC) -> Any:
    kwargs = {"scope": "openid profile email", "code_challenge_method": "S256", "default_timeout": TIMEOUT_SECONDS}
    kwargs |= {"verify": settings.ca_file} if settings.ca_file else {}
    return OAuth(app).register(
        "provider",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        server_metadata_url=settings.issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs=kwargs,
    )


def _sent(wanted: dict[str, str], **asked: Any) -> Any:
    settings = _settings()
    session[WANTED] = wanted
    try:
        _described(_provider(), settings)
        return _provider().authorize_redirect(address_of("single_sign_on.back"), **asked)
    except (requests.RequestException, ValueError, KeyError):
        return refusal(AWAY, 502)


def _described(client: Any, settings: OIDC) -> Mapping[str, Any]:
    """The service's description, which must be its own (OpenID Connect Discovery section 4.3)."""
    found: dict[str, Any] = client.load_server_metadata()
    if found.get("issuer") != settings.issuer:
        found.pop("_loaded_at", None)  # or it would be believed from the next time on
        raise ValueError(f"it says that it is {found.get('issuer')}")
    usable: list[str] = sorted(ALGORITHMS & set(found.get("id_token_signing_alg_values_supported", ["RS256"])))
    if not usable:
        raise ValueError("it signs in no way that can be believed")
    found["id_token_signing_alg_values_supported"] = usable
    return found


def _claims() -> Mapping[str, Any]:
    """What the service says of whoever came back, all of it checked."""
    settings, client = _settings(), _provider()
    _described(client, settings)
    token = client.authorize_access_token(
        claims_options={
            "iss": {"essential": True, "values": [settings.issuer]},
            "aud": {"essential": True, "value": settings.client_id},
            "sub": {"essential": True},
        }
    )
    claims: Mapping[str, Any] = token["userinfo"]
    return claims


def _person(claims: Mapping[str, Any], settings: OIDC) -> Person:
    address = str(claims.get(settings.address_claim) or "").strip().lower()
    unproved = settings.address_claim == "email" and claims.get("email_verified") is False
    if address.count("@") != 1 or not 3 <= len(address) <= 254 or not address.isprintable() or unproved:
        raise NotAllowed(NO_ADDRESS.format(claim=settings.address_claim))
    return Person(issuer=settings.issuer, subject=str(claims["sub"]), address=address, role=_role_of(claims, settings))


def _role_of(claims: Mapping[str, Any], settings: OIDC) -> Role:
    """The one role of their groups; raises `NotAllowed` where that is none, or more than one."""
    if settings.groups_claim in claims.get("_claim_names", {}):
        raise NotAllowed(TOO_MANY_GROUPS)
    given = claims.get(settings.groups_claim, [])
    groups = [given] if isinstance(given, str) else [str(one) for one in given]
    roles = sorted({settings.roles[group] for group in groups if group in settings.roles})
    if len(roles) > 1:
        raise NotAllowed(SEVERAL.format(roles=", ".join(role.replace("_", " ") for role in roles)))
    if not roles:
        raise NotAllowed(NO_GROUP)
    return Role(roles[0])


def _signed_in(claims: Mapping[str, Any], person: Person, wanted: Mapping[str, str]) -> Any:
    email = _accounts().admit(person)
    entrance().settle()
    user = current_app.extensions["security"].datastore.find_user(email=email)
    g.proved_at = _proved_at(claims) or datetime.fromtimestamp(0, UTC)
    login_user(user, remember=False, authn_via=["provider"])
    entrance().settle()
    return redirect(onward(wanted.get("next"), url_for("start")))


def _proved(claims: Mapping[str, Any], person: Person, wanted: Mapping[str, str]) -> Any:
    if not current_user.is_authenticated or not _accounts().is_same(current_user.email, person):
        raise NotAllowed(SOMEBODY_ELSE)
    at = _proved_at(claims)
    if at is None or not timedelta(0) <= entrance().clock() - at <= AGAIN_WITHIN:
        raise NotAllowed(NOT_AGAIN)
    note_proved()
    flash("You have confirmed that it is you")
    return redirect(onward(wanted.get("next"), url_for("account.show")))


def _proved_at(claims: Mapping[str, Any]) -> datetime | None:
    """When they last showed the service who they are, never later than now; None where it does not say."""
    at = claims.get("auth_time")
    return min(datetime.fromtimestamp(float(at), UTC), entrance().clock()) if at else None


def _only_there() -> Any:
    """Where local accounts are off, no form of theirs is answered, and no session of theirs goes on."""
    if current_user.is_authenticated and not current_user.by_provider:
        logout_user()
        session.clear()
        flash("You have been signed out: from now on everybody signs in at the organisation's own service")
    if request.endpoint in LOCAL or (request.endpoint == "security.login" and request.method == "POST"):
        abort(404)


def _settings() -> OIDC:
    settings: OIDC = current_app.extensions["mailbot"].config.web.oidc
    return settings


def _provider() -> Any:
    return current_app.extensions["mailbot.provider"]


def _accounts() -> ProviderAccounts:
    found = entrance()
    return ProviderAccounts(found.engine, found.keyring, found.clock)
