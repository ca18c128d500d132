"""What mailbot writes, as it reaches people: `python -m bench.letters` writes docs/letters again.

Every letter of the table of situations, three of them in Welsh and English, and every draft as an officer may have
written it to the end: its text, a picture of the HTML beside it in the mail, a picture of its first page on paper.
People, services and what they say are invented. Needs Debian's chromium, poppler-utils and what paper needs.
"""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from PIL import Image, PngImagePlugin

from mailbot.cases.masking.narrative import masked
from mailbot.config import Outgoing, shipped
from mailbot.correspondence.compose import ENGLISH, LONDON, WELSH, Composer
from mailbot.correspondence.drafts import PROMPT, Drafter, DraftFacts, due_on, told_by_telephone
from mailbot.correspondence.may_reply import TEMPLATES, may_reply
from mailbot.correspondence.paper import on_paper
from mailbot.correspondence.smtp import composed
from mailbot.domain import (
    APPROACHES,
    ActionKind,
    Assessment,
    Call,
    Channel,
    Contact,
    Email,
    Kind,
    Letter,
    QueuedLetter,
    Remit,
    ServiceType,
    Situation,
    Whistleblowing,
)
from tests.doubles import StillClock, assessment, email, mail

FOLDER = Path(__file__).parent.parent / "docs/letters"
WIDTH, DOTS_PER_INCH, SHADES = 700, 60, 16
"""Of the pictures: pixels across the HTML, dots of the paper, shades of grey in both."""
DRAWN_FROM = "drawn-from"
"""Under this name a picture keeps the SHA-256 of what it was drawn from."""

REFERENCE = "MB-4F7K-29QX"
RECEIVED_AT = datetime(2026, 12, 22, 8, 52, tzinfo=UTC)
CALLED_AT = datetime(2026, 12, 22, 9, 12, tzinfo=UTC)
MAILBOX_ADDRESS = "enquiries@example.gov.uk"
SENDERS_HOME = "Flat 2, 4 Mill Lane\nLeeds\nLS1 4AB"
WELSH_TOO = ("child", "danger", "regulated")

MESSAGE = email(
    subject="Bramley Rise",
    text="I live near Bramley Rise, the children's home in Leeds. A boy called Tyler Marsden, who is 14, has not been "
    "back there since Sunday, 20 December. Last night he got into a silver car with two grown men at the shops, and he "
    "could hardly stand. The staff say it is in hand. The same firm has homes across the border, and drives the same "
    "people back and forth between them without a night's sleep. You can ring me on 01632 960123.\n\nJo Sandiford",
)
JUDGED = assessment(
    immediate_risk=True,
    situations=frozenset({Situation.CHILD_AT_RISK}),
    service_name="Bramley Rise",
    local_authority="Leeds",
    people=("Tyler Marsden",),
    places=("Leeds",),
    dates=("since Sunday", "20 December", "Last night"),
    priority=1,
)
"""The message that the drafts are about, and a judgement of it."""

MESSAGES: dict[str, tuple[Email, Assessment]] = {
    "child": (email(), assessment(written_by_child=True, local_authority="Leeds")),
    "danger": (MESSAGE, JUDGED),
    "unreadable": (
        email(text="", unreadable="it is encrypted"),
        assessment(kind=Kind.ENQUIRY, remit=Remit.NOT_APPLICABLE, service_type=ServiceType.UNKNOWN),
    ),
    "information_request": (email(), assessment(kind=Kind.INFORMATION_REQUEST, remit=Remit.NOT_APPLICABLE)),
    "enquiry": (email(), assessment(kind=Kind.ENQUIRY, remit=Remit.NOT_APPLICABLE)),
    "other_nation": (email(), assessment(remit=Remit.OTHER_NATION)),
    "excluded_service": (
        email(),
        assessment(
            whistleblowing=Whistleblowing.EXCLUDED_SERVICE,
            service_type=ServiceType.SECURE_TRAINING_CENTRE,
            remit=Remit.INSPECTED,
        ),
    ),
    "whistleblower": (
        email(),
        assessment(
            whistleblowing=Whistleblowing.QUALIFYING,
            fears_reprisal=True,
            local_authority="Leeds",
            missing=("dates", "copies"),
        ),
    ),
    "whistleblower_not_covered": (email(), assessment(whistleblowing=Whistleblowing.NOT_COVERED, missing=("dates",))),
    "grievance": (email(), assessment(remit=Remit.GRIEVANCE)),
    "further_education": (email(), assessment(remit=Remit.OTHER_OFSTED, service_type=ServiceType.FE_COLLEGE)),
    "school": (email(), assessment(remit=Remit.OTHER_OFSTED, service_type=ServiceType.SCHOOL)),
    "other_regulator": (
        email(),
        assessment(remit=Remit.OTHER_REGULATOR, service_type=ServiceType.ADULT_SOCIAL_CARE),
    ),
    "council": (
        email(),
        assessment(remit=Remit.INSPECTED, service_type=ServiceType.LOCAL_AUTHORITY, local_authority="Leeds"),
    ),
    "cafcass": (email(), assessment(remit=Remit.INSPECTED, service_type=ServiceType.CAFCASS)),
    "inspected": (email(), assessment(remit=Remit.INSPECTED, service_type=ServiceType.BOARDING_SCHOOL)),
    "regulated": (email(), assessment(local_authority="Leeds", missing=("place", "names", "dates"))),
}
"""A message for each line of the table of situations."""

