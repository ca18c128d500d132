"""`mailbot poll --once` itself. It is run every few minutes and mostly finds nothing: all that it need not load, the
parser of the command line too, it does without."""

from __future__ import annotations

from mailbot.commands.terminal import complain
from mailbot.errors import MailbotError
from mailbot.memory import give_back_large_blocks
from mailbot.parts import parts_of
from mailbot.taking_in import take_in

OTHERS_SECONDS = 60
"""How long it waits for another process that is taking in the same mailbox."""


def take_in_all(config: str | None) -> bool:
    """Takes in everything new from every mailbox, with a line of each; False where one failed, which stderr tells."""
    give_back_large_blocks()
    installation, failed = parts_of(config).ready(), False
    with installation.leases.present():  # once for all mailboxes: each time is two more commits
        for box in installation.config.mailbox:
            try:
                tally = take_in(
                    box, installation.office, installation.tokens.get(box.name), wait_seconds=OTHERS_SECONDS
                )
            except MailbotError as error:
                failed = True
                complain(error)
                continue
            print(f"{box.name}: {tally.new} new, {tally.filed} filed, {tally.set_aside} set aside, {tally.left} left")
    return not failed
