"""Starts and observes a `scripts/run` of a test's own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
OURS = ("DATABASE_URL", "ECOPANIER_", "STRIPE_", "SMTP_", "SUPABASE_", "PORT")


class Running:
    """A running `scripts/run`, and its output so far."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        chosen = {"ECOPANIER_DATA_DIR": str(data), "ECOPANIER_DEMO": "0", "PORT": "0", **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.start"],
            cwd=ROOT,
            env={**inherited, **chosen},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self._reader = threading.Thread(target=self._listen)
        self._reader.start()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self.said += line

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until the condition is true; fail after `PATIENCE_SECONDS` with "not {what}"."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"not {what}; it said:\n{self.said}"
            time.sleep(0.05)

    def until_it_runs(self) -> str:
        """Wait until the product runs; return the address that it prints."""
        self.until(lambda: "Ctrl-C stops everything" in self.said or self.process.poll() is not None, "running")
        found = re.search(r"EcoPanier runs on (http://\S+) ", self.said)
        assert found, self.said
        return found[1]

    def end(self, with_signal: signal.Signals) -> int:
        """Send a signal; return the exit status."""
        self.process.send_signal(with_signal)
        return self.status()

    def status(self) -> int:
        """Wait until the process has ended; return its exit status."""
        try:
            return self.process.wait(PATIENCE_SECONDS)
        finally:
            self._reader.join(PATIENCE_SECONDS)
            if self.process.stdout:
                self.process.stdout.close()
