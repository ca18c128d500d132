"""Whoever gives no name is taken just as seriously (P20, P24)."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from mailbot.correspondence.may_reply import may_reply
from mailbot.domain import Assessment, Confidentiality, Whistleblowing, priority_of
from tests.doubles import assessment, email


@pytest.mark.parametrize("anonymous", [True, False])
@pytest.mark.parametrize(
    "judged",
    [
        assessment(),
        assessment(immediate_risk=True),
        assessment(whistleblowing=Whistleblowing.QUALIFYING),
        assessment(whistleblowing=Whistleblowing.NOT_COVERED, confidentiality=Confidentiality.REQUESTED),
    ],
)
def test_whether_a_name_is_given_changes_no_letter(judged: Assessment, anonymous: bool) -> None:
    assert may_reply(email(), dataclasses.replace(judged, anonymous=anonymous)) == may_reply(email(), judged)


def test_the_place_in_the_queue_is_reckoned_from_the_danger_and_the_kind_alone() -> None:
    assert set(inspect.signature(priority_of).parameters) == {
        *("kind", "remit", "immediate_risk", "adult_in_danger", "situations", "look_first"),
    }
