"""What the sender wrote, apart from what they quote or forward, from signatures and disclaimers. No word is lost.

The tables below hold the words that mail programs write in the languages people here use; an unknown form stays with
the sender's words, where it costs an officer a glance. Words that may be the sender's own are not split off on a guess.
"""

from __future__ import annotations

import re

WROTE = (
    "wrote|writes|ysgrifennodd|schrieb|schreef|schrijft|a écrit|écrit|escribió|escreveu|ha scritto|scrisse|skrev|"
    "napisał|napisała|napisał\\(a\\)|napsal|napsala|napsal\\(a\\)|napísal|написал|написала|пишет|написав|kirjoitti|"
    "a scris|yazdı|írta|parašė|rašė|ha escrit|kirjutas|έγραψε|كتب|写道|寫道|さんは書きました"
)
ON = "on|ar|am|op|le|el|il|em|den|dnia|w dniu|dne|dňa|în|pe|în data|på|a|at|fre|man|mon|tue|wed|thu|fri|sat|sun"
FROM = "from|oddi wrth|von|van|de|da|fra|från|od|от|від|lähettäjä|gönderen|feladó|nuo|发件人|寄件者|差出人"
NEXT = (
    "sent|date|to|cc|subject|reply-to|anfonwyd|dyddiad|at|pwnc|gesendet|datum|an|betreff|verzonden|aan|onderwerp|"
    "envoyé|date d'envoi|à|objet|enviado|fecha|para|asunto|enviada|data|assunto|inviato|a|oggetto|sendt|til|emne|"
    "skickat|till|ämne|wysłano|do|temat|odesláno|komu|předmět|отправлено|кому|тема|lähetetty|trimis|către|subiect|"
    "発送日時|发送时间|收件人|主题|寄件日期|日時|宛先|件名"
)
ORIGINAL = (
    "original|forwarded|wreiddiol|ymlaen|ursprüngliche|weitergeleitete|oorspronkelijk|doorgestuurd|d'origine|"
    "transféré|transmis|originale|inoltrato|mensaje|mensagem|reenviado|encaminhada|oprindelig|opprinnelig|"
    "ursprungligt|vidarebefordrat|wiadomość|oryginalna|původní|přeposlan|исходное|пересылаемое|пересланное|"
    "alkuperäinen|mesaj|原始|转发|原文"
)
SENT_FROM = (
    r"sent (?:from|via|with|by|using)\b|from my (?:iphone|ipad|phone|mobile)|"
    r"get (?:\[?outlook|\w+ for (?:ios|android))|"
    r"anfonwyd o (?:fy|'r)|gesendet (?:von|mit|aus)|von meinem .{3,40} gesendet|envoyé (?:de|depuis|à partir)|"
    r"enviado (?:desde|do|de|a partir)|inviato da|verzonden (?:vanaf|met|van)|wysłan[eoy] (?:z|ze)|odesláno z|"
    r"skickat från|sendt fra|lähetetty|отправлено (?:с|из)|надіслано з|trimis de pe|iphone'umdan|"
    r"diese nachricht wurde von meinem|從我的|从我的"
)
LONGEST_INTRODUCTION = 5
"""Over how many lines mail programs break "On … wrote:"."""

LONGEST_SIGNATURE = 15
"""A signature has at most so many lines; what is longer, or has a long line, stays with the sender's words."""

_WHEN_OR_WHO = re.compile(r"\d{1,4}[./-]\d{1,2}|\d{1,2}[:.]\d\d|\b(?:19|20)\d\d\b|\S@\S|<[^>]+>|\d{1,2}\. \w{3}")
_WROTE_END = re.compile(
    rf"(?:^|[\s,>)\"])(?P<verb>{WROTE})(?:\s+(?:the following|het volgende|am\b.{{0,60}}|geschreven|:))*"
    r".{0,60}[::]\s*$",
    re.IGNORECASE,
)
_WROTE_PLAIN = re.compile(
    r"\b(?:he|she|they|i|we|it|who|then|and|also|staff|manager)\s+(?:wrote|writes)\b", re.IGNORECASE
)
_INTRODUCES = re.compile(
    rf"^(?:{ON})\b|^\W*\d|^[\"'<\w].{{0,80}}(?:@|<)|^[\w\"'.\- ]{{2,60}}\b(?:{WROTE})\b", re.IGNORECASE
)
_HEADER = re.compile(rf"^[*> ]*(?:{FROM})\s?\*?\s?[::]\*?\s*\S", re.IGNORECASE)
_NEXT = re.compile(rf"^[*> ]*(?:{NEXT})\s?\*?\s?[::]", re.IGNORECASE)
_RULE = re.compile(rf"^[-_=*~ ]{{2,}}\s*[^-_]{{0,40}}\b(?:{ORIGINAL})[^-]{{0,60}}[-_=*~]*$", re.IGNORECASE)
_BEGIN = re.compile(
    r"^(?:begin forwarded message|anfon neges ymlaen|début du message (?:réexpédié|transféré))\s*:?$", re.I
)
_LINE = re.compile(r"^[_\-=]{5,}$")
_QUOTED = re.compile(r"^\s{0,3}(?:[A-Z]{0,2}>|\|(?=\s))")
_DELIMITER = re.compile(r"^(?:--|—|– ?–|-- )$")
_SENT_FROM = re.compile(rf"^[<(\[*]*(?:{SENT_FROM}).{{0,110}}(?<![?!])$", re.IGNORECASE)
_DISCLAIMER = re.compile(
    r"^[*_\s]*(?:disclaimer\b|confidentiality notice|private (?:and|&) confidential\b.{30,}|"
    r"(?:this|the information in this|the contents? of this|this electronic) "
    r"(?:e-?mail|message|communication|transmission)\b"
    r".{0,200}?\b(?:confidential|privileged|intended (?:only |solely )?for|addressee|virus|recipient)|"
    r"if you (?:are not|have received this (?:e-?mail|message) in error)|think before you print|"
    r"please consider the environment|"
    r"mae'r (?:e-?bost|neges) (?:hwn|hon) .{0,200}?(?:gyfrinachol|cyfrinachol|fwriadwyd))",
    re.IGNORECASE,
)


