"""Flask-Security as it is set up here: password, authenticator app, security keys and recovery codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask, current_app, session
from flask_login import user_logged_out
from flask_security import (
    MfRecoveryCodesUtil,
    PasswordUtil,
    Security,
    SQLAlchemySessionUserDatastore,
    UserMixin,
    WebauthnUtil,
    current_user,
    password_changed,
    tf_profile_changed,
    user_authenticated,
    wan_deleted,
    wan_registered,
)
from flask_security.core import RoleMixin
from flask_security.totp import Totp
from passlib.exc import UsedTokenError
from sqlalchemy.orm import scoped_session, sessionmaker

from mailbot.cases.accounts.sessions import Sessions
from mailbot.cases.accounts.sign_ins import SignIns
from mailbot.cases.sealing.vault import Keyring
from mailbot.clock import Clock
from mailbot.config import Config
from mailbot.web import accounts, passwords
from mailbot.web.accounts import SecurityKey, Staff
from mailbot.web.entrance import Entrance, entrance, fresh
from mailbot.web.sign_in_forms import (
    CHALLENGE,
    CodeForm,
    KeyAnswerForm,
    KeyForm,
    NewPasswordForm,
    PasswordForm,
    RecoveryCodeForm,
)

SHOWN_AGAIN_ONLY_WHEN_FRESH = (
    "security.two_factor_setup",
    "security.wan_register",
    "security.wan_delete",
    "security.mf_recovery_codes",
)
"""Pages of the library that change how somebody signs in."""

AUDITED = {
    wan_registered: "security key added",
    wan_deleted: "security key removed",
    password_changed: "password changed",
    tf_profile_changed: "authenticator app set up",
}


CODES = 8


def settings(config: Config, derived: Callable[[str], str], clock: Clock) -> dict[str, Any]:
    """What Flask-Security reads; `derived` gives a key for each purpose."""
    return {
        "SECURITY_PASSWORD_SALT": derived("password"),
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SINGLE_HASH": {"argon2"},
        "SECURITY_JOIN_USER_ROLES": False,  # what staff may do is in `mailbot.cases.access`
        "SECURITY_DATETIME_FACTORY": clock,
        "SECURITY_FRESHNESS": timedelta(hours=config.web.session_hours + 1),  # ours is `entrance.fresh`
        "SECURITY_CHANGEABLE": True,
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_REQUIRED": config.web.second_factor == "required",
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_ALWAYS_VALIDATE": True,
        "SECURITY_TOTP_SECRETS": {"1": derived("totp")},
        "SECURITY_TOTP_ISSUER": "mailbot",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": CODES,
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_RP_NAME": "mailbot",
        "SECURITY_WAN_ALLOW_AS_FIRST_FACTOR": False,
        "SECURITY_WAN_ALLOW_AS_MULTI_FACTOR": False,
        "SECURITY_WAN_ALLOW_AS_VERIFY": ["secondary"],
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        **ADDRESSES,
        **PAGES,
        **MESSAGES,
    }


ADDRESSES = {
    "SECURITY_LOGIN_URL": "/sign-in",
    "SECURITY_LOGOUT_URL": "/sign-out",
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_POST_LOGIN_VIEW": "/",
    "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
    "SECURITY_CHANGE_URL": "/account/password",
    "SECURITY_POST_CHANGE_VIEW": "/account",
    "SECURITY_TWO_FACTOR_SETUP_URL": "/second-factor",
    "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/second-factor-code",
    "SECURITY_TWO_FACTOR_SELECT_URL": "/second-factor-choice",
    "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/account",
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
    "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/recovery-code",
    "SECURITY_WAN_REGISTER_URL": "/account/security-keys",
    "SECURITY_WAN_DELETE_URL": "/account/remove-security-key",
    "SECURITY_WAN_SIGNIN_URL": "/security-key",
    "SECURITY_WAN_VERIFY_URL": "/account/confirm-security-key",
    "SECURITY_POST_VERIFY_VIEW": "/account",
}

PAGES = {
    "SECURITY_LOGIN_USER_TEMPLATE": "sign_in.html",
    "SECURITY_CHANGE_PASSWORD_TEMPLATE": "new_password.html",
    "SECURITY_TWO_FACTOR_SETUP_TEMPLATE": "second_factor.html",
    "SECURITY_TWO_FACTOR_VERIFY_CODE_TEMPLATE": "second_factor_code.html",
    "SECURITY_TWO_FACTOR_SELECT_TEMPLATE": "second_factor_choice.html",
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES_TEMPLATE": "recovery_codes.html",
    "SECURITY_MULTI_FACTOR_RECOVERY_TEMPLATE": "recovery_code.html",
    "SECURITY_WAN_REGISTER_TEMPLATE": "security_keys.html",
    "SECURITY_WAN_SIGNIN_TEMPLATE": "security_key.html",
    "SECURITY_WAN_VERIFY_TEMPLATE": "security_key_again.html",
}

MESSAGES = {
    "SECURITY_MSG_GENERIC_AUTHN_FAILED": ("The address or the password is not right", "error"),
    "SECURITY_MSG_INVALID_PASSWORD": ("That is not your present password", "error"),
    "SECURITY_MSG_PASSWORD_NOT_PROVIDED": ("Enter a password", "error"),
    "SECURITY_MSG_PASSWORD_IS_THE_SAME": ("The new password is the present one; choose another", "error"),
    "SECURITY_MSG_RETYPE_PASSWORD_MISMATCH": ("Both new passwords must be the same", "error"),
    "SECURITY_MSG_PASSWORD_CHANGE": ("Password changed. You are signed out everywhere else", "success"),
    "SECURITY_MSG_TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": ("Authenticator app set up", "success"),
    "SECURITY_MSG_WEBAUTHN_REGISTER_SUCCESSFUL": ("Security key %(name)s added", "success"),
    "SECURITY_MSG_WEBAUTHN_CREDENTIAL_DELETED": ("Security key %(name)s removed", "success"),
    "SECURITY_MSG_WEBAUTHN_NAME_REQUIRED": ("Give the key a name", "error"),
    "SECURITY_MSG_WEBAUTHN_NAME_INUSE": ("You have a key named %(name)s already", "error"),
    "SECURITY_MSG_WEBAUTHN_NAME_DISALLOWED_CHARACTERS": ("Use letters, numbers, hyphens and spaces alone", "error"),
    "SECURITY_MSG_WEBAUTHN_EXPIRED": ("That took too long. Try again", "error"),
    "SECURITY_MSG_REAUTHENTICATION_SUCCESSFUL": ("You have confirmed that it is you", "success"),
}


def set_up(app: Flask, engine: sa.Engine, config: Config, keyring: Keyring, clock: Clock) -> None:
    """Lets staff sign in to `app`, whose settings are made."""
    found = _entrance(engine, config, keyring, clock)
    app.extensions["mailbot.entrance"] = found
    security = Security(
        app,
        SQLAlchemySessionUserDatastore(found.orm, Staff, RoleMixin, SecurityKey),
        login_form=PasswordForm,
        change_password_form=NewPasswordForm,
        two_factor_verify_code_form=CodeForm,
        mf_recovery_form=RecoveryCodeForm,
        wan_register_response_form=KeyForm,
        wan_signin_response_form=KeyAnswerForm,
        password_util_cls=_Passwords,
        totp_cls=_Totp,
        mf_recovery_codes_util_cls=_RecoveryCodes,
        webauthn_util_cls=_Keys,
    )
    security.mf_recovery_codes_context_processor(_codes_left)
    for endpoint in SHOWN_AGAIN_ONLY_WHEN_FRESH:
        app.view_functions[endpoint] = fresh()(app.view_functions[endpoint])
    _listen(app, found)
    app.before_request(found.keep)

    @app.teardown_appcontext
    def forget_session(_error: BaseException | None) -> None:
        found.orm.remove()


def _entrance(engine: sa.Engine, config: Config, keyring: Keyring, clock: Clock) -> Entrance:
    idle, longest = timedelta(minutes=config.web.idle_minutes), timedelta(hours=config.web.session_hours)
    return Entrance(
        engine=engine,
        sign_ins=SignIns(engine, keyring, clock),
        sessions=Sessions(engine, clock, idle=idle, longest=longest),
        orm=scoped_session(sessionmaker(engine, expire_on_commit=False)),
        keyring=keyring,
        clock=clock,
    )


def _listen(app: Flask, found: Entrance) -> None:
    """Does our part when somebody signs in or out or changes how they do."""

    def note(_app: Any, *, user: Any, act: str, **_: Any) -> None:
        found.settle()
        accounts.note(found.engine, user.email, act, found.clock())

    user_authenticated.connect(found.begin, app, weak=False)
    user_logged_out.connect(found.sign_out, app, weak=False)
    for signal, act in AUDITED.items():
        signal.connect(partial(note, act=act), app, weak=False)


class _Passwords(PasswordUtil):
    """The same rules as on the command line."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        problem = passwords.problem(password, kwargs["user"].email)
        return [problem] if problem else None, passwords.normalised(password)


