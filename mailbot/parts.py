"""The parts of one installation, put together here and nowhere else: each is built when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mailbot import config as settings
from mailbot.cases import audit, database
from mailbot.cases.arrivals.aside import Aside
from mailbot.cases.arrivals.leases import Leases
from mailbot.cases.arrivals.ledger import Ledger
from mailbot.cases.database import Engine
from mailbot.cases.oversight.standing import Standings
from mailbot.cases.sealing.key_file import keys_from_command
from mailbot.cases.sealing.vault import Keyring, Vault, read_keys
from mailbot.clock import now
from mailbot.config import Config, config_path, shipped
from mailbot.domain import Email, RawMail, RegisteredService
from mailbot.errors import MailbotError
from mailbot.later import later
from mailbot.office import Office

if TYPE_CHECKING:  # what takes long to load is loaded where it is built: a command may need none of it
    from mailbot.cases.alerts import AlertBook
    from mailbot.cases.api.api_tokens import ApiTokens
    from mailbot.cases.api.subscriptions import Subscriptions
    from mailbot.cases.arrivals.by_hand import Entries
    from mailbot.cases.audit_trail.checkpoints import Checkpoints
    from mailbot.cases.backups.backup import Backups
    from mailbot.cases.identity.identity import Identities
    from mailbot.cases.identity.openings import Openings
    from mailbot.cases.identity.originals import Originals
    from mailbot.cases.letters.approaches import Approaches
    from mailbot.cases.letters.outbox import Outbox
    from mailbot.cases.oversight.learning import Learning
    from mailbot.cases.oversight.second_looks import SecondLooks
    from mailbot.cases.queue import Queue
    from mailbot.cases.records.courts import Courts
    from mailbot.cases.records.retention import Disposals
    from mailbot.cases.records.rights import Rights
    from mailbot.cases.sealing.rotation import Rotation
    from mailbot.cases.search.search import Search
    from mailbot.cases.services.authorities import Authorities
    from mailbot.cases.services.enquiries import LinesOfEnquiry
    from mailbot.cases.services.inspections import Inspections
    from mailbot.cases.services.services import Services
    from mailbot.cases.services.standards import Weighings
    from mailbot.cases.store import Store
    from mailbot.correspondence.compose import Composer
    from mailbot.correspondence.own_words import OwnWords
    from mailbot.dispatch import Dispatch
    from mailbot.intake.oauth import Tokens
    from mailbot.removing import Keeping
    from mailbot.reports.drafting import AnnualReports
    from mailbot.reports.inspection import Briefs
    from mailbot.web.app import Record


@dataclass(frozen=True)
class Parts:
    """Everything a command may need of one installation, each part built when it is first asked for.

    In the `demo` the made-up contact points that come with mailbot count.
    """

    config: Config
    demo: bool = False

    @cached_property
    def engine(self) -> Engine:
        return database.open_database(self.config.database.url, lambda: self.audit_key)

    @cached_property
    def audit_key(self) -> bytes:
        return audit.key_of(self.vault.keyring)

    @cached_property
    def vault(self) -> Vault:
        return Vault(self.keys_now(), self.key_store, self.keys_now)

    @cached_property
    def key_store(self) -> Engine:
        return database.open_database(self.config.keys.store)

    @property
    def key_file(self) -> Path | None:
        """The file with the keys; None where they come from the environment or from a command."""
        elsewhere = settings.keys_from_environment() is not None or self.config.keys.command
        return None if elsewhere else Path(self.config.keys.file)

    def keys_now(self) -> Keyring:
        """The keys, read anew from wherever they come from."""
        environment = settings.keys_from_environment()
        if environment is None and self.config.keys.command:
            return keys_from_command(self.config.keys.command)
        return read_keys(Path(self.config.keys.file), environment)

    @cached_property
    def rotation(self) -> Rotation:
        from mailbot.cases.sealing.rotation import Rotation

        return Rotation(self.keys_now, self.key_store, now, self.key_file, self.config.keys.keep_days)

    @cached_property
    def backups(self) -> Backups:
        from mailbot.cases.backups.backup import Backups

        return Backups(self.engine, self.key_store, self.vault.keyring.digest, now)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.engine, self.vault, now, self.leases)

    @cached_property
    def leases(self) -> Leases:
        return Leases(self.engine)

    @cached_property
    def restricted_mailboxes(self) -> frozenset[str]:
        return frozenset(box.name for box in self.config.mailbox if box.restricted)

    @cached_property
    def store(self) -> Store:
        from mailbot.cases.store import Store

        return Store(self.engine, self.vault, now, self.restricted_mailboxes, self.config.queue.in_force)

    @cached_property
    def queue(self) -> Queue:
        from mailbot.cases.queue import Queue

        return Queue(self.engine, now)

    @cached_property
    def search(self) -> Search:
        from mailbot.cases.search.search import Search

        return Search(self.engine, self.vault, now)

    @cached_property
    def entries(self) -> Entries:
        from mailbot.cases.arrivals.by_hand import Entries

        return Entries(self.engine, self.vault, now, self.restricted_mailboxes, self.config.queue.in_force)

    @cached_property
    def outbox(self) -> Outbox:
        from mailbot.cases.letters.outbox import Outbox

        return Outbox(self.engine, self.vault, now)

    @cached_property
    def aside(self) -> Aside:
        return Aside(self.engine, self.ledger, now, self.restricted_mailboxes)

    @cached_property
    def standings(self) -> Standings:
        return Standings(self.engine, now)

    @cached_property
    def services(self) -> Services:
        from mailbot.cases.services.services import Services

        return Services(self.engine, now)

    @cached_property
    def learning(self) -> Learning:
        from mailbot.cases.oversight.learning import Learning

        return Learning(self.engine, self.vault, now)

    @cached_property
    def second_looks(self) -> SecondLooks:
        from mailbot.cases.oversight.second_looks import SecondLooks

        return SecondLooks(self.engine, self.vault, now, self.config.queue.in_force)

    @cached_property
    def alert_book(self) -> AlertBook:
        from mailbot.cases.alerts import AlertBook

        return AlertBook(self.engine, now)

    @cached_property
    def checkpoints(self) -> Checkpoints:
        from mailbot.cases.audit_trail.checkpoints import Checkpoints

        return Checkpoints(self.engine, self.vault.keyring, now)

    @cached_property
    def openings(self) -> Openings:
        from mailbot.cases.identity.openings import Openings

        return Openings(self.engine, now)

    @cached_property
    def inspections(self) -> Inspections:
        from mailbot.cases.services.inspections import Inspections

        return Inspections(self.engine, now)

    @cached_property
    def briefs(self) -> Briefs:
        from mailbot.cases.identity.sources import Sources
        from mailbot.cases.services.held import Held
        from mailbot.cases.services.overview import Overview
        from mailbot.reports.inspection import Briefs

        return Briefs(
            services=self.services,
            overview=Overview(self.engine, now),
            held=Held(self.engine, self.vault, now),
            inspections=self.inspections,
            enquiries=self.lines_of_enquiry,
            weighings=self.weighings,
            sources=Sources(self.engine, self.vault),
        )

    @cached_property
    def lines_of_enquiry(self) -> LinesOfEnquiry:
        from mailbot.cases.services.enquiries import LinesOfEnquiry

        return LinesOfEnquiry(self.engine, self.vault, now)

    @cached_property
    def weighings(self) -> Weighings:
        from mailbot.cases.services.standards import StandardBook, Weighings

        return Weighings(self.engine, self.vault, now, StandardBook.load(shipped("models")))

    @cached_property
    def identities(self) -> Identities:
        from mailbot.cases.identity.identity import Identities

        rules = self.config.identity
        return Identities(self.engine, self.vault, now, rules.minutes, rules.second_officer)

    @cached_property
    def originals(self) -> Originals:
        from mailbot.cases.identity.originals import Originals
        from mailbot.intake.taking_out import TakingOut

        take_out = TakingOut(self.config.scanner)
        return Originals(self.engine, self.vault, now, self.identities, take_out, scans=take_out.can)

    @cached_property
    def api_tokens(self) -> ApiTokens:
        from mailbot.cases.api.api_tokens import ApiTokens

        return ApiTokens(self.engine, self.vault.keyring, now)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        from mailbot.cases.api.subscriptions import Subscriptions

        return Subscriptions(self.engine, self.vault.keyring, now)

    @cached_property
    def annual_reports(self) -> AnnualReports:
        from mailbot.reports.drafting import AnnualReports

        return AnnualReports(self.engine, now, self.config.reports)

    @cached_property
    def disposals(self) -> Disposals:
        from mailbot.cases.records.retention import Disposals

        return Disposals(self.engine, self.vault, now, self.config.retention)

    @cached_property
    def rights(self) -> Rights:
        from mailbot.cases.records.rights import Rights

        return Rights(self.engine, self.vault, now)

    @cached_property
    def courts(self) -> Courts:
        from mailbot.cases.records.courts import Courts

        return Courts(self.engine, self.vault, now)

    @cached_property
    def keeping(self) -> Keeping:
        from mailbot.cases.backups.removals import Removals
        from mailbot.removing import Keeping

        return Keeping(
            config=self.config,
            disposals=self.disposals,
            removals=Removals(self.engine, now),
            ledger=self.ledger,
            last_verified_backup=self.backups.last_verified_backup,
            tokens=self.tokens,
        )

    @cached_property
    def approaches(self) -> Approaches:
        from mailbot.cases.letters.approaches import Approaches

        return Approaches(self.engine, self.vault, now)

    @cached_property
    def authorities(self) -> Authorities:
        from mailbot.cases.services.authorities import Authorities

        return Authorities(self.engine, now, samples_count=self.demo)

    @cached_property
    def dispatch(self) -> Dispatch:
        from mailbot.correspondence.drafts import Drafter
        from mailbot.dispatch import Dispatch

        drafter = Drafter(shipped("templates"))
        return Dispatch(self.approaches, self.authorities, self.services, drafter, self.reply_addresses, now)

    @cached_property
    def reply_addresses(self) -> dict[str, str]:
        return {box.name: box.reply_address for box in self.config.mailbox}

    @cached_property
    def tokens(self) -> dict[str, Tokens]:
        """The bearer tokens of the mailboxes that sign in by OAuth; they outlive the connections."""
        signing_in = [(box.name, box.oauth) for box in self.config.mailbox if box.oauth]
        if not signing_in:
            return {}
        from mailbot.intake.oauth import Tokens

        return {name: Tokens(oauth, name, now) for name, oauth in signing_in}

    @cached_property
    def office(self) -> Office:
        """What judges and writes is built with the first message: fetching needs neither."""

        def composer() -> Composer:
            from mailbot.correspondence.compose import Composer

            return Composer(shipped("templates"), self.reply_addresses)

        def own_words() -> OwnWords:
            from mailbot.correspondence.own_words import OwnWords

            return OwnWords(shipped("templates"))

        triage = self.config.triage
        return Office(
            ledger=self.ledger,
            store=later(lambda: self.store),
            aside=self.aside,
            standings=self.standings,
            parse=later(lambda: self.reader),
            assessor=later(lambda: judge(Path(triage.learnt), self.services.listed, triage.encoder)),
            composer=later(composer),
            own_words=later(own_words),
            own_addresses=self.config.own_addresses,
            caps=self.config.acknowledgements,
        )

    @cached_property
    def record(self) -> Record:
        from mailbot.cases.accounts.calendars import Calendars
        from mailbot.cases.actions import Actions
        from mailbot.cases.api.outlines import Outlines
        from mailbot.cases.approvals import Approvals
        from mailbot.cases.audit_trail.trail import Trail
        from mailbot.cases.bulk import Bulk
        from mailbot.cases.handovers import Handovers
        from mailbot.cases.history import History
        from mailbot.cases.identity.covering import Covering
        from mailbot.cases.oversight.first_answers import FirstAnswers
        from mailbot.cases.oversight.measures import Measures
        from mailbot.cases.oversight.oversight import Overseeing
        from mailbot.cases.records.requests import Requests
        from mailbot.cases.together import Together
        from mailbot.cases.views import Views
        from mailbot.cases.writings import Writings
        from mailbot.correspondence.authorities import authorities_on
        from mailbot.correspondence.contacts import read_contacts
        from mailbot.web.app import Record

        return Record(
            config=self.config,
            engine=self.engine,
            store=self.store,
            queue=self.queue,
            views=Views(self.engine, self.queue),
            together=Together(self.engine, now),
            handovers=Handovers(self.engine, self.vault, now),
            bulk=Bulk(self.engine, self.store, now),
            search=self.search,
            entries=self.entries,
            outbox=self.outbox,
            aside=self.aside,
            standings=self.standings,
            learning=self.learning,
            second_looks=self.second_looks,
            alert_book=self.alert_book,
            openings=self.openings,
            approaches=self.approaches,
            authorities=self.authorities,
            authority_names=tuple(sorted(authorities_on(shipped("models"), now().date()))),
            national=read_contacts(shipped("templates")),
            dispatch=self.dispatch,
            first_answers=FirstAnswers(self.engine, self.vault, now, self.config.queue.in_force),
            approvals=Approvals(self.engine, self.vault, now, self.store),
            covering=Covering(self.engine, self.vault, now),
            history=History(self.engine),
            services=self.services,
            overview=self.briefs.overview,
            overseeing=Overseeing(self.engine, now),
            inspections=self.inspections,
            held=self.briefs.held,
            briefs=self.briefs,
            calendars=Calendars(self.engine, self.vault.keyring, now),
            actions=Actions(self.engine, self.vault, now),
            lines_of_enquiry=self.lines_of_enquiry,
            weighings=self.weighings,
            writings=Writings(self.engine, self.vault, now),
            trail=Trail(self.engine),
            checkpoints=self.checkpoints,
            measures=Measures(self.engine, self.key_store, now),
            identities=self.identities,
            originals=self.originals,
            tokens=self.api_tokens,
            outlines=Outlines(self.engine),
            subscriptions=self.subscriptions,
            annual_reports=self.annual_reports,
            disposals=self.disposals,
            requests=Requests(self.engine, self.vault, now),
            courts=self.courts,
        )

    @cached_property
    def reader(self) -> Callable[[RawMail], Email]:
        from mailbot.intake.reader import Reader, ReadingRules

        return Reader(
            ReadingRules(
                own_addresses=self.config.own_addresses,
                authserv_ids={box.name: box.authserv_id for box in self.config.mailbox if box.authserv_id},
                scanner=self.config.scanner,
            )
        )

    def ready(self) -> Parts:
        """These parts, once the database is known to be of the right version."""
        problem = database.schema_problem(self.engine)
        if problem:
            raise MailbotError(problem)
        return self


def judge(
    learnt: Path | None = None,
    services: Callable[[], tuple[RegisteredService, ...]] = tuple,
    encoder: Literal["auto", "off"] = "auto",
    model: Path | None = None,
) -> Any:
    """The judge of messages with what ships: rules, phrases, places, and the model once a message comes.

    `learnt` is the folder of an installation's own models, `services` tells its register as it stands; `model` is
    measured in the shipped one's place.
    """
    from mailbot.triage.decide import Judge
    from mailbot.triage.phrases import PhraseBook
    from mailbot.triage.places import Gazetteer
    from mailbot.triage.register import Register
    from mailbot.triage.rules import RuleBook

    models, register = shipped("models"), lru_cache(maxsize=1)(Register)
    return Judge(
        models,
        RuleBook.load(models),
        PhraseBook.load(models),
        Gazetteer.load(models),
        lambda: register(services()),
        model=model,
        learnt=learnt,
        encoder=encoder == "auto",
    )


def parts_of(path: str | None) -> Parts:
    return Parts(settings.load(config_path(path)))
