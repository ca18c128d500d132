"""When the source came and went, how long they stayed and what became of them, as a letter may tell it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mailbot.correspondence.giveaway_words import MONTHS, WHEN, WORKER
from mailbot.correspondence.letter_text import Draft, Giveaway, Hit, Source, figures_of, own_sentences, sentences_of

_EMPLOYMENT = re.compile(
    r"\b(?:start(?:ed|ing|s)?|join(?:ed|ing|s)?|left|leav(?:e|es|ing)|resign(?:ed|ing|s)?|retir(?:ed|ing|es)|began|"
    r"begun|begins|employed|employment|work(?:ed|ing|s)?|been (?:here|there|with|at|in|a|an|on)|dismissed|sacked|"
    r"made redundant|handed in|notice|probation\w*|came to|newest|joiner|starter|leaver|placement|seconded|contract|"
    r"recruited|appointed|service|serving|served|standing|last day|last shift|moved on|qualified|taught|tutored|cooked|"
    r"cleaned|drove|volunteered|fostered|fostering|spent|(?:were|was|is) (?:there|with|in)|temp(?:ed|orary)|engaged|"
    r"covered|hired|took up|taken on|post|agency|locum|supply|veteran|comes?|attends?|experience|stint|registered|"
    r"approved|chair(?:ed)?|visit(?:ed|ing)?|cover(?:ing)?|into the job|with (?:you|us|them)|managed|ran|led|came|come|"
    r"arrived|finish(?:ed|es|ing)?|ended|walked out|done the job|moved (?:here|there|from|to)|went|gone|return(?:ed|s|"
    r"ing)?|came back|comes back|away|acted|acting|stepped up|on (?:your|the|their) books|off with|lose|losing|lost|"
    r"(?:was|were) there|in (?:his|her|their)|out of|into|lasted|(?:first|final) (?:day|shift|week)|whose (?:first|"
    r"last))\b",
    re.IGNORECASE,
)
"""How somebody says that they began or left, or were there."""

_ONE_OF = r"one of (?:your|the|its|our|their) (?:[\w-]+ ){0,2}\w+"
_MANY = r"each|every|any|no|which|whichever|what|all|those|other|more|how many|list of|names? of"
_PEOPLE = re.compile(
    rf"\b(?:(?P<many>(?:{_MANY})\s+(?:[\w-]+\s+){{0,2}}?(?:{WORKER})\b)|(?P<one>(?:{_ONE_OF}|{WORKER})\b)|"
    r"everyone|everybody|anyone|anybody|nobody|no one|whoever|those|people|staff|adults|workers|employees|carers|"
    r"colleagues|children|child|boys?|girls?|pupils?|young (?:person|people|man|woman)|teenagers?|residents?|baby|"
    r"brothers?|sisters?|son|daughter)\b",
    re.IGNORECASE,
)
_WHO = re.compile(r"(?<!\bus )(?<!say )(?<!state )(?<!know )(?<!ask )\bwho(?:se)?\b")
_STAYED = re.compile(
    rf"\b(?:(?:{WORKER})(?:,? (?:there|here|at [\w ]{{3,25}}))?,? (?:of|with|since|until|from|for|after)|"
    r"(?P<many>workers|carers|colleagues|employees) of)(?: (?:the|some|over|about|nearly|almost|more than|last))*\s+$",
    re.IGNORECASE,
)
"""A worker of, since or until: what follows is their time."""

_STANDING = (
    r"handed in (?:\w+ )?notice|(?:working|worked|serving) (?:out )?(?:\w+ )?notice|resign(?:ed|ing|ation)|"
    r"given (?:\w+ )?notice|last (?:day|shift)|final (?:day|shift)|(?:new|another|different) job|about to leave|"
    r"leaving (?:on|in|next|soon|shortly|at|the)|leaves (?:on|in|next|soon|at)|moving on",
    r"probation\w*",
    r"on (?:a )?placement|placement student|student (?:on|social)",
    r"signed off|off (?:sick|with)|sick leave|sickness absence|off work",
    r"suspen(?:ded|sion)",
    r"maternity|paternity",
    r"retir(?:ed|ing|ement)",
    r"redundan\w+",
    r"dismiss(?:ed|al)|sacked|fired|was let go",
    r"off the rota|not (?:been )?rostered|hours (?:were )?cut|taken off shift",
    r"(?:have|has|had|since|I|who|and) left\b|former (?:employee|member|worker|colleague)|ex-(?:employee|worker|staff)|"
    r"no longer (?:work\w*|employed)|used to work",
    r"grievance",
    r"disciplin(?:ed|ary)",
    r"contract (?:was )?not (?:been )?renewed|not renewed",
    r"appraisal",
    r"second job|two jobs",
    r"(?:straight|fresh) (?:from|out of)|first (?:job|post)|newly qualified|just qualified|qualified last",
    r"pregnan\w+",
)
"""What has become of somebody at work: telling where the source says it of themselves and the draft of one person."""

_GOING = re.compile(
    r"\b(?:start(?:s|ed|ing)?|beg[aiu]n(?:s|ning)?|join(?:s|ed|ing)?|left|leav(?:e|es|ing)|finish(?:es|ed|ing)?|"
    r"resign\w*|last (?:day|shift)|final (?:day|shift)|retir\w*|until|till|goes|going|here only|only here)\b",
    re.IGNORECASE,
)
_DAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b", re.IGNORECASE)
"""A day of the week tells something only of coming and going."""

_FULL_DATE = re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{'|'.join(MONTHS)})\b", re.IGNORECASE)

_LONGEST = re.compile(
    r"\b(?:longest[- ]serving|newest|most recent(?:ly appointed)?|most experienced|newly appointed|longest[- ]standing)"
    rf"\s+(?:[\w-]+\s){{0,2}}?(?:{WORKER})\b",
    re.IGNORECASE,
)
_LONG_OR_NEW = re.compile(
    r"\blonger than (?:any|most|all)|\blongest\b|\bnewest\b|\b(?:just|only just|only recently|recently) (?:started|"
    r"joined|begun|been taken)|\bsince it opened|\bfrom the (?:start|beginning)|\bnew (?:here|there|to)\b",
    re.IGNORECASE,
)


def employment(source: Source, _service: str, draft: Draft) -> Iterator[Hit]:
    """When somebody began or left, how long they stayed, what became of them, as the source says of themselves."""
    own: set[str] = set()
    standing: set[str] = set()
    days: set[str] = set()
    told = own_sentences(source.text)
    for sentence in told:
        own |= {figures_of(match.group()) for match in _times_in(sentence)}
        days |= {match.group().casefold() for match in _DAY.finditer(sentence)} if _GOING.search(sentence) else set()
        standing |= {one for one in _STANDING if re.search(rf"\b(?:{one})", sentence, re.IGNORECASE)}
    for start, end in sentences_of(draft.text):
        sentence = draft.text[start:end]
        for match in _times_in(sentence):
            if figures_of(match.group()) in own and _at_work_then(source, sentence, match.start(), match.end()):
                yield draft.hit(Giveaway.EMPLOYMENT, start + match.start(), start + match.end())
        for match in _DAY.finditer(sentence):
            leaving = match.group().casefold() in days and _GOING.search(sentence)
            if leaving and of_one_worker(source, sentence, match.start(), match.end()):
                yield draft.hit(Giveaway.EMPLOYMENT, start + match.start(), start + match.end())
        for one in standing:
            for match in re.finditer(rf"\b(?:{one})", sentence, re.IGNORECASE):
                if of_one_worker(source, sentence, match.start(), match.end()):
                    yield draft.hit(Giveaway.EMPLOYMENT, start + match.start(), start + match.end())
    yield from _from_day_to_day(told, draft)
    if own or any(_LONG_OR_NEW.search(sentence) for sentence in told):
        for match in _LONGEST.finditer(draft.text):
            yield draft.hit(Giveaway.EMPLOYMENT, match.start(), match.end())


def _from_day_to_day(told: Sequence[str], draft: Draft) -> Iterator[Hit]:
    """The day they came and the day they went, both in one sentence: one worker even where anyone is spoken of."""
    theirs = [{*_days_in(sentence)} for sentence in told if _EMPLOYMENT.search(sentence)]
    for start, end in sentences_of(draft.text):
        days = _days_in(draft.text[start:end])
        if any(len(one & days.keys()) >= 2 for one in theirs):
            both = [match for day, match in days.items() if any(day in one for one in theirs)]
            yield draft.hit(Giveaway.EMPLOYMENT, start + both[0].start(), start + both[-1].end())


def _days_in(sentence: str) -> dict[tuple[str, str], re.Match[str]]:
    return {(match["day"], match["month"].casefold()): match for match in _FULL_DATE.finditer(sentence)}


def _times_in(sentence: str) -> Iterator[re.Match[str]]:
    """The times that a sentence tells, without the verbs may and march, and without once a week."""
    for match in WHEN.finditer(sentence):
        before = sentence[: match.start()]
        verb = match.group() in ("may", "march") and not re.search(
            r"\b(?:in|since|until|till|last|of|from|by) $", before
        )
        if not verb and not re.search(r"\b(?:once|twice|times|days?|nights?|hours?|shifts?) $", before):
            yield match


def _at_work_then(source: Source, sentence: str, start: int, end: int) -> bool:
    """Whether a clause says of one worker that they came, stayed or went at that time."""
    stayed = _STAYED.search(sentence[max(0, start - 60) : start])
    if stayed and (stayed["many"] or of_one_worker(source, sentence, start, end)):
        return True
    around = sentence[max(0, start - 60) : end + 60]
    return bool(_EMPLOYMENT.search(around)) and of_one_worker(source, sentence, start, end)


def of_one_worker(source: Source, sentence: str, start: int, end: int) -> bool:
    """Whether the people nearest before these words, or else after them, are one worker: no child, not each of many."""
    before = list(_PEOPLE.finditer(sentence[:start]))
    nearest = before[-1] if before else _PEOPLE.search(sentence[start : end + 60])
    if nearest is None:
        role = source.role.casefold().split()[-1:]
        return bool(_WHO.search(sentence[:start])) or any(word in sentence.casefold() for word in role)
    return bool(nearest["one"])


def of_others(sentence: str) -> bool:
    """Whether the people last spoken of there are children, or many."""
    people = list(_PEOPLE.finditer(sentence))
    return bool(people) and not people[-1]["one"]
