"""A review while it is written: kept for later, offered again, and brought onto a case that has changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Blueprint, abort, current_app, flash, g, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from mailbot.cases.history import Event
from mailbot.cases.store import CORRECTABLE, WRITTEN
from mailbot.cases.writings import Seen, Writing, Written
from mailbot.domain import Action, ActionKind, Case, FollowUp, Note
from mailbot.web import words

pages = Blueprint("writing", __name__, url_prefix="/case/<reference>/writing")

TOLD_ELSEWHERE = frozenset({"noted", "corrected", "decided", "message joined"})
"""Acts that are not told again beside the notes, actions and messages they left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What happened to a case since an officer had it before them; `answers` as (field, what it was, what it is)."""

    answers: Sequence[tuple[str, str, str]]
    notes: Sequence[Note]
    actions: Sequence[Action]
    messages: Sequence[FollowUp]
    acts: Sequence[Event]

    @property
    def any(self) -> bool:
        return bool(self.answers or self.notes or self.actions or self.messages or self.acts)


@pages.post("")
def keep(reference: str) -> Any:
    """Keeps the form as it stands; to the script that sends it while it is written, says when."""
    written = written_from(request.form, None)
    if written is None:
        abort(400)
    version = request.form.get("version", 0, type=int)
    at = current_app.extensions["mailbot"].writings.keep(reference, g.officer, version, written)
    if request.accept_mimetypes.best == "application/json":
        time = words.moment(at).split(", ")[1]
        return jsonify(kept="" if written.is_empty else f"Kept at {time}")
    flash("There is nothing to keep yet" if written.is_empty else f"Kept. Open {reference} again to go on with it")
    return redirect(url_for("case.show", reference=reference))


@pages.post("/throw-away")
def throw_away(reference: str) -> Any:
    """Keeps what was begun no longer."""
    current_app.extensions["mailbot"].writings.throw_away(reference, g.officer)
    flash("What you had begun is thrown away")
    return redirect(url_for("case.show", reference=reference))


def changed_page(case: Case, stands: Mapping[str, str]) -> str:
    """What the officer wrote beside what others changed meanwhile. It is kept, for them to go on with."""
    record, reference = current_app.extensions["mailbot"], case.entry.reference
    history = record.history.of(reference, g.officer)
    written = written_from(request.form, stands) or _nothing(stands)
    record.writings.keep(reference, g.officer, request.form.get("version", 0, type=int), written)
    return render_template(
        "changed.html",
        case=case,
        written=written,
        chosen=[kind for kind in ActionKind if kind in written.actions],
        since=since(written.seen, case, stands, history),
    )


def seen_of(case: Case, stands: Mapping[str, str], history: Sequence[Event]) -> str:
    """What the officer has before them, as the form carries it along."""
    seen = Seen(
        stands=dict(stands),
        notes=len(case.notes),
        actions=len(case.actions),
        messages=len(case.follow_ups),
        events=len(history),
    )
    return msgspec.json.encode(seen).decode()


def since(seen: Seen, case: Case, stands: Mapping[str, str], history: Sequence[Event]) -> Changes:
    """What is there now and was not when the officer had `seen` the case. Each list only ever grows at its end."""
    acts = [one for one in history[seen.events :] if one.act not in TOLD_ELSEWHERE and not one.act.startswith("read ")]
    return Changes(
        answers=[
            (field, seen.stands[field], now)
            for field, now in stands.items()
            if field in seen.stands and seen.stands[field] != now
        ],
        notes=case.notes[seen.notes :],
        actions=case.actions[seen.actions :],
        messages=case.follow_ups[seen.messages :],
        acts=acts,
    )


def written_from(form: Any, stands: Mapping[str, str] | None) -> Written | None:
    """What was put into a review's form: only the answers that differ from those the officer had before them.

    Where the form does not say what they had before them, `stands` counts as that; None without it.
    """
    try:
        seen = msgspec.json.decode(form.get("seen", ""), type=Seen)
    except msgspec.DecodeError:
        if stands is None:
            return None
        seen = _nothing(stands).seen
    given = {field: form[field].strip() for field in (*CORRECTABLE, *WRITTEN) if field in form}
    return Written(
        seen=seen,
        answers={field: value for field, value in given.items() if value != seen.stands.get(field, value)},
        actions=tuple(kind for kind in ActionKind if kind in form.getlist("actions")),
        reason=form.get("reason", ""),
        note=form.get("note", ""),
        close=form.get("close") == "yes",
    )


def going_on(writing: Writing) -> MultiDict[str, str]:
    """What was kept, as the form shows it over the case as it stands now."""
    written = writing.written
    form = MultiDict(list(written.answers.items()))
    form.setlist("actions", list(written.actions))
    form["reason"], form["note"] = written.reason, written.note
    if written.close:
        form["close"] = "yes"
    return form


def _nothing(stands: Mapping[str, str]) -> Written:
    return Written(seen=Seen(stands=dict(stands), notes=0, actions=0, messages=0, events=0), answers={})
