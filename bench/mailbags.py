"""Bags of mail for the benches: the words of the corpus in the forms that mail really has, the same bags every time."""

from __future__ import annotations

import html
import random
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from mailbot.config import shipped
from mailbot.examples import corpus
from mailbot.triage.train import Labelled

FORMS = ("plain",) * 6 + ("html",) * 3 + ("attachment",)
FILE_BYTES = (30_000, 2_000_000)
SINCE = datetime(2026, 11, 2, 8, tzinfo=UTC)

STYLE = "p.MsoNormal {margin: 0cm; font-size: 11.0pt; font-family: Calibri, sans-serif;} a {color: #0563C1;}\n" * 8
FOOTER = (
    "This email and its attachments may be confidential and are intended solely for the person they are sent to. "
    "If you have had it by mistake, please tell the sender and delete it."
)


def realistic(count: int) -> Iterator[bytes]:
    """Six of ten in plain text, three with an HTML form beside it, one with a file of 30 kB to 2 MB."""
    chance = random.Random(20261127)
    for number, one in enumerate(_drawn(count, chance)):
        message = _letter(number, one.email.sender.name, one.email.subject, f"{one.email.text}\n\nRef. {number}\n")
        form = chance.choice(FORMS)
        if form == "html":
            message.add_alternative(_as_html(message.get_content()), subtype="html")
        elif form == "attachment":
            _attach(message, number, chance)
        yield message.as_bytes(policy=SMTP)


def small(count: int) -> Iterator[bytes]:
    """Short questions in plain text, each of another person."""
    for number in range(count):
        words = f"How much does it cost to register a home? We ask for house number {number}.\n"
        yield _letter(number, f"Jo Tarn {number}", f"Fees {number}", words).as_bytes(policy=SMTP)


def _drawn(count: int, chance: random.Random) -> list[Labelled]:
    return chance.choices(corpus(shipped("models")), k=count)


def _letter(number: int, name: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    address = re.sub(r"\W+", ".", name.lower()).strip(".") or "someone"
    message["Return-Path"] = f"<{address}.{number}@post.example>"
    message["Received"] = f"from mail.post.example (203.0.113.9) by mx.example.gov.uk with ESMTPS id {number:08d}"
    message["DKIM-Signature"] = f"v=1; a=rsa-sha256; d=post.example; s=k1; h=from:to:subject; bh={'A' * 43}=; b=" + (
        "B" * 340
    )
    message["From"] = Address(name if name.isascii() else "", f"{address}.{number}", "post.example")
    message["To"] = "enquiries@example.gov.uk"
    message["Subject"] = " ".join(f"{subject} {number}".split())
    message["Date"] = SINCE + timedelta(minutes=7 * number)
    message["Message-ID"] = f"<{number}.{zlib.crc32(text.encode()):x}@post.example>"
    message.set_content(text)
    return message


def _as_html(text: str) -> str:
    lines = "".join(
        f'<p class="MsoNormal"><span lang="EN-GB">{html.escape(line)}</span></p>\n' for line in text.split("\n")
    )
    return (
        f'<html><head><meta charset="utf-8"><style>{STYLE}</style></head><body lang="EN-GB" link="#0563C1">'
        f'<div class="WordSection1">{lines}<p style="font-size:9px">{FOOTER}</p></div></body></html>'
    )


def _attach(message: EmailMessage, number: int, chance: random.Random) -> None:
    """A photograph, or a PDF of one page with a picture in it; sizes are even on a logarithmic scale."""
    low, high = FILE_BYTES
    size = int(low * (high / low) ** chance.random())
    if chance.random() < 0.5:
        picture = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + chance.randbytes(size)
        message.add_attachment(picture, maintype="image", subtype="jpeg", filename=f"photo-{number}.jpg")
    else:
        letter = _pdf(f"Attached letter number {number} about the home.", chance.randbytes(size))
        message.add_attachment(letter, maintype="application", subtype="pdf", filename=f"letter-{number}.pdf")


def _pdf(words: str, picture: bytes) -> bytes:
    page = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>/XObject<</I 6 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode"
        b"/Length %d>>stream\n%s\nendstream" % (len(picture), picture),
    )
    content, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return content + b"xref\n0 7\n0000000000 65535 f \n%strailer<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(content),
    )
