"""The words of the domain: the values that travel through mailbot, all frozen. Read this first.

    RawMail --parse--> Email --assess--> Assessment --file--> Case --review--> Decision
                                             `--compose--> Letter

Standard library only. Clause numbers (P1 to P28) are those of docs/policy.md. Times are aware UTC and end in
``_at``; enums are stored as their words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What has arrived. When in doubt between a concern and anything else, it is a concern."""

    CONCERN = "concern"
    ENQUIRY = "enquiry"
    INFORMATION_REQUEST = "information_request"
    AUTOMATIC = "automatic"
    SPAM = "spam"


class Situation(StrEnum):
    """The four situations looked for in everything that arrives (P8)."""

    CHILD_AT_RISK = "child_at_risk"
    SYSTEMIC_FAILURE = "systemic_failure"
    QUALITY_OF_CARE = "quality_of_care"
    REGULATORY_BREACH = "regulatory_breach"


class ServiceType(StrEnum):
    """What kind of service a message is about (P14, P15)."""

    CHILDRENS_HOME = "childrens_home"
    RESIDENTIAL_FAMILY_CENTRE = "residential_family_centre"
    INDEPENDENT_FOSTERING_AGENCY = "independent_fostering_agency"
    VOLUNTARY_ADOPTION_AGENCY = "voluntary_adoption_agency"
    ADOPTION_SUPPORT_AGENCY = "adoption_support_agency"
    RESIDENTIAL_HOLIDAY_SCHEME = "residential_holiday_scheme"
    SUPPORTED_ACCOMMODATION = "supported_accommodation"
    LOCAL_AUTHORITY = "local_authority"
    BOARDING_SCHOOL = "boarding_school"
    RESIDENTIAL_SPECIAL_SCHOOL = "residential_special_school"
    FE_RESIDENTIAL = "fe_residential"
    CAFCASS = "cafcass"
    SECURE_TRAINING_CENTRE = "secure_training_centre"
    YOUTH_OFFENDING_TEAM = "youth_offending_team"
    SCHOOL = "school"
    CHILDMINDER_OR_NURSERY = "childminder_or_nursery"
    FE_COLLEGE = "fe_college"
    ADULT_SOCIAL_CARE = "adult_social_care"
    HEALTH = "health"
    OTHER = "other"
    UNKNOWN = "unknown"


class Remit(StrEnum):
    """Whether children's social care inspection can act, and who can if it cannot (P5, P14, P15, P26)."""

    REGULATED = "regulated"
    INSPECTED = "inspected"
    OTHER_OFSTED = "other_ofsted"
    OTHER_NATION = "other_nation"
    OTHER_REGULATOR = "other_regulator"
    GRIEVANCE = "grievance"
    UNCLEAR = "unclear"
    NOT_APPLICABLE = "not_applicable"


class Whistleblowing(StrEnum):
    """Whether the sender is a worker making a disclosure (P16 to P18)."""

    QUALIFYING = "qualifying"
    NOT_COVERED = "not_covered"
    EXCLUDED_SERVICE = "excluded_service"
    NONE = "none"


class Confidentiality(StrEnum):
    """What the sender says of their identity; silence means they want it kept (P22)."""

    REQUESTED = "requested"
    WAIVED = "waived"
    ASSUMED = "assumed"


class Contact(StrEnum):
    """Where a reply may go, by what the sender says (P10)."""

    EMAIL = "email"
    POST = "post"
    TELEPHONE = "telephone"
    DO_NOT_CONTACT = "do_not_contact"


class EntryKind(StrEnum):
    """What officers enter by hand (P25)."""

    CALL = "call"
    LETTER = "letter"


class Relation(StrEnum):
    """What whoever called or wrote is to the service, as they told an officer; `not_covered` as P17 has it."""

    WORKER = "worker"
    NOT_COVERED = "not_covered"
    CHILD = "child"
    OTHER = "other"


class ComplainedFirst(StrEnum):
    """Whether the sender has raised it with the service (P2, P6)."""

    YES = "yes"
    NO = "no"
    NOT_SAID = "not_said"


class Nation(StrEnum):
    """The nations of the United Kingdom: a service outside England is another body's (P5)."""

    ENGLAND = "england"
    WALES = "wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"


