"""What a serving process loads; the bench measures its memory."""

import subprocess
import sys

from scripts.places import ROOT

# Each takes 7 to 11 MiB, in every process.
SELDOM_NEEDED = {"alembic", "mako", "typst", "google.genai"}


def test_importing_the_api_loads_nothing_that_it_seldom_needs() -> None:
    code = "import sys, backend.main, backend.http.serving; print(*sys.modules); import alembic; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    loaded, control = (set(line.split()) for line in printed.stdout.splitlines())

    assert SELDOM_NEEDED & loaded == set()
    assert SELDOM_NEEDED & control >= {"alembic"}
