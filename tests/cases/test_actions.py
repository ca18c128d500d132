"""What is decided is seen to by somebody, with an outcome; lines of enquiry, standards, reviews half written."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig

from mailbot.cases import database
from mailbot.cases.access import Officer
from mailbot.cases.actions import PAGE_SIZE, Actions
from mailbot.cases.arrivals.joining import Joining
from mailbot.cases.deciding import DUE, decide, due_for
from mailbot.cases.identity.covering import Covering
from mailbot.cases.schema import actions, audit, cases, lines_of_enquiry, metadata, staff, writings
from mailbot.cases.services.enquiries import LinesOfEnquiry
from mailbot.cases.services.standards import StandardBook, Weighings
from mailbot.cases.writings import Seen, Writings, Written
from mailbot.config import shipped
from mailbot.domain import (
    ActionKind,
    ActionState,
    CaseState,
    Correction,
    Decision,
    Finding,
    Role,
    ServiceType,
)
from mailbot.errors import ActionsOpen, ArtefactRefused, NotAllowed
from mailbot.pipeline import process
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import NOON, mail
from tests.servers.postgres import fresh_database

COLLEAGUE = Officer(email="colleague@example.gov.uk", role=Role.OFFICER)
SEEN = Seen(stands={"remit": "regulated"}, notes=0, actions=0, messages=0, events=1)


@dataclasses.dataclass(frozen=True)
class Desk:
    """An installation with what these tests work on."""

    of: Installation

    @property
    def actions(self) -> Actions:
        return Actions(self.of.engine, self.of.vault, self.of.clock)

    @property
    def enquiries(self) -> LinesOfEnquiry:
        return LinesOfEnquiry(self.of.engine, self.of.vault, self.of.clock)

    @property
    def weighings(self) -> Weighings:
        return Weighings(self.of.engine, self.of.vault, self.of.clock, StandardBook.load(shipped("models")))

    @property
    def writings(self) -> Writings:
        return Writings(self.of.engine, self.of.vault, self.of.clock)

    def file(self, text: str = "The food is poor.") -> str:
        known = {one.reference for one in self.of.store.queue(None, list(CaseState))}
        process(self.of.ledger.keep([mail(text, uid=len(known) + 1)]), self.of.office)
        return next(one.reference for one in self.of.store.queue(None, list(CaseState)) if one.reference not in known)

    def decide(self, reference: str, *kinds: ActionKind, officer: Officer = OFFICER, **more: object) -> None:
        version = self.of.store.open_case(reference, officer).version
        self.of.store.review(reference, officer, version, Decision(actions=kinds, **more))  # type: ignore[arg-type]

    def number(self, reference: str, kind: ActionKind) -> int:
        return next(one.id for one in self.of.store.open_case(reference, OFFICER).actions if one.kind is kind)

    def acts(self) -> list[str]:
        with self.of.engine.connect() as connection:
            rows = connection.execute(sa.select(audit.c.act, audit.c.detail).order_by(audit.c.id))
            return [f"{row.act} {row.detail}".strip() for row in rows]


@pytest.fixture
def desk(installation: Installation) -> Desk:
    with installation.engine.begin() as connection:
        known = set(connection.execute(sa.select(staff.c.email)).scalars())
        for officer in (OFFICER, COLLEAGUE, WHISTLEBLOWING_OFFICER):
            if officer.email not in known:  # employed by hand: hashing a password takes longer than all the rest
                values = {"email": officer.email, "role": officer.role, "active": True, "added_at": NOON}
                values |= {"password": "none", "added_by": "test", "fs_uniquifier": officer.email}
                connection.execute(sa.insert(staff).values(**values))
    return Desk(installation)


# ---- Actions ---------------------------------------------------------------------------------------------------------


def test_every_kind_of_action_has_its_time_in_london_working_days() -> None:
    assert set(DUE) == set(ActionKind)
    friday = datetime(2026, 7, 3, 15, tzinfo=UTC)  # 4pm in London
    assert due_for(ActionKind.REFER_TO_AUTHORITY, friday) == datetime(2026, 7, 3, 23, tzinfo=UTC)
    assert due_for(ActionKind.ASK_THE_SERVICE, friday) == datetime(2026, 7, 10, 15, tzinfo=UTC)
    assert due_for(ActionKind.HOLD_FOR_INSPECTION, friday) is None


def test_an_action_is_given_to_somebody_done_or_dropped_and_its_outcome_is_sealed(desk: Desk) -> None:
    reference = desk.file()
    desk.decide(reference, ActionKind.ASK_THE_SERVICE, ActionKind.SIGNPOST, ActionKind.HOLD_FOR_INSPECTION)
    asked, signposted = (desk.number(reference, one) for one in (ActionKind.ASK_THE_SERVICE, ActionKind.SIGNPOST))
    desk.actions.change(reference, asked, OFFICER, owner=COLLEAGUE.email, due_on=date(2026, 12, 3))
    with pytest.raises(NotAllowed, match="who may see this case"):
        desk.actions.change(reference, asked, OFFICER, owner="nobody@example.gov.uk", due_on=None)
    desk.actions.settle(reference, asked, COLLEAGUE, ActionState.DONE, "The plover is back")
    desk.actions.settle(reference, signposted, OFFICER, ActionState.DROPPED, "The plover knew already")
    with pytest.raises(NotAllowed, match=r"colleague@example.gov.uk has marked this action as done"):
        desk.actions.settle(reference, asked, OFFICER, ActionState.DROPPED, "Too late")
    with pytest.raises(NotAllowed):
        desk.actions.settle(reference, asked, OFFICER, ActionState.DONE, "  ")

    first, second, third = desk.of.store.open_case(reference, OFFICER).actions
    assert (first.owner, first.due_at) == (COLLEAGUE.email, datetime(2026, 12, 4, tzinfo=UTC))
    assert (first.state, first.outcome, first.settled_by) == ("done", "The plover is back", COLLEAGUE.email)
    assert (second.state, second.outcome) == ("dropped", "The plover knew already")
    assert (third.state, third.due_at, third.owner) == ("open", None, OFFICER.email)
    acts = desk.acts()
    for act in ("ask_the_service given to somebody colleague@example.gov.uk", "ask_the_service done"):
        assert act in acts
    assert not any("plover" in act for act in acts)
    with desk.of.engine.connect() as connection:
        sealed = connection.execute(sa.select(actions.c.sealed_outcome).where(actions.c.id == asked)).scalar_one()
    assert b"plover" not in sealed


def test_the_list_has_what_is_due_first_and_leaves_restricted_cases_out(desk: Desk) -> None:
    reference, worker = desk.file(), desk.file("WORKER")
    desk.decide(reference, ActionKind.HOLD_FOR_INSPECTION, ActionKind.ASK_THE_SERVICE)
    desk.decide(reference, ActionKind.REFER_TO_AUTHORITY, officer=COLLEAGUE)
    desk.decide(worker, ActionKind.INSPECT, officer=WHISTLEBLOWING_OFFICER)
    desk.of.clock.advance(days=1)

    page = desk.actions.page(OFFICER, mine=False)
    kinds = [ActionKind.REFER_TO_AUTHORITY, ActionKind.ASK_THE_SERVICE, ActionKind.HOLD_FOR_INSPECTION]
    assert [one.kind for one in page.entries] == kinds
    assert (page.mine, page.everybodys, page.overdue) == (2, 3, 1)
    assert [one.kind for one in desk.actions.page(OFFICER, mine=True).entries] == kinds[1:]
    everything = desk.actions.page(WHISTLEBLOWING_OFFICER, mine=False)
    assert (everything.everybodys, everything.mine) == (4, 1)
    with pytest.raises(NotAllowed, match="no such case"):
        desk.actions.settle(worker, everything.entries[-1].id, OFFICER, ActionState.DONE, "x")

    Covering(desk.of.engine, desk.of.vault, desk.of.clock).restrict(reference, OFFICER)
    assert desk.actions.page(OFFICER, mine=False).everybodys == 0
    strangers = {one.owner for one in desk.actions.page(WHISTLEBLOWING_OFFICER, mine=False).entries if one.out_of_reach}
    assert strangers == {OFFICER.email, COLLEAGUE.email}


def test_a_page_of_actions_takes_as_many_queries_for_many_as_for_few(desk: Desk) -> None:
    reference = desk.file()
    asked: list[str] = []
    sa.event.listen(desk.of.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))

    def queries(number: int = 1) -> int:
        asked.clear()
        desk.actions.page(OFFICER, mine=False, number=number)
        return len(asked)

    few = queries()
    with desk.of.store._writing.begin() as connection:
        case = connection.execute(sa.select(cases).where(cases.c.reference == reference)).one()
        for _ in range(PAGE_SIZE + 1):
            decide(connection, case, ActionKind.SIGNPOST, OFFICER.email, NOON, due_at=None)
    assert queries() == queries(2) == few
    assert len(desk.actions.page(OFFICER, mine=False, number=99).entries) == 1


def test_a_case_is_not_closed_over_what_is_open_but_what_an_inspection_takes_up_outlives_it(desk: Desk) -> None:
    reference = desk.file("DANGER")
    desk.decide(reference, ActionKind.REFER_TO_AUTHORITY, ActionKind.HOLD_FOR_INSPECTION)
    ends = {"close": True, "note": "Finished"}
    with pytest.raises(ActionsOpen, match=r"refer to authority \(officer@example.gov.uk\)\. Mark each"):
        desk.decide(reference, **ends)  # type: ignore[arg-type]
    with pytest.raises(ActionsOpen, match="signpost \\(decided now\\)"):
        desk.decide(reference, ActionKind.SIGNPOST, **ends)  # type: ignore[arg-type]
    referral = desk.number(reference, ActionKind.REFER_TO_AUTHORITY)
    assert desk.of.alert_book.open_ones(OFFICER) == []
    desk.actions.settle(reference, referral, OFFICER, ActionState.DROPPED, "Another council")

    assert [one.reference for one in desk.of.alert_book.open_ones(OFFICER)] == [reference]
    assert desk.of.store.needs_second(reference, OFFICER, Decision(close=True, note="Finished"))
    desk.decide(reference, ActionKind.REFER_TO_AUTHORITY)
    again = desk.of.store.open_case(reference, OFFICER).actions[-1].id
    desk.actions.settle(reference, again, OFFICER, ActionState.DONE, "Telephoned")
    desk.decide(reference, **ends)  # type: ignore[arg-type]
    assert desk.of.store.counts(OFFICER)[CaseState.CLOSED] == 1
    assert [one.kind for one in desk.actions.page(OFFICER, mine=True).entries] == [ActionKind.HOLD_FOR_INSPECTION]


def test_what_is_open_on_a_case_goes_on_where_the_case_goes_on(desk: Desk) -> None:
    reference, other = desk.file(), desk.file("The food is still poor.")
    desk.decide(reference, ActionKind.ASK_THE_SERVICE)
    desk.enquiries.write(reference, OFFICER, "Who cooks?")
    desk.actions.settle(
        reference, desk.number(reference, ActionKind.ASK_THE_SERVICE), OFFICER, ActionState.DONE, "Asked by telephone"
    )
    with desk.of.store._writing.begin() as connection:
        found = connection.execute(sa.select(cases).where(cases.c.reference.in_((reference, other)))).all()
        rows = {row.reference: row for row in found}
        Joining(connection, desk.of.vault, desk.of.clock).join(rows[reference], rows[other])

    assert [one.outcome for one in desk.of.store.open_case(other, OFFICER).actions] == ["Asked by telephone"]
    assert [one.question for one in desk.enquiries.of_case(other, OFFICER)] == ["Who cooks?"]


# ---- Lines of enquiry and standards ----------------------------------------------------------------------------------


def test_lines_of_enquiry_and_findings_come_out_for_the_service_to_those_who_may_see_the_case(desk: Desk) -> None:
    reference, worker = desk.file(), desk.file("WORKER")
    urn = (Correction(field="urn", value="SC990001", reason="On the register"),)
    for one, officer in ((reference, OFFICER), (worker, WHISTLEBLOWING_OFFICER)):
        desk.decide(one, officer=officer, corrections=urn)
        desk.enquiries.write(one, officer, f"Is the plover fed? {officer.role}")
        desk.weighings.weigh(one, officer, "childrens-homes-2015/10", Finding.NOT_CLEAR_YET, "The plover is thin")
    (mine,) = desk.enquiries.of_service("SC990001", OFFICER)
    desk.enquiries.answer(reference, mine.id, OFFICER, "The plover eats twice")
    with pytest.raises(NotAllowed, match="meanwhile"):
        desk.enquiries.answer(reference, mine.id, COLLEAGUE, "Thrice")
    desk.weighings.weigh(reference, COLLEAGUE, "childrens-homes-2015/10", Finding.MAY_BE_BREACHED, "Thinner")
    with pytest.raises(NotAllowed, match="this kind of service"):
        desk.weighings.weigh(reference, OFFICER, "boarding-schools-2022/8", Finding.NOT_BREACHED, "x")

    (mine,) = desk.enquiries.of_case(reference, OFFICER)
    assert (mine.state, mine.found, mine.answered_by) == ("answered", "The plover eats twice", OFFICER.email)
    of_service = desk.weighings.of_service("SC990001", OFFICER)
    assert [(one.finding, one.stands) for one in of_service] == [("not_clear_yet", False), ("may_be_breached", True)]
    assert of_service[0].standard.label == "Regulation 10: The health and well-being standard"
    assert len(desk.enquiries.of_service("SC990001", WHISTLEBLOWING_OFFICER)) == 2
    assert len(desk.weighings.of_service("SC990001", WHISTLEBLOWING_OFFICER)) == 3
    assert [*desk.enquiries.of_case(worker, OFFICER), *desk.weighings.of_case(worker, OFFICER)] == []
    assert not any("plover" in act for act in desk.acts())
    with desk.of.engine.connect() as connection:
        sealed = connection.execute(sa.select(lines_of_enquiry.c.sealed_question)).scalars().all()
    assert not any(b"plover" in one for one in sealed)


def test_every_service_that_is_regulated_or_inspected_has_a_list_but_cafcass() -> None:
    book = StandardBook.load(shipped("models"))
    ours = list(ServiceType)[: list(ServiceType).index(ServiceType.YOUTH_OFFENDING_TEAM)]

    assert [kind for kind in ours if not book.of(kind)] == [ServiceType.CAFCASS]
    homes = {one.code.split("/")[1]: one.label for one in book.of(ServiceType.CHILDRENS_HOME)}
    assert [str(number) in homes for number in range(6, 15)] == [True] * 9
    for kind in ours:
        codes = [one.code for one in book.of(kind)]
        assert len(codes) == len(set(codes))
        assert all(len(code) <= 64 for code in codes)


def test_a_list_of_standards_that_is_not_well_formed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "standards.toml").write_text('[[source]]\nkey = "x"\n')

    with pytest.raises(ArtefactRefused, match=r"standards\.toml"):
        StandardBook.load(tmp_path)


# ---- Reviews while they are written ----------------------------------------------------------------------------------


def test_a_review_that_was_begun_is_kept_for_its_writer_until_it_is_saved(desk: Desk) -> None:
    reference, worker = desk.file("DANGER"), desk.file("WORKER")
    written = Written(seen=SEEN, answers={"remit": "inspected"}, note="The plover was seen")
    desk.writings.keep(reference, OFFICER, 1, dataclasses.replace(written, note="The pl"))
    desk.of.clock.advance(minutes=2)
    at = desk.writings.keep(reference, OFFICER, 1, written)
    with pytest.raises(NotAllowed):
        desk.writings.keep(worker, OFFICER, 1, written)

    kept = desk.writings.kept(reference, OFFICER)
    assert kept is not None
    assert (kept.kept_at, kept.version, kept.written) == (at, 1, written)
    assert desk.writings.kept(reference, COLLEAGUE) is None
    with desk.of.engine.connect() as connection:
        (sealed,) = connection.execute(sa.select(writings.c.sealed_writing)).scalars()
    assert b"plover" not in sealed

    ended = Decision(actions=(ActionKind.NO_FURTHER_ACTION,), note="The council has it")
    version = desk.of.store.open_case(reference, OFFICER).version
    desk.of.approvals.ask(reference, OFFICER, version, ended, "why")
    assert desk.writings.kept(reference, OFFICER) is None
    desk.writings.keep(reference, OFFICER, 1, written)
    (proposal,) = desk.of.approvals.waiting(reference, COLLEAGUE)
    desk.of.approvals.approve(reference, proposal.id, COLLEAGUE, OFFICER)
    assert desk.writings.kept(reference, OFFICER) is not None
    desk.decide(reference, note="Saved at last")
    assert desk.writings.kept(reference, OFFICER) is None


# ---- What was there before -------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def url_of_a_new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/before.sqlite3"
    else:
        with fresh_database(request.getfixturevalue("postgres_cluster")) as url:
            yield url


def test_actions_decided_before_they_had_owners_keep_what_was_known_of_them(url_of_a_new_database: str) -> None:
    engine = database.open_database(url_of_a_new_database)
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0011")
        before = {name: _of_the_old_kind(column) for name, column in metadata.tables["cases"].columns.items()}
        for number, state in ((1, "open"), (2, "closed")):
            known = sa.inspect(connection).get_columns("cases")
            values = {one["name"]: before[one["name"]] for one in known if not one["nullable"]}
            values |= {"id": number, "reference": f"MB-{number}", "vault_id": f"v{number}", "state": state}
            table = sa.table("cases", *(sa.column(name) for name in values))
            connection.execute(sa.insert(table).values(values))
        old = sa.table("actions", *(sa.column(one) for one in "case_id kind decided_by decided_at done".split()))
        decided = [(1, "signpost", False), (1, "inspect", True), (2, "signpost", False), (2, "inspect", False)]
        for case_id, kind, done in decided:
            values = {"case_id": case_id, "kind": kind, "decided_by": "o@example", "decided_at": NOON, "done": done}
            connection.execute(sa.insert(old).values(values))
        connection.commit()
        command.upgrade(config, "0012")
        connection.commit()
        rows = connection.execute(sa.select(actions).order_by(actions.c.id)).all()
    engine.dispose()

    assert [row.state for row in rows] == ["open", "done", "dropped", "open"]
    assert {row.owner for row in rows} == {"o@example"}
    assert [row.vault_id for row in rows] == ["v1", "v1", "v2", "v2"]


def _of_the_old_kind(column: sa.Column[object]) -> object:
    if isinstance(column.type, sa.Boolean):
        return False
    if isinstance(column.type, sa.Integer):
        return 1
    if isinstance(column.type, sa.LargeBinary):
        return b""
    return "x" if isinstance(column.type, sa.String) else NOON
