"""A source's role and employer are read from what they say of themselves, and of nobody else."""

from __future__ import annotations

import pytest

from mailbot.correspondence.disclosure import Giveaway, Source, check
from mailbot.correspondence.told_of_self import with_work


@pytest.mark.parametrize(
    ("text", "role", "employer"),
    [
        ("I am the only night waking support worker at Larch House.", "night waking support worker", "Larch House"),
        ("I'm a bank nurse and I work for Tarn Agency on Fridays.", "bank nurse", "Tarn Agency"),
        ("I have been an independent visitor since 2019.", "independent visitor", ""),
        ("As a registered foster carer I see him daily.", "registered foster carer", ""),
        ("I worked at The Larches of Ludlow and left.", "", "The Larches of Ludlow"),
        ("Cold at night.\n\nKind regards\nJo Sandiford\nSenior Practitioner\nLeeds", "Senior Practitioner", ""),
        ("The night worker at Larch House shouts. He is a manager.", "", ""),
        ("My son is at Larch House.", "", ""),
    ],
)
def test_the_work_of_a_source(text: str, role: str, employer: str) -> None:
    told = with_work(Source(text=text))

    assert (told.role, told.employer) == (role, employer)


def test_what_is_known_already_stays() -> None:
    told = with_work(Source(text="I am a cook at Larch House.", role="chef", employer="Tarn"))

    assert (told.role, told.employer) == ("chef", "Tarn")


def test_a_draft_that_names_a_rare_job_or_another_employer_is_a_hit() -> None:
    source = with_work(
        Source(name="Jo Sandiford", text="I am the art therapist. I work for Tarn Agency, at Larch House.")
    )
    hits = check(source, "Larch House", "Your art therapist, whom Tarn Agency sends, tells us that it is cold.")

    assert {Giveaway.JOB, Giveaway.EMPLOYER} <= {hit.what for hit in hits}