class Role(StrEnum):
    """What a member of staff may be; what each role may do is `mailbot.cases.access`."""

    OFFICER = "officer"
    WHISTLEBLOWING_OFFICER = "whistleblowing_officer"
    DUTY_MANAGER = "duty_manager"
    INSPECTOR = "inspector"
    RECORDS_OFFICER = "records_officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class CaseState(StrEnum):
    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class LetterState(StrEnum):
    """A letter moves from `due` through `sending` to one of the others; `unknown` is for a person to settle."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    WITHHELD = "withheld"


class Channel(StrEnum):
    EMAIL = "email"
    POST = "post"
    NONE = "none"


class TaskKind(StrEnum):
    """What waits for an officer on a case beside its review."""

    JOIN = "join"
    LETTER_RETURNED = "letter_returned"
    SAME_MESSAGE_ID = "same_message_id"
    LETTER_FAILED = "letter_failed"
    ANSWER_OVERDUE = "answer_overdue"
    ANSWER_CAME = "answer_came"
    SENT_DESPITE_WARNING = "sent_despite_warning"
    GLASS_BROKEN = "glass_broken"
    SECOND_OFFICER = "second_officer"
    IDENTITY_ASKED = "identity_asked"
    IDENTITY_OPENED = "identity_opened"


class ActionKind(StrEnum):
    """What the regulator may do about a case (P13)."""

    REFER_TO_AUTHORITY = "refer_to_authority"
    ASK_THE_SERVICE = "ask_the_service"
    BRING_INSPECTION_FORWARD = "bring_inspection_forward"
    HOLD_FOR_INSPECTION = "hold_for_inspection"
    INSPECT = "inspect"
    SIGNPOST = "signpost"
    SHARE_WITH_BODY = "share_with_body"
    ASK_THE_SENDER = "ask_the_sender"
    NO_FURTHER_ACTION = "no_further_action"


class ActionState(StrEnum):
    """How an action stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Finding(StrEnum):
    """What weighing a case against a regulation or standard came to (P14)."""

    MAY_BE_BREACHED = "may_be_breached"
    NOT_BREACHED = "not_breached"
    NOT_CLEAR_YET = "not_clear_yet"


