"""Signed and encrypted mail (S/MIME, RFC 8551; OpenPGP, RFC 3156): what is signed is read, what is encrypted is named.

Signatures are not verified: nothing here rests on who signed.
"""

from __future__ import annotations

import re
from email.message import Message

from mailbot.intake.parts import parts

ENCRYPTED = "it is encrypted and cannot be read here: ask the sender to write again without"

_PKCS7 = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_PGP = re.compile(r"^-----BEGIN PGP MESSAGE-----\s*$", re.MULTILINE)
_DEEPEST = 5


def opened(message: Message) -> tuple[Message, str | None]:
    """The message inside an opaque S/MIME signature, else the message itself; and why it cannot be read, or None."""
    for _ in range(_DEEPEST):
        if message.get_content_type() not in _PKCS7:
            break
        inner = _signed_content(message)
        if inner is None:
            return message, ENCRYPTED
        message = _with_headers_of(message, inner)
    return message, ENCRYPTED if _is_encrypted(message) else None


def has_encrypted_text(text: str) -> bool:
    """Whether the text is an OpenPGP message in its armour."""
    return bool(_PGP.search(text))


def _is_encrypted(message: Message) -> bool:
    types = {part.get_content_type() for part in message.walk()}
    return "multipart/encrypted" in types or any(
        part.get_content_type() in _PKCS7 and _signed_content(part) is None for part in message.walk()
    )


def _signed_content(message: Message) -> Message | None:
    """The message within CMS SignedData (RFC 5652 section 5); None for anything else, encrypted data above all."""
    from pyasn1.codec.ber import decoder
    from pyasn1.error import PyAsn1Error
    from pyasn1_modules import rfc5652

    payload = message.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return None
    try:
        info, _ = decoder.decode(payload, asn1Spec=rfc5652.ContentInfo())
        if info["contentType"] != rfc5652.id_signedData:
            return None
        signed, _ = decoder.decode(info["content"], asn1Spec=rfc5652.SignedData())
        content = signed["encapContentInfo"]["eContent"]
        return parts(bytes(content)) if content.hasValue() else None
    except (PyAsn1Error, ValueError, TypeError, IndexError):
        return None  # not what its type says: for an officer as good as encrypted


def _with_headers_of(outer: Message, inner: Message) -> Message:
    """The inner part under the outer message's own headers (sender, subject, date)."""
    told = {name.lower() for name, _ in inner.raw_items()}
    for name, value in outer.raw_items():
        if name.lower() not in told and not name.lower().startswith("content-"):
            inner.set_raw(name, value)
    return inner
