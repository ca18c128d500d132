"""Flask-Security's forms with what they lack: tries are counted, a code and a challenge are good once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app, session
from flask_security import current_user
from flask_security.forms import ChangePasswordForm, Form, LoginForm, TwoFactorVerifyCodeForm
from flask_security.recovery_codes import MfRecoveryForm
from flask_security.webauthn import WebAuthnRegisterResponseForm, WebAuthnSigninResponseForm

from mailbot.web.entrance import entrance, note_proved, take_half_proved

TOO_MANY = "There have been too many tries. Wait a few minutes, then try again"
CHALLENGE = "key_challenge"


def _counted(form: Form, account: str, is_right: Callable[[], bool]) -> bool:
    """Whether what `is_right` looks at is right; a try that is refused says so and nothing else."""
    found = entrance().counted(account, is_right)
    if found is None:
        form.form_errors.append(TOO_MANY)
    return bool(found)


class PasswordForm(LoginForm):
    """Address and password. There is no "remember me": a session ends when it ends."""

    remember = None

    def validate(self, **kwargs: Any) -> bool:
        return _counted(self, self._account(), lambda: super(PasswordForm, self).validate(**kwargs))

    def _account(self) -> str:
        """The account that the library will find, so that no other spelling of its address is counted apart."""
        security, typed = current_app.extensions["security"], str(self.email.data or "")
        try:
            address = security.mail_util.normalize(typed)
        except ValueError:
            return typed
        found = security.datastore.find_user(case_insensitive=True, email=address)
        return str(found.email if found else address)


class CodeForm(TwoFactorVerifyCodeForm):
    """A code from an authenticator app, at sign-in and when the app is set up."""

    def validate(self, **kwargs: Any) -> bool:
        def is_right() -> bool:
            return super(CodeForm, self).validate(**kwargs)

        if self.user is None or self.is_setup:
            right = is_right()
            entrance().settle()
            return right
        return _counted(self, self.user.email, is_right)


class RecoveryCodeForm(MfRecoveryForm):
    """A recovery code in the place of the second factor."""

    def validate(self, **kwargs: Any) -> bool:
        email = self.user.email if self.user else ""
        return _counted(self, email, lambda: super(RecoveryCodeForm, self).validate(**kwargs))


class NewPasswordForm(ChangePasswordForm):
    """A new password, and the present one; a new one that will not do is no failed try."""

    def validate(self, **kwargs: Any) -> bool:
        done = False

        def is_right() -> bool:
            nonlocal done
            done = super(NewPasswordForm, self).validate(**kwargs)
            return not self.password.errors

        return _counted(self, current_user.email, is_right) and done


class KeyForm(WebAuthnRegisterResponseForm):
    """What the browser says of a security key that is added."""

    def validate(self, **kwargs: Any) -> bool:
        added = _asked_here(self.challenge) and super().validate(**kwargs)
        self.extensions = ""  # the library would read it as JSON later, whatever the browser wrote
        entrance().settle()
        return added


class KeyAnswerForm(WebAuthnSigninResponseForm):
    """What a security key answers, at sign-in after the password, or when it is asked for again.

    The library takes any key of any account; here it must be of the account whose password was given.
    """

    def validate(self, **kwargs: Any) -> bool:
        whose = current_user.fs_uniquifier if self.is_verify else session.get("tf_user_id")
        password_given = take_half_proved() if self.is_verify else self.is_secondary
        answered = _asked_here(self.challenge) and super().validate(**kwargs) and not self.credential.errors
        entrance().settle()
        if not answered or not password_given or self.user is None or self.user.fs_uniquifier != whose:
            self.credential.errors = ["That security key could not be used. Try again"]
            return False
        if self.is_verify:
            note_proved()
        return True


def _asked_here(challenge: str) -> bool:
    """Whether the challenge is the last that was put to this very browser; once."""
    return bool(session.pop(CHALLENGE, None) == challenge)
