"""Where a letter speaks of one person by the work they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailbot.correspondence import giveaway_words as tables
from mailbot.correspondence.letter_text import Draft, beside, is_one, salutation_end, says_who, sign_off_start, singular

_DEFINITE = frozenset("the your our its their his her this that".split())
_INDEFINITE = frozenset("a an one another former".split())


def role_told(role: Sequence[str], draft: Draft) -> Iterator[tuple[int, int]]:
    """Where the draft speaks of one person by that role or by another word for the same work, as start and end."""
    families = [tables.same_work(word) for word in role]
    greeting, signed = salutation_end(draft.text), sign_off_start(draft.text)
    at = 0
    while at < len(draft.words):
        end, covered = _role_words(families, draft, at)
        first, at = at, max(end, at + 1)
        if not covered or not greeting <= draft.words[first].start < signed:
            continue
        told = [word.plain for word in draft.words[first:end]]
        next_word = draft.words[end].plain if end < len(draft.words) else ""
        if set(told) <= tables.ACTIVITIES and next_word not in tables.PERSON_NEXT:
            continue
        start, article = _article(draft, first)
        if not is_one(told[-1]) and article != "one of":
            continue
        foreign = first and draft.words[first - 1].plain in tables.OTHER_WORK - set(role)
        where = (start, draft.words[end - 1].end)
        if _names_the_one(role, covered, told, article) or (
            article and not foreign and _is_the_role(role, covered, told) and says_who(draft.text, *where)
        ):
            yield where


def _is_the_role(role: Sequence[str], covered: set[int], told: Sequence[str]) -> bool:
    """Whether so much of the role is told that it is that work and no other."""
    if any(word in tables.SOLE_ROLES for word in told):
        return True
    return len(role) - 1 in covered and (len(role) == 1 or role[-1] not in tables.OFFICES or len(covered) == len(role))


def _names_the_one(role: Sequence[str], covered: set[int], told: Sequence[str], article: str) -> bool:
    """Whether the words, after the or your, can mean only one person in such a place."""
    telling = {number for number, word in enumerate(role) if word not in tables.ORDINARY_ROLES}
    sole = bool(covered & telling) and any(word in tables.SOLE_ROLES for word in told)
    enough = bool(telling) and len(role) - 1 in covered and len(covered & telling) >= min(len(telling), 2)
    narrowed = not telling and len(covered) == len(role) > 1 and any(word in tables.QUALIFIERS for word in role)
    return article in _DEFINITE and (sole or enough or narrowed)


def _role_words(families: Sequence[frozenset[str]], draft: Draft, at: int) -> tuple[int, set[int]]:
    """How far from here the words of a role reach, and which of its words they are."""
    covered: set[int] = set()
    end = at
    for number in range(at, min(at + 7, len(draft.words))):
        word = draft.words[number]
        if number > at and not beside(draft.text, draft.words[number - 1], word):
            break
        plain = "computer" if word.written == "IT" else singular(word.plain)
        pair = plain + singular(draft.words[number + 1].plain) if number + 1 < len(draft.words) else plain
        found = {
            index for index, family in enumerate(families) if plain in family or word.plain in family or pair in family
        }
        if found:
            covered, end = covered | found, number + 1
        elif number == at or word.plain not in ("of", "the", "in", "and", "for", "to", "on", "our", "your"):
            break
    return end, covered


def _article(draft: Draft, first: int) -> tuple[int, str]:
    """The article or possessive before a noun, past up to three other words, and where it stands; one of your, too."""
    for number in range(first - 1, max(-1, first - 5), -1):
        word = draft.words[number]
        if not beside(draft.text, word, draft.words[number + 1]):
            break
        if word.plain in _DEFINITE | _INDEFINITE:
            of_many = [one.plain for one in draft.words[max(0, number - 2) : number]]
            return (draft.words[number - 2].start, "one of") if of_many == ["one", "of"] else (word.start, word.plain)
        if word.written.endswith(("'s", "’s")):
            return word.start, "the"
        if word.plain in tables.COMMON or not is_one(word.plain):
            break
    return draft.words[first].start, ""
