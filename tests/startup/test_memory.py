"""What a serving process loads; the bench measures its memory."""

import subprocess
import sys

import pytest

from scripts.places import ROOT

# Each takes 7 to 11 MiB, in every process.
SELDOM_NEEDED = {"alembic", "mako", "typst", "google.genai"}


@pytest.mark.parametrize("needed", ["", "alembic, "])
def test_importing_the_api_loads_nothing_that_it_seldom_needs(needed: str) -> None:
    code = f"import {needed}sys, backend.main, backend.http.serving; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert bool(SELDOM_NEEDED & set(printed.stdout.split())) == bool(needed)
