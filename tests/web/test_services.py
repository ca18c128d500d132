"""Services on pages: what is held on one, choosing a case's service, planning, holding, the brief and its forms."""

from __future__ import annotations

import csv
import io
import json

import pytest
import sqlalchemy as sa
from flask import Flask

from mailbot.cases.schema import actions, cases, inspections, services
from mailbot.domain import ActionKind, Decision, RegisteredService, Role, ServiceType
from mailbot.pipeline import process
from mailbot.web import accounts
from tests.conftest import OFFICER, WHISTLEBLOWING_OFFICER, Installation
from tests.doubles import mail
from tests.web.conftest import SignedIn, sign_in, token_of

LARCH = RegisteredService(
    urn="SC123456",
    name="Larch Bank",
    service_type=ServiceType.CHILDRENS_HOME,
    authority="Lancashire",
    town="Preston",
    provider="Hollin / Ash Care Ltd",
)
OTHER = RegisteredService(
    urn="SC123457", name="Quarry View", service_type=ServiceType.SUPPORTED_ACCOMMODATION, authority="Calderdale"
)


@pytest.fixture
def reference(sqlite: Installation) -> str:
    """A case about Larch Bank that is held for inspection, with a restricted one beside it."""
    sqlite.services.replace([LARCH, OTHER], "test")
    process(sqlite.ledger.keep([mail("The food is poor."), mail("WORKER, a plover", uid=2)]), sqlite.office)
    with sqlite.engine.begin() as connection:
        connection.execute(sa.update(cases).values(urn=LARCH.urn))
    for entry in sqlite.store.queue(WHISTLEBLOWING_OFFICER):
        decision = Decision(actions=(ActionKind.HOLD_FOR_INSPECTION,))
        sqlite.store.review(entry.reference, WHISTLEBLOWING_OFFICER, 1, decision)
    with sqlite.engine.connect() as connection:
        query = sa.select(cases.c.reference).where(cases.c.restricted.is_(False))
        return str(connection.execute(query).scalar_one())


def secret_of(sqlite: Installation) -> str:
    with sqlite.engine.connect() as connection:
        return str(connection.execute(sa.select(cases.c.reference).where(cases.c.restricted)).scalar_one())


def test_the_register_is_found_by_name_place_number_and_provider(
    sqlite: Installation, signed_in: SignedIn, reference: str
) -> None:
    client = signed_in(Role.INSPECTOR)

    for words in ("larch", "preston bank", "sc123456", "hollin"):
        page = client.get("/services", query_string={"q": words}).text
        assert "Larch Bank" in page
        assert "Quarry View" not in page
    assert "Nothing on the register fits" in client.get("/services?q=nowhere").text
    assert client.get("/").headers["Location"] == "/inspections"


def test_a_services_pages_tell_what_is_held_and_nothing_restricted(
    sqlite: Installation, signed_in: SignedIn, reference: str
) -> None:
    secret = secret_of(sqlite)
    paths = (
        "/services",
        f"/service/{LARCH.urn}",
        "/provider/Hollin%20/%20Ash%20Care%20Ltd",
        "/authority/Lancashire",
        "/inspections?whose=all",
        f"/inspections/{LARCH.urn}",
        f"/service/{LARCH.urn}/brief",
        f"/service/{LARCH.urn}/brief?format=json",
        f"/service/{LARCH.urn}/brief?format=csv",
    )
    officer, inspector, trusted = (
        signed_in(role) for role in (Role.OFFICER, Role.INSPECTOR, Role.WHISTLEBLOWING_OFFICER)
    )

    for path in paths:
        for client in (officer, inspector):
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert secret not in answer.text
            assert "plover" not in answer.text
        assert trusted.get(path).status_code == 200
    page = officer.get(paths[1]).text
    assert "Cases (1)" in page
    assert f'href="/case/{reference}"' in page
    assert "No theme yet: 1" in page
    assert "<svg" in page
    assert "too little to compare yet" in page
    assert "Cases (2)" in trusted.get(paths[1]).text
    assert f'href="/case/{reference}"' not in inspector.get(paths[1]).text, "an inspector opens no case"
    assert officer.get("/service/SC999999").status_code == 404
    assert officer.get("/provider/Nobody").status_code == 404


