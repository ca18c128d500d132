"""A message with something hostile in every place that a sender fills, and what an officer might paste."""

from __future__ import annotations

from email.message import EmailMessage

from mailbot.domain import RawMail
from tests.doubles import NOON

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
    return RawMail(
        mailbox="enquiries", folder="INBOX", uid_validity=1, uid=uid, received_at=NOON, content=content
    )
