"""The pages of annual reports: published ones for every role, drafts for whistleblowing officers alone."""

from __future__ import annotations

from mailbot.domain import Role
from tests.conftest import Installation
from tests.reports.year_2017_18 import seed_2017_18
from tests.web.conftest import SignedIn, token_of


def test_the_pages_show_everybody_what_is_published_and_drafts_to_whistleblowing_officers(
    sqlite: Installation, signed_in: SignedIn
) -> None:
    seed_2017_18(sqlite)
    officer, lead = signed_in(Role.OFFICER), signed_in(Role.WHISTLEBLOWING_OFFICER)
    assert "No report has been published yet" in officer.get("/reports").text
    assert officer.get("/reports/annual?year=2017-18").status_code == 403
    assert officer.get("/reports/annual/2017-18").status_code == 404
    assert "not a reporting year" in lead.get("/reports/annual?year=2017").text

    draft = lead.get("/reports/annual?year=2017-18").text
    assert "271" in draft
    as_at = draft.split('name="as_at" value="')[1].split('"')[0]
    form = {"csrf_token": token_of(draft), "year": "2017-18", "as_at": as_at}
    assert "stays as it is" in lead.post("/reports/annual", data=form, follow_redirects=True).text
    assert lead.post("/reports/annual", data=form).status_code == 409

    assert "2017-18" in officer.get("/reports").text
    page = officer.get("/reports/annual/2017-18")
    assert "[c]" in page.text
    assert "Draft" not in page.text
    sheet = officer.get("/reports/annual/2017-18/csv")
    assert sheet.headers["Content-Disposition"] == 'attachment; filename="workers-disclosures-2017-18.csv"'
    assert "Qualifying disclosures by workers,271" in sheet.text