OFFICERS_WORDS: dict[ActionKind, str] = {
    ActionKind.ASK_THE_SERVICE: "Please look into how the home is staffed, how it is noticed that a child is away, "
    "whom you tell and when, and what you do to find the child. Please send us the rota and the record of absences for "
    "the last four weeks, and your procedure for a child who is missing.",
    ActionKind.SHARE_WITH_BODY: "It is said that the provider, Ashgrove Children's Services Ltd, also runs children's "
    "homes in Wales, and that staff who have worked in one nation are on duty in the other with too little rest. The "
    "homes in Wales are for you to look at. We look into this one ourselves.",
    ActionKind.ASK_THE_SENDER: "Have you told anybody else, such as the police or the council? Has "
    "anything changed since you wrote?",
}
"""What an officer writes in the place of each prompt; the referral has none where the authority's contact is known."""

ADDRESSEES: dict[ActionKind, tuple[str, str, str]] = {
    ActionKind.REFER_TO_AUTHORITY: ("Leeds", "childrens-contact@leeds.example", "1 Mill Lane\nLeeds\nLS1 4AB"),
    ActionKind.ASK_THE_SERVICE: ("Bramley Rise", "manager@bramley-rise.example", "9 Mill Lane\nLeeds\nLS1 4AB"),
    ActionKind.SHARE_WITH_BODY: ("Care Inspectorate Wales", "concerns@ciw.example", "2 Mill Lane\nCardiff\nCF10 1AB"),
    ActionKind.ASK_THE_SENDER: (MESSAGE.sender.name, MESSAGE.sender.address, SENDERS_HOME),
}
"""Name, email address and postal address of whom each draft is for."""

