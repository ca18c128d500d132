"""The source's name in a draft: whole or in part, in letters, run together in a user name, or as they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from mailbot.correspondence import giveaway_words as tables
from mailbot.correspondence.letter_text import (
    Draft,
    Giveaway,
    Hit,
    Source,
    body_of,
    plain_of,
    runs_of,
    signed_names,
    small_words,
)
from mailbot.correspondence.namesakes import (
    Seen,
    first_name_of_another,
    given_is_theirs,
    has_initials,
    in_two,
    made_from,
    name_of,
    nickname_is_theirs,
    other_follows,
    same_name,
    short_for,
    spelt_in,
    surname_is_theirs,
)
from mailbot.nicknames import alike


def names(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """The name, whole or in part, misspelt, shortened or inflected; not where it is plainly somebody else's."""
    name = name_of(source.name)
    for number, word in enumerate(draft.words):
        seen = Seen(source, name, draft, number)
        if any(same_name(word, one, source, draft) for one in name.surnames) and not first_name_of_another(seen):
            start = surname_is_theirs(seen)
            if start is not None:
                yield draft.hit(Giveaway.NAME, start, word.end)
        elif any(same_name(word, one, source, draft) or short_for(word, one, seen) for one in name.givens):
            if given_is_theirs(seen):
                own = any(same_name(word, one, source, draft) for one in name.givens)
                yield draft.hit(Giveaway.NAME if own else Giveaway.NICKNAME, word.start, word.end)
        elif any(made_from(word.plain, one) for one in name.surnames) and nickname_is_theirs(seen):
            yield draft.hit(Giveaway.NICKNAME, word.start, word.end)
        elif (
            seen.after
            and draft.text[word.end] in " -"
            and word.written[0].isupper()
            and in_two(word.plain, seen.after.plain, name)
        ):
            yield draft.hit(Giveaway.NAME, word.start, seen.after.end)


def initials(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """Initials, unless they are an abbreviation or those of somebody whom the draft names."""
    name = name_of(source.name)
    for letters in name.initials - tables.ABBREVIATIONS:
        pairs = pairwise(draft.words)
        if any(has_initials(letters, *pair) and pair[1].plain not in name.surnames for pair in pairs):
            continue
        for first, last in spelt_in(letters, draft):
            yield draft.hit(Giveaway.NAME, first.start, last.end)


def titled_letters(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """Mr Y. and the like, unless somebody else whose name begins so is spoken of."""
    letters = {one[0].upper() for one in name_of(source.name).surnames}
    for match in re.finditer(r"\b(?:Mrs?|Ms|Miss|Dr|Mx)\.? ([A-Z])\b(?!['’\w])\.?", draft.text):
        others = re.compile(rf"\b(?:Mrs?|Ms|Miss|Dr|Mx|[A-Z][a-z]+)\.? {match[1]}[a-z]+")
        if match[1] in letters and not others.search(draft.text) and not others.search(body_of(source)):
            yield draft.hit(Giveaway.NAME, match.start(), match.end())


def user_names(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """A user name or the name of a file that runs the surname and more of the name together."""
    name = name_of(source.name)
    joined = {one for one in name.surnames if len(one) >= 5} - draft.service
    before = name.givens | {one[0] for one in name.givens} | {one.lower() for one in name.initials}
    before |= {short for one in name.givens for short in alike(one)} | {one[:-1].lower() for one in name.initials}
    for word in draft.words:
        for one in joined:
            rest = re.sub(r"\d", "", word.plain).replace(one, "", 1)
            if one in word.plain and rest in before and not (rest == "a" and one in tables.WORD_NAMES):
                yield draft.hit(Giveaway.NAME, word.start, word.end)


def nicknames(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """What they call themselves in the message: as they sign, or say that they are called."""
    name = name_of(source.name)
    own = {plain_of(match["name"]) for match in tables.CALLED.finditer(source.text)}
    own |= {plain_of(word) for word in signed_names(source.text)}
    ordinary = tables.COMMON | tables.TITLES | tables.EVERYDAY | tables.ORDINARY_ROLES | draft.service | name.parts
    small = small_words(source)
    for one in own - ordinary - {""}:
        joined = runs_of([one.replace(" ", "")], draft) if " " in one else ()
        for first, last in (*runs_of(one.split(), draft), *joined):
            written = draft.words[first].written
            plainly = written[:1].isupper() or (one not in tables.WORD_NAMES and len(one) > 3 and one not in small)
            another = first == last and other_follows(Seen(source, name, draft, first))
            if len(one) > 1 and plainly and not another:
                yield draft.hit_at(Giveaway.NICKNAME, first, last)
