"""What a source tells of their own work in what they wrote: their role, and who employs them.

The vault knows a name and addresses; a job that few hold gives somebody away as surely. Only what is said in the first
person counts, and what stands beneath a sign-off.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mailbot.correspondence.letter_text import Source

_WORK = (
    r"worker|carer|manager|nurse|teacher|tutor|lecturer|mentor|officer|practitioner|assistant|therapist|psychologist|"
    r"psychiatrist|counsellor|doctor|gp|midwife|cook|chef|cleaner|housekeeper|driver|escort|handyman|gardener|caretaker|"
    r"administrator|secretary|receptionist|clerk|bookkeeper|accountant|auditor|inspector|guardian|advocate|visitor|"
    r"panel member|chair|trustee|governor|volunteer|student|apprentice|trainee|intern|solicitor|barrister|paralegal|"
    r"interpreter|consultant|coordinator|co-ordinator|supervisor|leader|lead|head|deputy|director|custodian|chaplain|"
    r"coach|instructor|technician|electrician|plumber|engineer|contractor|guard|porter|parent|matron"
)
_ROLE = rf"(?P<role>(?:[\w'-]+[ ]){{0,5}}?(?:{_WORK}))\b"
_FIRST_PERSON = re.compile(
    r"\b(?:i(?:'m|’m| am| was|'ve been| have been)|i (?:work|worked)(?: here| there)? as|"
    r"my (?:job|role|post) (?:is|was)|speaking as|writing as|as)"
    rf"\s+(?:an?|the|their|your|his|her|one of the)\s+(?:(?:only|sole|former|new)\s+)?{_ROLE}",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"(?:^|\n)[ \t]*(?:(?:kind|best|warm|many)?[ \t]*(?:regards|wishes|thanks)|yours(?:[ \t]\w+){0,2}|thank you)"
    rf"[,.! \t]*\n(?:[^\n]*\n){{1,3}}?[ \t]*{_ROLE}[ \t,]*(?:\n|$)",
    re.IGNORECASE,
)
_NAME = r"(?:the )?[A-Z][\w'’&.-]*(?:[ ](?:[A-Z][\w'’&.-]*|of|and|for|the|upon))*"
_EMPLOYED = re.compile(
    r"\b[Ii](?:'m|’m| am| was|'ve been| have been|)? ?(?:still |now |also )?"
    r"(?:work(?:ed|ing)?|employed|nurs(?:e|ed)|teach|taught)(?: as [^.,;\n]{3,60}?)? (?:at|for|by|with) "
    rf"(?P<employer>{_NAME})"
)
_WORKING_AT = re.compile(rf"(?:{_WORK}) (?:at|for|with|from) (?P<employer>{_NAME})")


def with_work(source: Source) -> Source:
    """The source with role and employer as their text tells them, where they are not known otherwise."""
    role = _FIRST_PERSON.search(source.text) or _SIGNED.search(source.text)
    employed = _EMPLOYED.search(source.text) or (_WORKING_AT.search(source.text) if role else None)
    return replace(
        source,
        role=source.role or (" ".join(role["role"].split()) if role else ""),
        employer=source.employer or (_without_end(employed["employer"]) if employed else ""),
    )


def _without_end(name: str) -> str:
    """The name without what leads on from it: "Larch House and" is Larch House."""
    return re.sub(r"(?:\s+(?:of|and|for|the|upon))+$", "", name).rstrip(".,")