def test_a_service_page_asks_as_many_queries_for_a_hundred_cases_as_for_one(
    sqlite: Installation, signed_in: SignedIn, reference: str
) -> None:
    client = signed_in(Role.OFFICER)
    counts: list[int] = []

    def asked() -> int:
        counts.clear()
        for path in (f"/service/{LARCH.urn}", "/authority/Lancashire", f"/inspections/{LARCH.urn}"):
            client.get(path)
        return len(counts)

    sa.event.listen(sqlite.engine, "before_cursor_execute", lambda *_: counts.append(1))
    asked()
    once = asked()
    process(sqlite.ledger.keep([mail(f"Number {at}", uid=10 + at) for at in range(40)]), sqlite.office)
    with sqlite.engine.begin() as connection:
        connection.execute(sa.update(cases).values(urn=LARCH.urn))
    for entry in sqlite.store.queue(OFFICER)[:10]:
        decision = Decision(actions=(ActionKind.HOLD_FOR_INSPECTION,))
        sqlite.store.review(entry.reference, OFFICER, 1, decision)

    assert asked() == once


def test_an_officer_chooses_the_service_a_case_is_about_with_a_reason(
    sqlite: Installation, signed_in: SignedIn, reference: str
) -> None:
    client, path = signed_in(Role.OFFICER), f"/case/{reference}/service"
    page = client.get(path, query_string={"q": "quarry"}).text
    form = {"csrf_token": token_of(page), "q": "quarry", "urn": OTHER.urn, "version": "2"}

    refused = client.post(path, data=form)
    assert refused.status_code == 400
    assert "Say how you know" in refused.text
    with sqlite.engine.begin() as connection:
        connection.execute(sa.update(cases).values(urn=None))
    page = client.get("/inspections").text
    assert f'href="{path}"' in page, "what is held for a service that nobody knows is not lost"
    assert secret_of(sqlite) not in page
    assert client.post(path, data={**form, "reason": "The address is theirs"}).status_code == 302
    case = sqlite.store.open_case(reference, OFFICER)
    assert (case.entry.urn, case.entry.service_type, case.entry.local_authority) == (
        OTHER.urn,
        OTHER.service_type,
        "Calderdale",
    )
    assert case.corrected["service_name"] == "Quarry View"
    assert "The address is theirs" in case.notes[-1].text
    assert client.post(path, data={**form, "reason": "Again"}, follow_redirects=True).text.count("already") == 1


def test_an_inspection_is_planned_moved_and_uses_what_is_held(
    sqlite: Installation, app: Flask, signed_in: SignedIn, reference: str
) -> None:
    officer, inspector = signed_in(Role.OFFICER), signed_in(Role.INSPECTOR)
    page = officer.get(f"/case/{reference}").text
    keep = page.partition(f'action="/case/{reference}/held/')[2].partition('"')[0]
    words = {"csrf_token": token_of(page), "theme": "Help and protection", "words": "Ask who has the keys."}
    officer.post(f"/case/{reference}/held/{keep}", data=words)
    assert "Ask who has the keys." in officer.get(f"/case/{reference}").text

    path = f"/service/{LARCH.urn}"
    day = {"day-day": "12", "day-month": "1", "day-year": "2027", "kind": "Full inspection", "reference": reference}
    token = token_of(officer.get(path).text)
    for wrong in ({"day-day": "32"}, {"day-year": "9" * 30}):
        assert officer.post(f"{path}/inspection", data={**day, "csrf_token": token, **wrong}).status_code == 400
    officer.post(f"{path}/inspection", data={**day, "csrf_token": token})
    officer.post(f"{path}/inspection", data={**day, "csrf_token": token, "day-month": "2"})
    officer.post(f"{path}/inspector", data={"csrf_token": token, "inspector": "inspector@example.gov.uk"})
    page = inspector.get(path).text
    assert "Next: Full inspection, 12 February 2027" in page
    assert "12 January 2027 to 12 February 2027" in page
    assert "Larch Bank" in inspector.get("/inspections").text

    with sqlite.engine.begin() as connection:
        connection.execute(sa.update(inspections).values(held_on=sqlite.clock().date()))
        held_id = connection.execute(sa.select(inspections.c.id)).scalar_one()
    page = inspector.get(f"/inspections/{LARCH.urn}").text
    form = {"csrf_token": token_of(page), "used": keep, "inspection": held_id, f"found-{keep}": "Staff have them."}
    assert inspector.post(f"/inspections/{LARCH.urn}", data={**form, "used": ""}).status_code == 400
    inspector.post(f"/inspections/{LARCH.urn}", data=form)
    assert "Found: Staff have them." in officer.get(f"/case/{reference}").text
    assert "Nothing is held for the services that you inspect" in inspector.get("/inspections").text


