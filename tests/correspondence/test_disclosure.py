"""What gives a source away is found in a draft, and what only looks like it is let through."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
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
LETTERS_SECOND = Path(__file__).parent / "letters_second.jsonl"

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
        ({}, "Dear Mr Oakes,\n\nOur informant, Rhiannon, is afraid."),
        ({}, "Dear Ms Castell,\n\nThank you for writing to us."),
        ({}, "Dear Mr Oakes and Rhiannon,\n\nThank you."),
        ({}, "Rianon Castell has told us"),
        ({}, "CASTELL, Rhiannon"),
        (named("Mary-Jane Whitlow"), "as Mary Jane told us"),
        (named("Mary-Jane Whitlow"), "as MJ told us"),
        (named("Damian Rourke"), "Dear Responsible Individual,\n\nDR has added comments."),
        (named("Rebecca Thistlewood"), "as B. Thistlewood told us"),
        (named("Iain Macleod"), "as Ian McLeod told us"),
        (named("Lucy Bell"), "Note: Bell, L., to be told first."),
        (named("John Griffin"), "user jgriffin wrote it"),
        (named("Hope Lister"), "Hope has told us that the log is false."),
        (named("April Summers"), "When April rang us on 3 May she was upset."),
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
        (named("Gareth Wilkinson"), "Wilko was there"),
        (named("Elizabeth Ormerod"), "we rang Betsy"),
        (named("Wojciech Krol"), "Wojtek was there"),
        (told("I sign everything Tig-Tag as a joke."), 'the forms signed "Tig Tag"'),
        (told("I am Big Col to everyone at the home."), "Big Col was on"),
        (told("They named me Captain because of my hat."), "Captain was on"),
        (told("On the forum I'm Big Mags, if you look."), "posts by BigMags"),
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
        (named("Precious Ndlovu"), "Her safety is precious."),
        (named("Carol Noel"), "a carol service at Christmas"),
        (named("Gary Welsh"), "The Welsh Government was told. He speaks no English."),
        (named("May Winter"), "In May we will visit. May we ask for a reply?"),
        (named("Anthony Day"), "within five working days, day after day"),
        (named("Benjamin Ford"), "The home's Ford minibus; they had to ford a stream."),
        (named("Austin Reed"), "The car is an Austin. They read."),
        (named("Paris Holt"), "The trip to Paris was cancelled."),
        (named("Mark Lane"), "The Mark Lane Trust paid. We met at 4 Mark Lane."),
        (named("Stella Washington"), "The University of Washington."),
        (named("Ann Nicholls"), "Nichola Bright is the manager; Ms Bright has been told."),
        (named("Jan van der Berg"), "The van is unsafe. Van keys are on a hook."),
        (named("Tommy Rudd"), "Timmy, 9, is cold. Timmy was hurt."),
        (named("Maureen Titch"), "Mo, 9, has no coat."),
        (named("Sarah Pike", "The manager, Sarah Lomax, is kind."), "Dear Sarah,\n\nPlease reply."),
        (named("Ann Shore"), "They went ashore."),
        (named("Rhiannon Castell", "It's Saturday. It is cold."), "To be read on Saturday."),
        (named("Simon Hargreave"), "SH-2/checks\n\nYours sincerely,\nS. Haworth, Inspector (area SH-2)"),
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
        ({}, "Write to rhi dot castell at postbox dot example."),
        ({}, "Write to rhi.castell [at] postbox.example."),
        ({}, "Write to rhi . castell @ postbox . example."),
        ({}, "Questions may go to rhi castell (postbox)."),
        ({"address": "t.lambert1971@postbox.example", "name": "Theresa Lambert"}, "t dot lambert 1971 at postbox"),
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
        "oh-seven-seven-double-oh nine-hundred one-two-three",
        "07700 nine oh oh one two three",
        "ring 077OO 9OO123",
        "the last three digits of the mobile, 123",
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
        ({}, "the GL5-IXX address"),
        ({}, "at forty-eight Tanyard Road"),
        ({"postal": "The Old Forge, Pound Lane, Wells BA5 1XX"}, "at the old forge"),
        ({"postal": "Trevena, Station Road, Redruth TR15 2XX"}, "post it to Trevena only"),
        ({"postal": "5 High Street, Stroud GL5 1XX"}, "the caller in the High Street"),
        ({"postal": "14 Market Hill, Alston CA9 3XX"}, "nobody is to go to Market Hill"),
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
        ({"postal": "5 High Street, Stroud GL5 1XX"}, "the shops in the High Street"),
        ({"postal": "Orchard House, Mill Lane, Wells BA5 1XX"}, "an orchard; the house; the mill"),
    ],
)
def test_another_house_in_the_street_passes_and_so_does_a_street_where_it_happens(
    known: dict[str, Any], draft: str
) -> None:
    assert kinds(known, draft) == set()


KESTREL = {"employer": "Kestrel Care Staffing"}
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
        (KESTREL, "the feedback from Kestrel staff"),
        (KESTREL, "the name of the Kestrel contact"),
        (KESTREL, "Kestrel’s workers"),
        (KESTREL, "supplied through Kestrel"),
        (KESTREL, "KCS workers"),
        ({"employer": "St Botolph's Academy"}, "a teacher at Saint Botolph’s school"),
        ({"employer": "Minchin & Daughter Pharmacy"}, "it has not left Minchins pharmacy"),
        ({"employer": "Dr Mistry & Partners"}, "the Mistry practice"),
        ({"employer": "Borough of Ashmere Council"}, "The information came from Ashmere Council."),
        ({"employer": "Ovenden Lanterns"}, "You might ask the Lanterns project."),
        (COUNCIL, "Each placing authority is charged for it. For Wessex County Council, send the last review."),
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
        (KESTREL, "A kestrel was seen. The Kestrel pub is near."),
        ({"employer": "Pennine Supply Teachers"}, "a walk on the Pennine Way; supply teachers are used"),
        ({"employer": "Lancashire Homecare"}, "children in Lancashire; Lancashire County Council"),
        (
            COUNCIL,
            "To Wessex County Council\n\nEach placing authority is charged for it. Wessex County Council must say.",
        ),
        ({"employer": "Brightwell Nursing"}, "the Nursing team at the hospital"),
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
        (role("cook"), "the woman who does the meals"),
        (role("minibus driver"), "whoever drives the minibus"),
        (role("taxi driver"), "the cabbie who takes him to school"),
        (role("groundsman"), "the man who mows the pitches"),
        (role("laundress"), "your laundry lady"),
        (role("night senior"), "the senior on nights is unhappy"),
        (role("deputy manager"), "the second in charge told us"),
        (role("former registered manager"), "your previous manager has told us"),
        (role("football coach"), "the coach has kept dates"),
        (role("neighbour"), "the lady across the road"),
        (role("care leaver"), "a former resident told us"),
        (role("grandmother"), "her nan, who visits"),
        (role("supervising social worker"), "One of the agency's supervising social workers tells us so."),
        (role("residential support worker"), "a whistleblower on your staff"),
        (role("residential support worker"), "Someone on your night staff has come to us."),
        (role("support worker", "I am the only Sikh here."), "You have only one Sikh worker."),
        (role("support worker", "I am the only one who can drive."), "the only driver on the team"),
        (role("cricket coach"), "It was heard by the boys’ cricket coach."),
        (role("administrator"), "whoever runs your office"),
        (role("independent person"), "We have it from the independent person who visits."),
        (role("support worker", "I am the one member of the team who is deaf."), "the deaf worker on your team"),
        (role("retired magistrate and volunteer mentor"), "This comes from a retired magistrate."),
        (role("chimney sweep"), "It was a chimney sweep who came upon him."),
        (role("nurse"), "We have been told by one of the nursing team."),
        (role("nurse", "There are six of us nurses."), "We have been told by one of your nurses."),
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
        (role("team leader"), "the team leader on duty must be named on the rota"),
        (role("shift leader"), "who was the shift leader on each day?"),
        (role("school nurse"), "Please ask the school nurse or the GP to weigh each child."),
        (role("health visitor"), "We ask that the health visitor, the midwife and the doctor are asked."),
        (role("independent visitor"), "The health visitor is said to have called."),
        (role("regional manager"), "We are told that its regional managers leave often."),
        (role("foster carer"), "The foster carer is said to have put it down to a radiator."),
        (role("relative of a child"), "We have been told by the child."),
        (role("nurse", "There are six of us nurses."), "We have been told by one of the nursing team."),
        (role("residential support worker"), "An employee or former employee has said so."),
        (role("agency support worker"), "Send us a copy of what is given to an agency worker."),
        (role("deputy manager"), "The manager or, if she is away, the deputy manager should sign."),
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
        (told("I started here on 4 September."), "the file of the worker who joined on the fourth of September"),
        (told("I managed it from January 2021."), "since January 2021, when the person was in post"),
        (told("I have worked there eight years."), "an employee of eight years’ standing"),
        (told("I have worked there eight years."), "your worker of 8 years"),
        (told("I began last month."), "a worker who began last month"),
        (told("I am in my second term."), "a house parent who is only in her second term"),
        (told("I left the army eight months ago."), "somebody eight months out of the army"),
        (told("I have been there since lockdown."), "somebody on your books since lockdown"),
        (told("I am only here till Friday."), "one of your workers, who finishes on Friday"),
        (told("I start my new job on Monday."), "a person who is about to leave for another job"),
        (told("I have been there longer than anyone."), "your longest-serving member of staff"),
        (told("In thirty years of this work I have not seen it."), "a colleague with thirty years in this work"),
        (told("I went off with stress in May."), "the worker who has been off with stress since May"),
        (told("I finish on 30 November."), "You lose a good worker on 30 November."),
        (told("I lasted from 11 August to 3 October."), "anyone employed between 11 August and 3 October"),
        (told("My first shift was 2 September."), "a worker whose first shift was 2 September"),
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
        (told("I joined in September."), "the training of everybody who joined in September"),
        (told("I started in March."), "Who was appointed in March? Please tell us who was appointed in March."),
        (told("I was off sick in July."), "Please send the sickness record of each worker for July."),
        (told("I may be moved."), "a visit may have been missed by a worker"),
        (told("I work there twice a week."), "a worker who meets him once a week"),
        (told("I left at Easter."), "a child who left at Easter"),
        (told("I started on 4 June."), "The inspection of 4 June was of everyone employed since 3 May."),
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
        ("It is cold.\n\nRhiannon\nRegistered Integrative Psychotherapist, UKX 20771", "the registration UKX 20771"),
        ("It is cold.\n\nYours in sorrow not anger,\nRhiannon", "We end in sorrow not anger."),
        ("It is cold.\n\nOnwards and upwards,\nRhiannon", "Onwards and upwards,\n\nInspector"),
        ("It is cold.\n\nEver the optimist, R.", "Ever the optimist, R."),
        ("It is cold.\n\nÀ bientôt, Mme C.", "À bientôt\n\nInspector"),
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
        ("It is a prison with curtains.", "It was described to us as a prison with curtains."),
        ("The kids are treated like parcels.", "The children are treated like parcels."),
        ("He looked as if I had asked for the moon on a stick.", "as if he had been asked for the moon on a stick"),
        (
            "The rota is a work of fiction and always has been.",
            "that the rota is a work of fiction and always has been",
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
        (
            "Children are left alone at night and nobody checks on them.",
            "Children may be left alone at night and not be checked.",
        ),
        (
            "There is mould in the bathroom and the heating does not work.",
            "We hear of mould in the bathroom and that the heating does not work.",
        ),
        (
            "We apply to the Adoption and Special Guardianship Support Fund for therapy.",
            "Use of the Adoption and Special Guardianship Support Fund",
        ),
        (
            "Amelia Baines (13) and Jodie Crane (14) sleep outside.",
            "About Amelia Baines (13) and Jodie Crane (14)",
        ),
    ],
)
def test_plain_words_and_the_words_of_the_law_pass(text: str, draft: str) -> None:
    assert kinds({"text": text}, draft) == set()


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        (
            "The statement of purpose says that each child is offered three activities every week.",
            "Your statement of purpose says that each child is offered three activities every week.",
        ),
        (
            "The accounts show that a grant of ninety thousand pounds for a garden was spent.",
            "The published accounts show spending of a grant of ninety thousand pounds for a garden.",
        ),
        (
            "Regulation 12 says it. The standard is that children are enabled to keep themselves safe from harm.",
            'Regulation 12 provides that "children are enabled to keep themselves safe from harm".',
        ),
        (
            "A sign on the gate says that there are no ball games, no visitors and no excuses.",
            "A sign on the gate is said to forbid ball games: there are no ball games, no visitors and no excuses.",
        ),
    ],
)
def test_words_that_anybody_can_read_are_nobodys(text: str, draft: str) -> None:
    assert kinds(told(text), draft) == set()
    assert Giveaway.VERBATIM in kinds(told(text.split(" ", 4)[4]), draft.split(" ", 3)[3])


QUOTED = "boarders benefit from warm relationships and a homely house"


@pytest.mark.parametrize(
    ("text", "draft", "theirs"),
    [
        (f'Your own report says "{QUOTED}".', f"In our report of 12 March we said that “{QUOTED}”.", False),
        (f'She put up a video saying "{QUOTED}".', f"In a video on a public account she says: “{QUOTED}”.", False),
        (f'Regulation 9 says "{QUOTED}".', f"Regulation 9 sets standards. They include “{QUOTED}”.", False),
        (f"It is untrue that {QUOTED}.", f"In our report of 12 March we said that “{QUOTED}”.", True),
        (f'The manager has a rule: "{QUOTED}".', f"Regulation 9 forbids it. The rule is “{QUOTED}”.", True),
        (f'The manager told me "{QUOTED}".', f"Contrary to regulation 9 the manager says “{QUOTED}”.", True),
        (f'She wrote "{QUOTED}" to me.', f"Our report said otherwise. An e-mail reads “{QUOTED}”.", True),
    ],
)
def test_what_the_source_only_quotes_is_nobodys_where_the_draft_says_what_is_quoted(
    text: str, draft: str, *, theirs: bool
) -> None:
    assert (Giveaway.VERBATIM in kinds(told(text), draft)) is theirs


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
        (
            "I put the box under a blue tarpaulin behind the water tank.",
            "in the box under the blue tarpaulin behind the tank",
        ),
        (
            "I was given the wrong phone to charge and a message came up on the screen.",
            "the message that came up on the screen when the phone was being charged",
        ),
        (
            "In my supervision she told me that she would hold the notification until the inspection.",
            "what was said in supervision about holding the notification",
        ),
        ("I was sat in the laundry with the light off. Neither of them saw me.", "It was witnessed from the laundry."),
        ("I was alone on shift with him.", "the one who was alone on shift with him"),
        ("She said it to me and nobody else was there.", "what was said to one when nobody else was there"),
        ("I saw the bruise because I bath her.", "Only one adult has seen the bruise."),
        ("I told the manager.", "a colleague who had warned the manager"),
        ("I wrote to the manager about it.", "the letter to your manager"),
        ("She rang me on Sunday.", "the call in which she asked for it"),
        ("She told me so behind closed doors.", "what was agreed behind closed doors"),
        ("The file is called HR_actions_old.xlsx.", "Keep HR_actions_old.xlsx, please."),
        ("I saw the page headed Troublemakers List.", "the list headed Troublemakers List"),
        ("I was the only other person in it.", "what was said of the boy with only one person in the car"),
        ("I taped it on my phone.", "There is a recording of it."),
        (
            "He told me on Bank Holiday Monday, at the washing up.",
            "what he said over the washing up on the bank holiday",
        ),
        ("I was on lates with Darren. There was just us two.", "there were only two on the late shift"),
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
        ("She told the whole group that he comes at 5pm on Friday. I heard it.", "She expects him at 5pm on Friday."),
        ("The company bills for one to one staffing. I saw it.", "one to one staffing was not in place"),
        ("At 9pm the children go to bed.", "Please tell us why children go to bed at 9pm."),
        ("The Sanctions Log is wrong. I saw it.", "Please send the Sanctions Log."),
        ("I have told the manager three times.", "The home was inspected three times."),
        ("Nobody else saw it. I did.", "We do not know whether anybody else saw it."),
        ("I found two boys in the shed with a lighter. I was alone.", "Two boys are said to have had a lighter."),
        (
            "I saw Jack Sewell with Craig Denby in the office. I was alone.",
            "Craig Denby and Jack Sewell, of the office",
        ),
        ("A cylinder was empty. The nurses found it so. I was there.", "It is said that a cylinder was found empty."),
        ("I was alone with four of them.", "Only one adult was on duty, and was alone with children."),
        ("There are never enough of us. I saw him hit her.", "there were only two on the late shift"),
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


@given(TEXTS, TEXTS, st.one_of(st.just(SERVICE), st.text(max_size=20)))
def test_any_text_is_read_and_every_hit_stands_where_it_says(text: str, draft: str, service: str) -> None:
    source = replace(RHIANNON, text=text, role="night cook", employer="Brightwell Nursing Agency")
    for hit in check(source, service, draft):
        assert draft[hit.start : hit.end] == hit.text
        assert hit.text.strip()


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
    """The letters by which the rules were made: they show only that nothing has got worse (70 of 70, 50 of 50)."""
    recall, clean = measured([json.loads(line) for line in LETTERS.read_text("utf-8").splitlines()])

    assert recall >= 0.98
    assert clean >= 0.98


def test_the_letters_that_the_rules_first_met_unseen_are_judged_as_well_as_they_were() -> None:
    """Letters by another hand. Run once before the rules knew it: recall 0.90 and clean 0.80; since then 60 and 60.

    They too have shaped the rules by now, so that this shows only that nothing has got worse.
    """
    recall, clean = measured([json.loads(line) for line in LETTERS_SECOND.read_text("utf-8").splitlines()])

    assert recall >= 0.98
    assert clean >= 0.98
