"""What gives a source away is found in a draft, and what only looks like it is let through."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.correspondence.disclosure import Giveaway, Hit, LetterPurpose, Source, Verdict, check, verdict

SERVICE = "Larch House"
RHIANNON = Source(
    name="Rhiannon Castell",
    address="rhi.castell@postbox.example",
    postal="48 Tanyard Road, Stroud GL5 1XX",
    phones=("07700 900123", "01632 960777"),
    role="residential support worker",
    employer=SERVICE,
    text="I work at Larch House. The children are cold.\n\nRhiannon",
)
LETTERS = Path(__file__).parent / "letters.jsonl"

Case = tuple[dict[str, Any], str]


def kinds(known: dict[str, Any], draft: str) -> set[Giveaway]:
    return {hit.what for hit in check(replace(RHIANNON, **known), SERVICE, draft)}


def named(name: str, text: str = "It is cold.", **more: Any) -> dict[str, Any]:
    return {"name": name, "text": text, **more}


def told(text: str) -> dict[str, Any]:
    return {"text": f"{text}\n\nRhiannon"}


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        ({}, "We spoke to R. Castell about it."),
        ({}, "as Castel said, it is cold"),
        ({}, "the castell file"),
        ({}, "See Castell_R_notes.docx, attached."),
        ({}, "user rcastell logged it"),
        ({}, "Please do not ask Rhiannon about it."),
        ({}, "R.C. told us so."),
        (named("Siobhan Kelly-Moore"), "Mrs Kelly Moore may be absent."),
        (named("Siobhan Kelly-Moore"), "as Kellymoore has it"),
        (named("Fergus MacAllister"), "We rely on Mc Allister for this."),
        (named("Tariq Shaikh"), "Mr Sheikh has told us."),
        (named("Michał Wójcik"), "Michal is not to be blamed."),
        (named("Jürgen Müller"), "Mr Mueller may be absent."),
        (named("Brendan O’Sullivan"), "Mr OSullivan may be absent."),
        (named("Katarzyna Lewandowska"), "Mr Lewandowski may be absent."),
        (named("Thomas Rose"), "Mr Rose should not be asked."),
        (named("Thomas Rose"), "we thank T. Rose for it"),
        (named("Grace Bell"), "Please keep Grace on the rota."),
        (named("Christopher Yates"), "Mr Y. has said as much."),
        (named("Joan Bury", "I live in Bury.", postal="3 Mill Lane, Bury BL9 1AA"), "Mrs Bury should not be asked."),
    ],
)
def test_a_name_is_found_however_it_is_written(known: dict[str, Any], draft: str) -> None:
    assert Giveaway.NAME in kinds(known, draft)


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        (named("Darren Robinson"), "It is said that Robbo knows."),
        (named("Karen Smith"), "that Smithy was there"),
        (named("Karen Gibson"), "and Gibbo was not there"),
        (named("Barry Jones"), "and Bazza was not there"),
        (named("Barry Jones"), "the one known as jonesy"),
        (named("Thomas Rose"), "We thank Tom for it."),
        (named("Oluwaseun Adebayo"), "We have heard Seun on this."),
        ({}, "Rhi is worried about the heating."),
        (told("The kids call me Big Mags."), "and Big Mags may be asked"),
        (told("At work I am known as Teddy."), "teddy is not to be asked"),
    ],
)
def test_a_nickname_is_found_whether_it_is_told_or_made_from_the_name(known: dict[str, Any], draft: str) -> None:
    assert kinds(known, draft) & {Giveaway.NAME, Giveaway.NICKNAME}


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        (named("Thomas Rose"), "The number rose. Rose bushes grow. The Rose Trust is a charity."),
        (named("Ann March"), "Our visit in March was announced. March was cold."),
        (named("Ann Marsh"), "Our visit in March 2024."),
        (named("Peter Ellis"), "A child, Ellie Dunn, is cold."),
        (named("Amy Preston", "I live in Preston.", postal="1 Fore Street, Preston PR1 1AA"), "Larch House, Preston."),
        (named("Amy Preston"), "Preston City Council was told. It is in Preston."),
        (named("Sam Khan", "The manager is Imran Khan."), "Dear Mr Khan,\n\nPlease tell us, Mr Khan, why."),
        (named("Sam Khan"), "Imran Khan is the manager. We have not told Mr Khan."),
        (named("Lucy Webb", "A child called Lucy is cold."), "Lucy is cold."),
        (named("Rita Irwin"), "The RI should answer."),
        (named("Jane Bright"), "Please sign in full, Janet Beckett, and not J.B."),
        (named("Olive Grant"), "A grant was made. Grant funding stopped."),
        (named("Will Young"), "Will you send the plan? Young people are cold."),
        (named("Julie Brown"), "Yours sincerely,\nJulia Mason\nInspector"),
        (named("Jo Hall"), "They shall meet in the Hall. Hall Road is near."),
        (named("June Day"), "By 4 June each day. In June 2024."),
        (named("Emma Reid"), "Please read this. Read the plan."),
        (named("Mary Bishop"), "Bishop Auckland, in Bishop Auckland"),
        (named("Larch Housego"), "Larch House is cold."),
    ],
)
def test_somebody_else_a_place_or_an_ordinary_word_is_no_name(known: dict[str, Any], draft: str) -> None:
    assert kinds(known, draft) == set()


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        ({}, "Write to rhi.castell@postbox.example."),
        ({}, "Write to rhi.castel@postbox.example."),
        ({}, "Write to r***@postbox.example."),
        ({}, "copy to rhi_castell please"),
        ({"address": "stardust77@postbox.example"}, "user Stardust77 wrote"),
    ],
)
def test_an_address_is_found_whole_in_part_or_nearly(known: dict[str, Any], draft: str) -> None:
    assert Giveaway.ADDRESS in kinds(known, draft)


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        ({"address": "castell@larchhouse.example"}, "Write to office@larchhouse.example."),
        ({"address": "manager@larch.example", "text": "It is cold."}, "The manager said so."),
    ],
)
def test_the_addresses_of_the_service_and_its_offices_pass(known: dict[str, Any], draft: str) -> None:
    assert kinds(known, draft) == set()


@pytest.mark.parametrize(
    "draft",
    [
        "ring 07700900123",
        "ring (01632) 960-777",
        "ring 0044 7700 900 123",
        "ring +44 (0)7700 900123",
        "a number ending in 123",
        "the last three digits are 777",
        "the local number 960777",
        "oh seven seven double oh, nine double oh, one two three",
    ],
)
def test_a_telephone_number_is_found_however_it_is_given(draft: str) -> None:
    assert kinds({}, draft) == {Giveaway.PHONE}


@pytest.mark.parametrize(
    "draft", ["ring 0300 123 1231 or 01632 960778", "by 12 March 2024, within 28 days, 900 in all"]
)
def test_other_numbers_pass(draft: str) -> None:
    assert kinds({}, draft) == set()


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        ({}, "to 48, Tanyard Rd."),
        ({}, "the house in Tanyard Rd"),
        ({}, "at 48 Tanyard"),
        ({}, "at gl51xx"),
        ({}, "someone in GL5"),
        ({}, "the flat at number 48"),
        ({}, "a person from Stroud"),
        ({"postal": "Flat 3, 12 St James Court, Stroud GL5 1XX"}, "at 12 Saint James Ct"),
        ({"postal": "The Old Forge, Pound Lane, Wells BA5 1XX"}, "the Old Forge"),
    ],
)
def test_an_address_by_post_is_found_shortened_or_in_part(known: dict[str, Any], draft: str) -> None:
    assert kinds(known, draft) == {Giveaway.POSTAL}


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        ({}, "Larch House, 12 Tanyard Road, Stroud GL5 2AB"),
        (told("The home in Tanyard Road is noisy."), "the home in Tanyard Road is noisy"),
        ({"postal": "7 Station Road, Stroud GL5 1XX"}, "the police station and the road"),
    ],
)
def test_another_house_in_the_street_passes_and_so_does_a_street_where_it_happens(
    known: dict[str, Any], draft: str
) -> None:
    assert kinds(known, draft) == set()


AGENCY = {"employer": "Brightwell Nursing Agency", "role": "bank nurse"}
COUNCIL = {"employer": "Wessex County Council", "role": "social worker"}


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        (AGENCY, "sent by Brightwell Nursing"),
        (AGENCY, "the Brightwell agency"),
        ({"employer": "St Werburgh Hospice"}, "people of Saint Werburgh Hospice"),
        ({"employer": "Bright Sparks Education Ltd"}, "a BrightSparks person"),
        (COUNCIL, "We were told this by Wessex County Council."),
    ],
)
def test_an_employer_is_found_by_the_name_that_people_use(known: dict[str, Any], draft: str) -> None:
    assert Giveaway.EMPLOYER in kinds(known, draft)


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        ({}, "Larch House is cold."),
        ({"employer": "Larch Care Ltd"}, "Larch Care Ltd must reply."),
        ({"employer": "Oakfield Ltd"}, "Dear Sir\n\nOakfield Ltd: Larch House\n\nWe ask Oakfield Ltd for a reply."),
        ({"employer": "Oakfield Ltd", "text": "Oakfield Ltd runs Larch House."}, "Oakfield Ltd is reminded of this."),
        (COUNCIL, "Your authority, Wessex County Council, placed the child."),
    ],
)
def test_the_company_of_the_service_and_the_council_written_to_pass(known: dict[str, Any], draft: str) -> None:
    assert kinds(known, draft) == set()


def role(role: str, text: str = "It is cold.\n\nRhiannon") -> dict[str, Any]:
    return {"role": role, "text": text}


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        (role("cook"), "the chef may be asked"),
        (role("housekeeper"), "your house-keeper saw it"),
        (role("school nurse"), "the nurse at the school told us"),
        (role("panel chair"), "your panel chairman"),
        (role("social work student"), "We were told by a student social worker on placement."),
        (role("occupational therapist"), "the OT who visits"),
        (role("deputy manager"), "Your deputy has told us."),
        (role("foster carer"), "One of your foster carers has complained to us."),
        (role("night care assistant"), "We were told by one of your night workers."),
        (role("residential support worker"), "The concern came from a member of your staff."),
        (role("grandmother"), "the child’s nan rang us"),
        (role("support worker", "I am the only man on nights."), "your only male night worker"),
    ],
)
def test_a_job_is_found_where_it_means_one_person_or_the_report_is_theirs(known: dict[str, Any], draft: str) -> None:
    assert Giveaway.JOB in kinds(known, draft)


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        (role("cook"), "Please send the menus and the rota for the kitchen."),
        (role("residential support worker"), "Mr Gale, a support worker, is said to have hit her."),
        (role("residential support worker"), "It was agreed by her social worker."),
        (role("foster carer"), "We have been told that the foster carer pulls her hair."),
        (role("mother"), "It is alleged that his mother’s partner is there."),
        (role("registered manager"), "Dear Registered Manager,\n\nPlease send us the plan."),
        (role("night support worker"), "The home says that only one adult is on duty at night, of the night staff."),
        (role("handyman"), "Please send the maintenance book."),
        (role("deputy manager"), "It is alleged that the manager has told them to wait."),
        (role("school nurse"), "Please tell us how a school nurse is involved."),
    ],
)
def test_a_common_job_and_a_job_of_somebody_else_pass(known: dict[str, Any], draft: str) -> None:
    assert kinds(known, draft) == set()


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        (told("I started at Larch House in June."), "somebody who joined you in June"),
        (told("I have been at Larch House for twelve years."), "one who has worked there for 12 years"),
        (told("I worked there from May until August."), "from a worker who was employed between May and August"),
        (told("I come in on Wednesdays and work with two boys."), "the person who comes in on Wednesdays"),
        (told("I have handed in my notice."), "a person who has handed in notice"),
        (told("I left in the spring."), "someone who left in the spring"),
        (told("I have been there since May."), "your newest recruit"),
    ],
)
def test_when_they_came_and_went_is_found_in_figures_and_words(known: dict[str, Any], draft: str) -> None:
    assert Giveaway.EMPLOYMENT in kinds(known, draft)


@pytest.mark.parametrize(
    ("known", "draft"),
    [
        (told("I started in March."), "Please send the training record of each worker who started since March."),
        (told("I started in March."), "At our inspection in March we asked for this."),
        (told("I left in June."), "The children left in June. We visited in June."),
        (told("I was suspended in June."), "The children were suspended from school."),
        (told("I have worked here for three years."), "The home has been open for three years."),
    ],
)
def test_the_same_month_of_an_inspection_a_record_or_a_child_passes(known: dict[str, Any], draft: str) -> None:
    assert kinds(known, draft) == set()


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        ("It is cold.\n\nPob hwyl,\nRhiannon", "Pob hwyl\n\nInspector"),
        ("It is cold.\n\nEvery blessing,\nRhiannon", "Every blessing"),
        ("It is cold.\n\nKind regards\nR Castell BSc (Hons), PIN 18X0042", "held under PIN 18X0042"),
        ("It is cold.\n\nR.C.\nSession Lead, Blue Team", "signed Session Lead, Blue Team"),
        ("It is cold.\n\nKeep smiling!\nRhiannon", "Keep smiling!"),
    ],
)
def test_a_signature_and_a_rare_sign_off_are_found(text: str, draft: str) -> None:
    assert kinds({"text": text}, draft) == {Giveaway.SIGNATURE}


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        ("It is cold.\n\nYours sincerely\nRhiannon", "Yours sincerely"),
        ("It is cold.\n\nThanks for your time,\nRhiannon", "Thanks for your time and help."),
        ("It is cold.\n\nR Castell\nResidential Support Worker", "Please list every residential support worker."),
    ],
)
def test_everybodys_sign_off_passes(text: str, draft: str) -> None:
    assert kinds({"text": text}, draft) == set()


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        ("They lock the larder like it was the crown jewels.", "the larder is locked like it was the crown jewels"),
        ("We were told to keep our mouths shut or else.", "told to “keep our mouths shut”"),
        ("It is definately deliberate.", "it is definately the case"),
        (
            "The manager lets the older lads run the place while she sits in the office doing her nails.",
            "The manager lets the older boys run the place while she sits in her office doing her nails, we hear.",
        ),
    ],
)
def test_their_own_words_are_found_with_some_changed(text: str, draft: str) -> None:
    assert Giveaway.VERBATIM in kinds({"text": text}, draft)


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        (
            "There are not enough staff at the home and it is bad.",
            "There are not enough staff at the home, we are told.",
        ),
        (
            "It is an offence under section 31 of the Care Standards Act 2000 to obstruct an inspector.",
            "It is an offence under section 31 of the Care Standards Act 2000 to obstruct an inspector.",
        ),
        ("He is as well as can be.", "He is as well as can be expected."),
    ],
)
def test_plain_words_and_the_words_of_the_law_pass(text: str, draft: str) -> None:
    assert kinds({"text": text}, draft) == set()


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        ("At twenty past nine on Monday I saw him push her.", "at 9.20pm on Monday he pushed her"),
        ("At 21:20 on Monday I saw him push her.", "at twenty past nine he pushed her"),
        ("I heard it at a quarter to six in the morning.", "at 5.45am he shouted"),
        ('There is a file called "Petty Cash True Figures".', "the file Petty Cash True Figures"),
        ('There is a file called "Petty Cash True Figures".', 'the file called "Petty Cash True Figures"'),
        ("I was told to sign it and refused.", "someone was told to sign it and refused"),
        ("I have written to the manager six times.", "the manager was written to six times"),
        ("I was behind the door.", "He was seen from behind the door."),
        ("I was behind the door.", "There was only one witness, and nobody else heard it."),
        ("I told the manager in her office.", "as she told the manager"),
    ],
)
def test_what_only_few_could_know_is_found(text: str, draft: str) -> None:
    assert Giveaway.FEW in kinds({"text": text}, draft)


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        ("The fire engine came at 3.15am and the whole street saw.", "The fire service attended at 3.15am."),
        ("They are locked out from nine until four.", "locked out between 9am and 4pm"),
        ("Bedtime is 7.30pm for everyone.", "Bedtime is said to be 7.30pm."),
        ("At 5pm I saw him hit her.", "Please reply by 5pm."),
        ("I saw it at 4.15pm.", "regulation 4.15 and £4.15"),
        ("I refused to sign.", "The child refused to eat."),
        ("It is cold.", "He is the only adult on duty at night. Only one person was on duty."),
    ],
)
def test_what_many_know_a_deadline_and_a_routine_pass(text: str, draft: str) -> None:
    assert kinds({"text": text}, draft) == set()


def test_identity_blocks_except_in_an_urgent_referral_and_a_good_guess_warns() -> None:
    name, few = (Hit(what=what, text="x", start=0, end=1) for what in (Giveaway.NAME, Giveaway.FEW))

    assert verdict([], LetterPurpose.ASK_THE_SERVICE) is Verdict.PASS
    assert verdict([name, few], LetterPurpose.ASK_THE_SERVICE) is Verdict.BLOCK
    assert verdict([name], LetterPurpose.SHARE_WITH_BODY) is Verdict.BLOCK
    assert verdict([name], LetterPurpose.REFER_TO_AUTHORITY) is Verdict.WARN
    assert verdict([few], LetterPurpose.ASK_THE_SERVICE) is Verdict.WARN


WORDS = (
    "Rhiannon|Castell|R.C.|Mr C.|cook|the|your only male|night worker|told us|at|6.40pm|ten past three|48|"
    "Tanyard Rd|GL5|07700 900123|nineteen years|who joined in|June|“It is cold.”|\n|. |, |’s|Dear |Yours|@|(|"
    "Brightwell|Nursing|I am the|Pob hwyl,|"
    'file called "Night Log"|rhi.castell@postbox.example|ß|İ|\u0301|😀|_|1|²'
)
PIECES = st.lists(st.sampled_from(WORDS.split("|")), max_size=30).map(" ".join)
TEXTS = st.one_of(st.text(max_size=200), PIECES)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.one_of(st.just(SERVICE), st.text(max_size=20)))
def test_any_text_is_read_and_every_hit_stands_where_it_says(text: str, draft: str, service: str) -> None:
    source = replace(RHIANNON, text=text, role="night cook", employer="Brightwell Nursing Agency")
    for hit in check(source, service, draft):
        assert draft[hit.start : hit.end] == hit.text
        assert hit.text.strip()


@settings(deadline=None)
@given(*[st.text(max_size=30)] * 6, PIECES)
def test_anything_may_be_known_of_a_source(
    name: str, address: str, postal: str, phone: str, role: str, employer: str, draft: str
) -> None:
    source = Source(
        name=name, address=address, postal=postal, phones=(phone,), role=role, employer=employer, text=draft
    )
    for hit in check(source, SERVICE, draft):
        assert draft[hit.start : hit.end] == hit.text


def measured(letters: list[dict[str, Any]]) -> tuple[float, float]:
    """The share of drafts with a giveaway that are flagged, and of clean ones that pass."""
    passed: dict[bool, list[bool]] = {True: [], False: []}
    for letter in letters:
        known = {key: value or "" for key, value in letter["identity"].items() if key != "phones"}
        source = Source(**known, phones=tuple(letter["identity"].get("phones") or ()), text=letter["source_text"])
        passes = not check(source, letter["service_name"], letter["draft"])
        passed[letter["expected"] == Verdict.PASS].append(passes)
    return 1 - sum(passed[False]) / len(passed[False]), sum(passed[True]) / len(passed[True])


def test_the_written_letters_are_judged_as_well_as_they_were() -> None:
    """Letters by somebody who had not seen this code; the figures are those reached (64 of 70, 45 of 50), less 0.02."""
    recall, clean = measured([json.loads(line) for line in LETTERS.read_text("utf-8").splitlines()])

    assert recall >= 64 / 70 - 0.02
    assert clean >= 45 / 50 - 0.02
