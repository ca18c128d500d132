"""Memory that is given back: what a batch of mail with its attachments took does not stay with a process that runs on.

glibc gives a block back to the system once it is freed, if it was large. What counts as large grows with the largest
block that was ever freed, so that after one attachment of some MB those of the next stay, with holes between them.
"""

from __future__ import annotations

import ctypes

LARGE_BYTES = 128 * 1024
"""From where on a block is given back: glibc's own measure at its start."""

M_MMAP_THRESHOLD = -3
"""The setting's number in glibc's ``malloc.h`` (mallopt(3))."""


def give_back_large_blocks() -> None:
    """Keeps the measure as it is at the start; does nothing where the C library is another."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(M_MMAP_THRESHOLD, LARGE_BYTES)
