"""Every error raised on purpose. The message is a sentence: what was found, and what to do about it."""

from __future__ import annotations


class MailbotError(Exception):
    """Something failed that a person can mend; the command line prints it as one line and exits with 1."""


class ConfigError(MailbotError):
    """The configuration or the usage is wrong; the command line exits with 2."""


class MailboxUnreachable(MailbotError):
    """A mailbox could not be opened: no connection, a refused sign-in, a certificate that does not verify."""


class DeliveryFailed(MailbotError):
    """A letter could not be handed over.

    `permanent` says that trying again is no use; `uncertain` that it may have been delivered all the same.
    """

    def __init__(self, message: str, *, permanent: bool = False, uncertain: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.uncertain = uncertain


class ServerAway(DeliveryFailed):
    """No letter can be handed over at present: the connection went, and no other could be had. It costs no letter."""


class AlarmFailed(MailbotError):
    """Nobody could be told that something is wrong; the text says what it was."""


class AuditBroken(MailbotError):
    """The audit trail is not as it was written; the text says where it breaks first, and what to do."""


class CheckpointNotSent(MailbotError):
    """The host that keeps the audit trail's checkpoints could not be handed one; it is tried again at the next run."""


class KeysMissing(MailbotError):
    """The key file or a key that a record needs is not there, or does not fit."""


class ArtefactRefused(MailbotError):
    """A model, rule file or template is missing or is not what its card says."""


class RegisterUnreadable(MailbotError):
    """The register of services cannot be read, or holds lines that make no sense; nothing was imported."""


class StaleWrite(MailbotError):
    """The case has changed since the officer opened it; nothing was written."""


class NotAllowed(MailbotError):
    """This member of staff may not see or do that. The text never says whether the thing exists."""


class CaseErased(NotAllowed):
    """The case's row is all that is left of it: its time was over. The text names it."""


class ActionsOpen(NotAllowed):
    """A case cannot be closed while something that was decided on it is neither done nor dropped; the text names it."""


class StorageFailed(MailbotError):
    """The database could not be read or written."""


class AddressUnusable(MailbotError):
    """No letter can be posted to an address as it was written. The text never repeats what stands in it."""


class EnteredAlready(MailbotError):
    """A form that counts once was sent again with other words; nothing was written."""


class ReportRefused(MailbotError):
    """A report cannot be drawn up or published as asked; nothing was written."""


class BackupRefused(MailbotError):
    """A backup could not be made, or cannot be put back here: it is damaged, or the place is not empty."""
