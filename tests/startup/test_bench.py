"""`scripts/bench` prints its figures; their values are only checked where they do not depend on the machine."""

import os
import subprocess
import sys
from pathlib import Path

from scripts.places import ROOT

FIGURES = (
    "POST …/reservations ÷ pgbench",
    "POST …/reservations ÷ the same with an ORM session",
    "POST …/reservations: p99 ÷ p50",
    "statements per hot request",
    "moments at which a total missed an entry",
)
# One benchmark of each kind: over HTTP compared with pgbench, from the server's log, and with concurrent requests.
ONLY = ("--only", "reserve", "--only", "statements", "--only", "totals")


def test_bench_prints_its_figures_and_leaves_no_files(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks", "--quick", *ONLY],
        cwd=ROOT,
        env={**os.environ, "ECOPANIER_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    for figure in FIGURES:
        assert figure in done.stdout
    # These do not depend on how busy the machine is.
    for line in done.stdout.splitlines():
        if line.startswith(("statements", "moments")):
            assert " ok " in line
    assert list(tmp_path.iterdir()) == []
