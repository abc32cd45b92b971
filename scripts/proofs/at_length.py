"""The tests that try a sample in the suite, run with everything that they could try."""

import asyncio
import re
import sys

from scripts.places import ROOT
from scripts.proofs.figures import Outcome
from scripts.proofs.storms import Weather

PASSED = re.compile(r"(\d+) passed")


async def tests_hold_at_length(outcome: Outcome, weather: Weather) -> None:
    """Run `pytest --at-length`; what fails is a violation. It takes minutes, whatever the weather's time."""
    command = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--at-length")
    running = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said = (await running.communicate())[0].decode()
    lines = said.strip().splitlines()
    outcome.violations += [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    outcome.figures["tests passed"] = int(found[1]) if (found := PASSED.search(lines[-1])) else 0
    outcome.expect(running.returncode == 0, f"pytest ended with status {running.returncode}: {lines[-1]}")
