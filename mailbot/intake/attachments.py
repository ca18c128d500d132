"""What came with a message: kept by name, type and size, with the text that can be taken from it.

Nothing is executed and nothing fetched. A file whose text cannot be read is no reason to lose the message: it is kept,
and a sentence says what was wrong.
"""

from __future__ import annotations

import email.utils
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from email.message import Message

from mailbot.domain import Attachment
from mailbot.intake.body import decoded, is_attachment, parts_of, read_body, text_of_html
from mailbot.intake.headers import clean, decoded_words

MAX_FILE_BYTES = 50_000_000
MAX_UNPACKED_BYTES = 200_000_000
MAX_CHARACTERS = 200_000
MAX_PAGES = 300
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def read_attachments(message: Message) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """Every file of the message, forwarded messages too, and what was wrong with them in words."""
    found, problems = [], []
    for number, part in enumerate(_files(message), 1):
        name = _name(part, number)
        content = _content(part)
        text, problem = _text(name, part, content)
        found.append(Attachment(name=name, media_type=part.get_content_type(), size=len(content), text=text))
        problems += [f"{name}: {problem}"] if problem else []
    return tuple(found), tuple(problems)


def _files(message: Message) -> Iterator[Message]:
    if message.get_content_maintype() == "multipart":
        for part in parts_of(message):
            yield from _files(part)
    elif is_attachment(message):
        yield message


def _name(part: Message, number: int) -> str:
    """The file's name without any path; a made-up one where it has none."""
    name = decoded_words(email.utils.collapse_rfc2231_value(part.get_filename() or ""))
    name = clean(re.split(r"[/\\]", name)[-1])
    if name:
        return name
    return f"message-{number}.eml" if part.get_content_maintype() == "message" else f"attachment-{number}"


def _content(part: Message) -> bytes:
    if part.get_content_maintype() == "message" and parts_of(part):
        return b"".join(inner.as_bytes() for inner in parts_of(part))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text(name: str, part: Message, content: bytes) -> tuple[str | None, str | None]:
    if len(content) > MAX_FILE_BYTES:
        return None, f"{len(content)} bytes: too large to read"
    if part.get_content_maintype() == "message":
        return _message_text(part), None
    reader = _reader(name.lower(), part.get_content_type())
    if reader is None:
        return None, None
    try:
        return reader(part, content)[:MAX_CHARACTERS], None
    except Exception as error:  # noqa: BLE001  readers of PDF and Word fail in ways of their own on broken files
        return None, f"its text cannot be read ({type(error).__name__})"


def _reader(name: str, media_type: str) -> Callable[[Message, bytes], str] | None:
    if media_type == "application/pdf" or name.endswith(".pdf"):
        return _pdf_text
    if media_type == WORD or name.endswith(".docx"):
        return _word_text
    if media_type == "text/html" or name.endswith((".html", ".htm")):
        return lambda part, content: text_of_html(_plain(part, content))
    if media_type.startswith("text/") or name.endswith((".txt", ".csv", ".log", ".md")):
        return _plain
    return None


def _plain(part: Message, content: bytes) -> str:
    text, _problem = decoded(part)
    return text or content.decode("utf-8", "replace")


def _pdf_text(_part: Message, content: bytes) -> str:
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(content))
    pages, length = [], 0
    for page in reader.pages[:MAX_PAGES]:
        pages.append(page.extract_text())
        length += len(pages[-1])
        if length > MAX_CHARACTERS:
            break
    return _or_nothing("\n".join(pages))


def _word_text(_part: Message, content: bytes) -> str:
    import docx

    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(member.file_size for member in packed.infolist()) > MAX_UNPACKED_BYTES:
            raise ValueError("unpacks to too much")
    document = docx.Document(io.BytesIO(content))
    rows = [" ".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    return _or_nothing("\n".join([*(paragraph.text for paragraph in document.paragraphs), *rows]))


def _or_nothing(text: str) -> str:
    if not text.strip():
        raise ValueError("holds no text")
    return text


def _message_text(part: Message) -> str:
    """The words of a message within the message, subject and sender with them."""
    lines = []
    for inner in parts_of(part):
        lines += [f"{header}: {inner[header]}" for header in ("From", "Date", "Subject") if inner.get(header)]
        lines += ["", read_body(inner).text]
    return "\n".join(lines)[:MAX_CHARACTERS]
