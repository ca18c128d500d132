"""What an officer was told of a caller's wish for an answer, on top of the table that decides on every reply."""

from __future__ import annotations

from mailbot.correspondence.may_reply import A_PERSON_DECIDES
from mailbot.domain import Channel, Contact, Entry, EntryKind, Reply

NO_ADDRESS = "no address was given to write to"
NOT_ASKED = f"nobody asked how they can be reached safely{A_PERSON_DECIDES}"


def as_wished(entry: Entry, reply: Reply) -> Reply:
    """The reply to an entry (P10): by itself only to an address that was given, in a way that they agreed to.

    `reply` is what `may_reply` says; what it withholds stays withheld. Who gives their postal address in a letter is
    answered there without being asked.
    """
    at_their_address = entry.kind is EntryKind.LETTER and bool(entry.postal)
    if not entry.email and not entry.postal and entry.contact not in (Contact.TELEPHONE, Contact.DO_NOT_CONTACT):
        return Reply(channel=Channel.NONE, template=None, withheld_because=NO_ADDRESS)
    if entry.contact is not None or at_their_address or (entry.email and not reply.acknowledge):
        return reply
    held = reply.template if reply.channel is Channel.EMAIL else None
    return Reply(channel=Channel.NONE, template=None, withheld_because=NOT_ASKED, held_template=held)