def split_reply(text: str) -> tuple[str, str, str]:
    """(what the sender wrote, what they quote or forward, their signature and disclaimers). No word is lost.

    Lines that answer between quoted ones stay with the sender's own words. Where the sender wrote nothing of their own
    and forwards nothing either, what looks like a signature is taken for their words; so are marked lines alone.
    """
    lines = text.split("\n")
    written: list[str] = []
    quoted: list[str] = []
    signature: list[str] = []
    at = 0
    while at < len(lines):
        end, kind = _block(lines, at)
        {"written": written, "quoted": quoted, "signature": signature}[kind].extend(lines[at:end])
        at = end
    if not any(line.strip() for line in written):
        if not any(line.strip() for line in quoted):
            written, signature = signature, []
        elif all(_QUOTED.match(line) or not line.strip() for line in quoted):
            written, quoted = quoted, []
    return "\n".join(written).strip(), "\n".join(quoted).strip(), "\n".join(signature).strip()


def _block(lines: list[str], at: int) -> tuple[int, str]:
    """Where the block that begins at line `at` ends, and whose it is."""
    line = lines[at].strip()
    if not line:
        return at + 1, "written"
    if _QUOTED.match(lines[at]):
        return at + 1, "quoted"
    if _starts_history(lines, at):
        return len(lines), "quoted"
    introduction = _introduction(lines, at)
    if introduction:
        below = next((one for one in lines[introduction:] if one.strip()), "")
        return (introduction if _QUOTED.match(below) else len(lines)), "quoted"
    if _DELIMITER.match(line) or (_LINE.match(line) and at + 1 < len(lines)):
        end = _up_to_quote(lines, at)
        return (end, "signature") if _short(lines[at + 1 : end]) else (at + 1, "written")
    if _SENT_FROM.match(line):
        return at + 1, "signature"
    if _DISCLAIMER.match(_paragraph(lines, at)):
        return _paragraph_end(lines, at), "signature"
    return at + 1, "written"


def _starts_history(lines: list[str], at: int) -> bool:
    """Whether everything from here on is history: a marker line, or a block of headers as mail programs write it."""
    line = lines[at].strip()
    if _BEGIN.match(line) or _RULE.match(line):
        return True
    first = at + 1 if _LINE.match(line) else at
    follows = [one.strip() for one in lines[first : first + 8]]
    while first > at and follows and not follows[0]:
        follows.pop(0)
    if not follows or not _HEADER.match(follows[0]):
        return False
    return any(_NEXT.match(one) for one in follows[1:6])


def _introduction(lines: list[str], at: int) -> int:
    """Where "On … wrote:" that begins at line `at` ends; 0 where none begins there."""
    first = lines[at].strip()
    if not _INTRODUCES.match(first):
        return 0
    joined = ""
    for end in range(at, min(at + LONGEST_INTRODUCTION + 2, len(lines))):
        joined = f"{joined} {lines[end].strip()}".strip()
        if len(joined) > 400:
            return 0
        if _WROTE_END.search(joined):
            plain = _WROTE_PLAIN.search(joined)
            return 0 if plain or not _WHEN_OR_WHO.search(joined) else end + 1
        if joined.endswith((".", "!", "?")) and not _WHEN_OR_WHO.search(joined):
            return 0
    return 0


def _short(lines: list[str]) -> bool:
    return sum(1 for line in lines if line.strip()) <= LONGEST_SIGNATURE and all(
        len(line) <= 120 or "http" in line or _DISCLAIMER.match(line.strip()) for line in lines
    )


def _paragraph(lines: list[str], at: int) -> str:
    return " ".join(line.strip() for line in lines[at : _paragraph_end(lines, at)])[:600]


def _paragraph_end(lines: list[str], at: int) -> int:
    return next((end for end in range(at + 1, len(lines)) if not lines[end].strip()), len(lines))


def _up_to_quote(lines: list[str], at: int) -> int:
    for end in range(at + 1, len(lines)):
        if _QUOTED.match(lines[end]) or _starts_history(lines, end) or _introduction(lines, end):
            return end
    return len(lines)