def test_the_brief_comes_as_a_page_a_pdf_a_table_and_json(
    sqlite: Installation, app: Flask, signed_in: SignedIn, reference: str
) -> None:
    client, path = signed_in(Role.WHISTLEBLOWING_OFFICER), f"/service/{LARCH.urn}/brief"

    page = client.get(path).text
    assert "This brief holds restricted cases" in page
    assert "style=" not in page, "the policy for pages allows no inline style"
    rows = list(csv.DictReader(io.StringIO(client.get(f"{path}?format=csv").text)))
    assert {row["case"] for row in rows} == {reference, secret_of(sqlite)}
    assert json.loads(client.get(f"{path}?format=json").text)["service"]["urn"] == LARCH.urn
    assert client.get(f"{path}?format=html").text.startswith("<!DOCTYPE html>")
    pdf = client.get(f"{path}?format=pdf")
    assert pdf.data.startswith(b"%PDF")
    assert pdf.headers["Content-Disposition"] == f'attachment; filename="inspection-brief-{LARCH.urn}.pdf"'


def test_what_stands_on_the_register_is_no_markup(sqlite: Installation, signed_in: SignedIn, reference: str) -> None:
    with sqlite.engine.begin() as connection:
        connection.execute(sa.update(services).values(name="<b>Larch</b>", provider="<i>Ltd</i>"))
    client = signed_in(Role.OFFICER)

    for path in (f"/service/{LARCH.urn}", f"/service/{LARCH.urn}/brief", f"/service/{LARCH.urn}/brief?format=html"):
        text = client.get(path).text
        assert "<b>Larch" not in text
        assert "<i>Ltd" not in text


def test_a_calendar_tells_whoever_has_its_address_what_is_due_and_nothing_of_it(
    sqlite: Installation, app: Flask, signed_in: SignedIn, reference: str
) -> None:
    secret = secret_of(sqlite)
    with sqlite.engine.begin() as connection:
        due = {"owner": OFFICER.email, "due_at": sqlite.clock()}
        connection.execute(sa.update(actions).values(**due))
    client, stranger = signed_in(Role.OFFICER), app.test_client()

    def renewed() -> str:
        token = token_of(client.get("/account").text)
        page = client.post("/account/calendar", data={"csrf_token": token}, follow_redirects=True).text
        return page.partition("/calendar.ics?token=")[2].partition(".")[0]

    first = renewed()
    feed = stranger.get("/calendar.ics", query_string={"token": first}).text
    assert feed.startswith("BEGIN:VCALENDAR\r\n")
    assert f"DTSTART:20261124T120000Z\r\nSUMMARY:{reference} hold for inspection\r\n" in feed
    assert secret not in feed, "the officer may not know of it, though it is theirs"
    second = renewed()
    assert stranger.get("/calendar.ics", query_string={"token": first}).status_code == 403
    assert stranger.get("/calendar.ics", query_string={"token": second}).status_code == 200
    accounts.disable(sqlite.engine, OFFICER.email, by="test", at=sqlite.clock())
    assert stranger.get("/calendar.ics", query_string={"token": second}).status_code == 403


def test_an_auditor_sees_no_service(app: Flask, signed_in: SignedIn) -> None:
    client = app.test_client()
    sign_in(client, "auditor@example.gov.uk")

    assert client.get("/services").status_code == 403