CALL = Call(
    called_by="officer@example.gov.uk",
    called_at=CALLED_AT,
    spoke_to="Parveen Ashworth, duty social worker",
    given_reference="CSC-0417",
    said="",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A letter as it goes by email, and as it goes on paper."""

    name: str
    mailed: Letter
    posted: Letter

    @property
    def text(self) -> str:
        """What is sent by email: the subject, an empty line, the body."""
        return _text(self.mailed)

    @property
    def html(self) -> str:
        """What a mail program shows beside the text."""
        queued = QueuedLetter(id=1, case_reference=REFERENCE, letter=self.mailed, attempts=1)
        sent = composed(queued, Outgoing(kind="folder", from_address=MAILBOX_ADDRESS), StillClock(RECEIVED_AT))
        part = sent.get_body(("html",))
        assert part is not None
        return str(part.get_content())

    @property
    def pictures(self) -> dict[str, str]:
        """The name of each picture, and what it is drawn from as its SHA-256."""
        paper = f"{self.posted.recipient}\n\n{_text(self.posted)}"
        return {f"{self.name}.html.png": _digest(self.html), f"{self.name}.pdf.png": _digest(paper)}


def samples() -> list[Sample]:
    """Every sample: the acknowledgements in the order of their table, those in two languages, the drafts."""
    composer, drafter = Composer(shipped("templates"), {"enquiries": MAILBOX_ADDRESS}), Drafter(shipped("templates"))
    return [
        *(_acknowledgement(composer, template, ENGLISH) for template in TEMPLATES),
        *(_acknowledgement(composer, template, WELSH) for template in WELSH_TOO),
        *(_approach(drafter, purpose) for purpose in APPROACHES),
    ]


def _acknowledgement(composer: Composer, template: str, language: str) -> Sample:
    message, english = MESSAGES[template]
    judged = dataclasses.replace(english, language=language)

    def written(judged: Assessment) -> Letter:
        arrived = dataclasses.replace(mail(), received_at=RECEIVED_AT)
        letter = composer.acknowledgement(arrived, REFERENCE, message, judged, may_reply(message, judged))
        assert letter is not None
        return letter

    return Sample(
        name=template if language == ENGLISH else f"{template}_welsh",
        mailed=written(judged),
        posted=written(dataclasses.replace(judged, contact=Contact.POST, postal_address=SENDERS_HOME)),
    )


def _approach(drafter: Drafter, purpose: ActionKind) -> Sample:
    name, address, postal = ADDRESSEES[purpose]
    subject, body = drafter.draft(purpose, _facts(purpose, name))
    body = PROMPT.sub(lambda _: OFFICERS_WORDS[purpose], body)
    if purpose is ActionKind.REFER_TO_AUTHORITY:
        body = f"{body.rstrip()}\n\n{told_by_telephone(CALL)}\n"
    mailed = Letter(
        recipient=address,
        channel=Channel.EMAIL,
        subject=subject,
        body=body,
        template=purpose,
        reply_address=MAILBOX_ADDRESS,
    )
    posted = dataclasses.replace(mailed, recipient=f"{name}\n{postal}", channel=Channel.POST)
    return Sample(name=purpose, mailed=mailed, posted=posted)


def _facts(purpose: ActionKind, addressee: str) -> DraftFacts:
    people = {ActionKind.REFER_TO_AUTHORITY: "", ActionKind.ASK_THE_SERVICE: "Leanne Ogden"}
    return DraftFacts(
        reference=REFERENCE,
        received_at=RECEIVED_AT,
        addressee=addressee,
        person=people.get(purpose, ""),
        office="Children's social care contact team",
        service_name="Bramley Rise",
        urn="SC990106",
        authority="Leeds",
        situations=JUDGED.situations,
        people=JUDGED.people,
        places=JUDGED.places,
        dates=JUDGED.dates,
        told=masked(MESSAGE, JUDGED)[0].text,
        missing=JUDGED.missing,
        due_on=due_on(purpose, RECEIVED_AT.astimezone(LONDON).date()),
    )


def main() -> None:
    found, files = samples(), dict[str, bytes]()
    for sample, of_html in zip(found, _screens([one.html for one in found]), strict=True):
        files[f"{sample.name}.txt"] = sample.text.encode()
        for (name, digest), picture in zip(sample.pictures.items(), (of_html, _first_page(sample.posted)), strict=True):
            files[name] = _small(picture, digest)
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    print(f"{len(found)} samples, {len(files)} files, {sum(map(len, files.values())) / 1e6:.2f} MB")


def _screens(pages: list[str]) -> Iterator[bytes]:
    """A picture of each page in full, in a window of `WIDTH`."""
    from playwright.sync_api import sync_playwright

    from tests.web.test_browser import CHROMIUM, FLAGS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        window = browser.new_page(viewport={"width": WIDTH, "height": 100})
        for page in pages:
            window.set_content(page)
            yield window.screenshot(full_page=True)
        browser.close()


def _first_page(posted: Letter) -> bytes:
    pdf = on_paper(posted, RECEIVED_AT.astimezone(LONDON).date(), REFERENCE)
    command = ["pdftoppm", "-r", str(DOTS_PER_INCH), "-gray", "-png", "-singlefile", "-"]
    return subprocess.run(command, input=pdf, stdout=subprocess.PIPE, check=True).stdout


def _small(picture: bytes, digest: str) -> bytes:
    """The picture in few shades of grey, with what it was drawn from."""
    kept, out = PngImagePlugin.PngInfo(), BytesIO()
    kept.add_text(DRAWN_FROM, digest)
    Image.open(BytesIO(picture)).convert("L").quantize(SHADES).save(out, "PNG", optimize=True, pnginfo=kept)
    return out.getvalue()


def _text(letter: Letter) -> str:
    return f"{letter.subject}\n\n{letter.body}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