class ApproachState(StrEnum):
    """Somebody is written to about a case: drafted, sent by an officer, and done once they have answered."""

    DRAFT = "draft"
    SENT = "sent"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMail:
    """One message as a mailbox handed it over: its place there and its untouched bytes.

    `mailbox`, `folder`, `uid_validity` and `uid` name it for ever (RFC 9051 section 2.3.1.1).
    """

    mailbox: str
    folder: str
    uid_validity: int
    uid: int
    received_at: datetime
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A telephone call or a letter as an officer entered it (P25): what was said, and each answer they were given.

    What was not asked or not answered is None, False or '': there the machine's reading counts. `said` may hold
    nothing where the letter was scanned. `telephone_times` is when they may be rung safely.
    """

    kind: EntryKind
    entered_by: str
    received_at: datetime
    said: str
    child_in_danger: bool = False
    adult_in_danger: bool = False
    service_name: str = ""
    place: str = ""
    name: str = ""
    anonymous: bool = False
    confidentiality: Confidentiality | None = None
    contact: Contact | None = None
    email: str = ""
    postal: str = ""
    telephone: str = ""
    telephone_times: str = ""
    relation: Relation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an officer was told, as the case's page shows it: each question with its answer, identity masked."""

    kind: EntryKind
    entered_by: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A mail address: display name (may be empty) and address in lower case (may be empty if there was none)."""

    name: str = ""
    address: str = ""

    @property
    def local_part(self) -> str:
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2] if "@" in self.address else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a message. `size` in bytes; `text` is what could be read from it, None if nothing could.

    `unread` says that only a person can tell what it holds: a picture, a recording, a scan. `sealed_because` is why
    nobody may open it (a scanner found something, or could not look).
    """

    name: str
    media_type: str
    size: int
    text: str | None = None
    unread: bool = False
    sealed_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """A message we can read.

    `text` is what the sender wrote; `quoted` the history and forwarded text beneath it; `signature` what follows
    their sign-off. `automatic` is the reason why a machine sent it, None for a person's message; `undelivered` says
    that it reports a message which reached nobody. `unreadable` is why the whole cannot be read (it is encrypted).
    `defects` lists what was wrong with the bytes, in words for an officer. `sent_at` is the Date header, None if
    unreadable.
    """

    message_id: str
    sender: Address
    reply_to: Address | None
    return_path: str | None
    recipients: tuple[Address, ...]
    subject: str
    sent_at: datetime | None
    text: str
    quoted: str = ""
    signature: str = ""
    language: str = "en"
    attachments: tuple[Attachment, ...] = ()
    references: tuple[str, ...] = ()
    automatic: str | None = None
    undelivered: bool = False
    forged: bool = False
    unreadable: str | None = None
    defects: tuple[str, ...] = ()

    def part(self, name: str) -> str:
        """The text of the part that an evidence span names: text, subject, quoted or attachment:N (from 0)."""
        if name.startswith("attachment:"):
            return self.attachments[int(name.removeprefix("attachment:"))].text or ""
        return {"text": self.text, "subject": self.subject, "quoted": self.quoted}[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredService:
    """A service as the regulator's register holds it: how many it may take (`places`), and whether it is open.

    `manager` is the registered manager. An enquiry goes to them or to the responsible individual (P13b).
    """

    urn: str
    name: str
    service_type: ServiceType
    authority: str
    town: str = ""
    postcode: str = ""
    places: int | None = None
    provider: str = ""
    active: bool = True
    manager: str = ""
    responsible_individual: str = ""
    email: str = ""
    postal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityContact:
    """Whom to tell in a local authority, by day and out of hours; what is not known is ''.

    `sample` says that it came with mailbot for trying it out: such a contact reaches nobody.
    """

    authority: str
    office: str = ""
    hours: str = ""
    telephone: str = ""
    out_of_hours_telephone: str = ""
    email: str = ""
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMatch:
    """The register's entry that a message means, and how alike the names are: 1 where its number is the same."""

    urn: str
    name: str
    service_type: ServiceType
    authority: str
    active: bool
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The words that caused a flag: `text` stands at [start, end) of the message's `part`.

    `source` is ``rule:NAME``, ``model`` or ``register``; `score` from 0 to 1; `clause` the policy clause it serves.
    `raises` says that it sets the flag whatever else speaks against it.
    """

    field: str
    value: str
    text: str
    start: int
    end: int
    source: str
    score: float
    clause: str
    part: str = "text"
    raises: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """What another model, which decides nothing, says of the same message."""

    model: str
    priority: int
    kind: Kind
    immediate_risk: bool
    situations: frozenset[Situation]
    remit: Remit
    service_type: ServiceType
    whistleblowing: Whistleblowing
    anonymous: bool
    confidentiality: Confidentiality
    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """How one message is judged: the fields of the taxonomy, how sure, and the words each flag rests on."""

    kind: Kind
    immediate_risk: bool
    situations: frozenset[Situation]
    remit: Remit
    service_type: ServiceType
    whistleblowing: Whistleblowing
    whistleblowing_sure: bool
    anonymous: bool
    confidentiality: Confidentiality
    contact: Contact
    postal_address: str | None
    service_name: str | None
    local_authority: str | None
    urn: str | None
    language: str
    priority: int
    registered: ServiceMatch | None = None
    signposts: tuple[str, ...] = ()
    written_by_child: bool = False
    complained_first: ComplainedFirst = ComplainedFirst.NOT_SAID
    fears_reprisal: bool = False
    adult_in_danger: bool = False
    look_first: str | None = None
    people: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    confidence: tuple[tuple[str, float], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    judged: bool = True
    second_opinion: SecondOpinion | None = None
    model: str
    rules: str

    @classmethod
    def unjudged(
        cls, *, look_first: str, language: str, model: str, rules: str, dangers: tuple[Evidence, ...] = ()
    ) -> Assessment:
        """What stands for a judgement where there is none: look first, nobody's but a few's (P22).

        `dangers` are words of danger that rules found all the same.
        """
        return cls(
            kind=Kind.CONCERN,
            immediate_risk=bool(dangers),
            situations=frozenset({Situation.CHILD_AT_RISK} if dangers else ()),
            remit=Remit.UNCLEAR,
            service_type=ServiceType.UNKNOWN,
            whistleblowing=Whistleblowing.NONE,
            whistleblowing_sure=False,
            anonymous=False,
            confidentiality=Confidentiality.ASSUMED,
            contact=Contact.EMAIL,
            postal_address=None,
            service_name=None,
            local_authority=None,
            urn=None,
            language=language,
            priority=1 if dangers else 2,
            look_first=look_first,
            evidence=dangers,
            judged=False,
            model=model,
            rules=rules,
        )

    @property
    def restricted(self) -> bool:
        """Restricted whichever mailbox it came to: a worker's disclosure, or one we are not sure is none (P22)."""
        return self.whistleblowing is not Whistleblowing.NONE or not self.whistleblowing_sure


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadClues:
    """What in a message points to others that we hold or wrote.

    `tokens` are the last parts of the addresses it was sent to, where our reply tokens stand; `returned_tokens` those
    found in the text of a machine's message. `references` name cases; `answers` are Message-IDs; `topic` is the subject
    without what replies add to it.
    """

    tokens: tuple[str, ...] = ()
    returned_tokens: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A case that a message may belong to, and why: for an officer to confirm or to dismiss."""

    reference: str
    why: str
    answers_us: bool
    """Whether it seems to answer a letter of ours, so that no machine's word must be answered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """What we know of a message's sender and of the case it belongs to, before it is answered and filed.

    `case_reference` is the case it belongs to for certain; `answered_letter` is the number of the letter of ours that
    it answers, `returned_letter` that of one that it says reached nobody. Letters are counted by the last 24 hours;
    `written_lately` says that one went to this address within the hour before this message came.
    """

    case_reference: str | None = None
    answered_letter: int | None = None
    returned_letter: int | None = None
    suggestion: Suggestion | None = None
    letters_to_sender: int = 0
    letters_of_case: int = 0
    letters_to_all: int = 0
    written_lately: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Whether and how the sender is acknowledged. `withheld_because` is said to officers when it is not.

    Where a person decides, `held_template` is what they may send all the same.
    """

    channel: Channel
    template: str | None
    withheld_because: str | None
    held_template: str | None = None

    @property
    def acknowledge(self) -> bool:
        return self.channel is not Channel.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something that leaves, or is withheld. `recipient` is a mail address, or a postal address for `post`.

    `reply_token` is known to nobody but its recipient.
    """

    recipient: str
    channel: Channel
    subject: str
    body: str
    template: str
    reply_address: str
    reply_token: str = ""
    in_reply_to: str = ""
    withheld_because: str | None = None

    @property
    def tagged_address(self) -> str:
        """The reply address with this letter's token in it (RFC 5233): what comes there answers this very letter."""
        local, _, domain = self.reply_address.rpartition("@")
        return f"{local}+{self.reply_token}@{domain}" if self.reply_token and domain else self.reply_address


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSource:
    """What the vault knows of who wrote a case, for letters to be compared with and answers to be sent to.

    `text` is all they wrote, nothing masked; `answer_to` the address that answers go to. What is not known is ''.
    """

    name: str
    address: str
    answer_to: str
    postal: str
    phones: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Whom an officer writes to about a case, beside the source: an authority, a service, another body.

    `name` is the body's, `person` who is meant in it; what is not known is ''. The source is never named here.
    """

    name: str
    person: str = ""
    email: str = ""
    postal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an officer writes to somebody. `due_on` is the day by which it asks for an answer.

    `reason` is why it is sent though it may give the source away, or ''.
    """

    addressee: Addressee
    subject: str
    body: str
    due_on: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A telephone call about a case: whom an officer spoke to, what reference they gave, what was said."""

    called_by: str
    called_at: datetime
    spoke_to: str
    given_reference: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """Somebody written to about a case (P11, P13a, P13b, P18, P26). `purpose` is one of `APPROACHES`.

    `due_at` is when an answer is due; `letter_state` how the letter stands, None before it is sent.
    """

    id: int
    case_reference: str
    purpose: ActionKind
    state: ApproachState
    draft: Draft
    calls: tuple[Call, ...]
    started_by: str
    started_at: datetime
    sent_by: str | None
    sent_at: datetime | None
    due_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    letter_state: LetterState | None
    letter_problem: str | None


EXCLUDED_SERVICES = frozenset({ServiceType.SECURE_TRAINING_CENTRE, ServiceType.YOUTH_OFFENDING_TEAM})
"""Services whose workers the law does not have us hear as whistleblowers (P18)."""

APPROACHES = (
    ActionKind.REFER_TO_AUTHORITY,
    ActionKind.ASK_THE_SERVICE,
    ActionKind.SHARE_WITH_BODY,
    ActionKind.ASK_THE_SENDER,
)
"""The decisions that are carried out by writing to somebody."""

OUTLIVE_THE_CASE = (
    ActionKind.HOLD_FOR_INSPECTION,
    ActionKind.BRING_INSPECTION_FORWARD,
    ActionKind.INSPECT,
)
"""The decisions that end with an inspection, not with the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedLetter:
    """A letter as the outbox holds it: its number, whose case it belongs to and how often it has been tried."""

    id: int
    case_reference: str
    letter: Letter
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """One line of the queue: only what may be listed without opening the case.

    It waits for a person `waits_since`, is due for review `due_at`, and is to be seen by somebody `see_by`; `seen_at`
    is None until somebody has.
    """

    reference: str
    mailbox: str
    restricted: bool
    state: CaseState
    priority: int
    received_at: datetime
    waits_since: datetime
    due_at: datetime
    see_by: datetime
    seen_at: datetime | None
    acknowledgement: str
    kind: Kind
    immediate_risk: bool
    situations: frozenset[Situation]
    remit: Remit
    service_type: ServiceType
    whistleblowing: Whistleblowing
    anonymous: bool
    confidentiality: Confidentiality
    contact: Contact
    local_authority: str | None
    urn: str | None
    language: str
    adult_in_danger: bool
    look_first: bool
    assigned_to: str | None
    has_task: bool
    second_service_type: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    written_by: str
    written_at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something decided on a case (P13): who decided it, who sees to it by when, and what came of it.

    `outcome` says what was done, or why it was dropped; '' while it is open and where nothing was said.
    """

    id: int
    kind: ActionKind
    decided_by: str
    decided_at: datetime
    due_at: datetime | None
    owner: str
    state: ActionState
    settled_by: str | None
    settled_at: datetime | None
    outcome: str

    @property
    def done(self) -> bool:
        return self.state is ActionState.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A later message of a case, identity masked, with what the machine said of it."""

    received_at: datetime
    subject: str
    narrative: str
    quoted: str
    assessment: Assessment
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]
    told: Told | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something an officer must see to. `other_case` is the case it speaks of beside its own."""

    id: int
    kind: TaskKind
    why: str
    other_case: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A field of the assessment that an officer changed, and why. Values are words of the taxonomy."""

    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An officer's review of a case: what they corrected, what they decided, what they noted."""

    corrections: tuple[Correction, ...] = ()
    actions: tuple[ActionKind, ...] = ()
    note: str = ""
    close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as an officer may read it, identity masked. `version` grows with each change, to refuse stale writes.

    `entry` and `corrected` hold what stands now; `assessment` what the machine said at first.
    """

    entry: QueueEntry
    version: int
    subject: str
    narrative: str
    quoted: str
    assessment: Assessment
    reply: Reply
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]
    corrected: dict[str, str]
    notes: tuple[Note, ...]
    actions: tuple[Action, ...]
    follow_ups: tuple[FollowUp, ...]
    tasks: tuple[Task, ...]
    told: Told | None = None


def priority_of(
    *,
    kind: Kind,
    remit: Remit,
    immediate_risk: bool,
    adult_in_danger: bool,
    situations: frozenset[Situation],
    look_first: bool,
) -> int:
    """The place in the queue, from 1 (danger now) to 5, as the taxonomy's words of the casework say.

    >>> priority_of(kind=Kind.SPAM, remit=Remit.NOT_APPLICABLE, immediate_risk=False, adult_in_danger=False,
    ...             situations=frozenset(), look_first=True)
    2
    """
    if immediate_risk or adult_in_danger:
        return 1
    if Situation.CHILD_AT_RISK in situations or look_first:
        return 2
    if kind is Kind.CONCERN:
        return 3 if remit in {Remit.REGULATED, Remit.INSPECTED} else 4
    return 5
