"""A short run of the coverage-guided fuzzer; `make soak` has the long one."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 8


@pytest.mark.soak
@pytest.mark.server
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not built for this platform")
def test_no_damage_that_the_fuzzer_finds_crashes_or_hangs_the_reading_of_a_message(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz_parse", f"-max_total_time={SECONDS}", f"-artifact_prefix={tmp_path}/"],
        cwd=Path(__file__).parent.parent.parent,
        text=True,
        capture_output=True,
        timeout=20 * SECONDS,
        check=False,
    )

    assert run.returncode == 0, run.stderr[-3000:]
    assert list(tmp_path.iterdir()) == []
