"""What a process took for large messages it does not keep."""

from __future__ import annotations

import subprocess
import sys

SOME_LARGE_MESSAGES = """
from mailbot.memory import give_back_large_blocks

{first}
largest = b"x" * 8_000_000
del largest  # from here on glibc would keep blocks of up to 8 MB
messages, kept = [], []
for _ in range(60):
    messages.append(b"x" * 1_000_000)
    kept.append(b"x" * 20_000)  # what is filed of each, between them
messages.clear()
with open("/proc/self/statm") as statm:
    print(int(statm.read().split()[1]) * 4 // 1024)
"""


def held_after(first: str) -> int:
    """The MB that such a process holds in the end, when that came first."""
    code = SOME_LARGE_MESSAGES.format(first=first)
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def test_the_memory_of_large_messages_is_given_back_once_they_are_done_with() -> None:
    assert held_after("give_back_large_blocks()") < held_after("") - 40