class _Totp(Totp):
    """Refuses a code that has been used: the library's own class keeps no counter (RFC 6238 section 5.2)."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        counter: int | None = getattr(user, "tf_last_counter")  # noqa: B009  the library types its own mixin
        return counter

    def set_last_counter(self, user: UserMixin, match: Any) -> None:
        if not accounts.use_counter(entrance().engine, user.id, match.counter):
            raise UsedTokenError
        entrance().settle()


class _RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes that are kept as keyed digests alone, shown once and used once."""

    def create_recovery_codes(self, user: UserMixin) -> list[str]:
        codes: list[str] = _library().totp_factory.generate_recovery_codes(CODES)
        found, digests = entrance(), [_code_digest(user, code) for code in codes]
        accounts.set_recovery_codes(found.engine, user.id, user.email, digests, found.clock())
        return codes

    def get_recovery_codes(self, user: UserMixin) -> list[str]:
        """None: what was shown once is not shown again."""
        return []

    def check_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Whether it is an unused one of theirs; it is used up with that."""
        found = entrance()
        return accounts.use_recovery_code(found.engine, user.id, user.email, _code_digest(user, code), found.clock())

    def delete_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Nothing more to do: the check has used it up."""
        return True


class _Keys(WebauthnUtil):
    """Security keys as a second factor, for the address that staff see in their browser."""

    def generate_challenge(self, nbytes: int | None = None) -> str:
        challenge = super().generate_challenge(nbytes)
        session[CHALLENGE] = challenge
        return challenge

    def origin(self) -> str:
        alerts = current_app.extensions["mailbot"].config.alerts
        if not (alerts and alerts.public_url):
            return super().origin()
        url = urlsplit(alerts.public_url)
        return f"{url.scheme}://{url.netloc}"


def _codes_left() -> dict[str, int]:
    return {"left": accounts.recovery_codes_left(entrance().engine, current_user.id)}


def _code_digest(user: UserMixin, code: str) -> str:
    plain = re.sub(r"[^0-9a-f]", "", code.lower())
    return entrance().keyring.digest(f"recovery code:{user.id}:{plain}")


def _library() -> Any:
    return current_app.extensions["security"]
