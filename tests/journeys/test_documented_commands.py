"""The shell commands in README.md and docs/walk.md, pasted in order against a running instance."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.startup.running import OURS, PATIENCE_SECONDS, ROOT, Running

DOCUMENTS = ("README.md", "docs/walk.md")
# curl exits with 0 after an error answer, and a pipe would hide its status: failed calls are written to a file.
NOTE_REFUSALS = 'curl() { command curl --fail-with-body "$@" || { echo "curl $*" >> "$REFUSALS"; return 22; }; }\n'
# The documents poll once a second, which people do not mind; what they wait for takes milliseconds.
WAIT_LESS = "sleep() { command sleep 0.05; }\n"


@pytest.fixture(scope="module")
def running(servers_folder: Path) -> Iterator[Running]:
    """Start EcoPanier as `./scripts/run` does, with the demo town."""
    started = Running(servers_folder / "documents", ECOPANIER_DEMO="1")
    try:
        yield started
    finally:
        started.end(signal.SIGTERM)


def documented_commands() -> str:
    """Return all `sh` blocks of the documents, in their order, as one script."""
    found = []
    for document in DOCUMENTS:
        blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / document).read_text(), re.DOTALL | re.MULTILINE)
        assert blocks, document
        found += blocks
    # The commands would build an environment of their own: use the one that runs this test.
    python = shlex.quote(sys.executable)
    walk = "\n".join(found).replace("./scripts/ecopanier", f"{python} -m scripts.command")
    return walk.replace("./scripts/eval_ai", f"{python} -m scripts.ai_evaluation")


def test_every_documented_command_works_in_order(running: Running, tmp_path: Path) -> None:
    address = running.until_it_runs()
    refusals = tmp_path / "refusals"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    pasted = subprocess.run(
        ["/bin/sh", "-eu"],
        input=NOTE_REFUSALS + WAIT_LESS + documented_commands(),
        cwd=ROOT,
        env={
            **inherited,
            # Call python3 directly: a version manager would look it up at each of the fifty calls.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PORT": str(urlsplit(address).port),
            "ECOPANIER_DATA_DIR": str(running.data),
            "TMPDIR": str(tmp_path),
            "REFUSALS": str(refusals),
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert pasted.returncode == 0, pasted.stdout + pasted.stderr
    assert not refusals.exists(), refusals.read_text() + pasted.stdout
    assert pasted.stdout.count('"picked_up_at"') == 2
    assert "│ picked_up │ 2 " in pasted.stdout
    assert pasted.stdout.count('"outcome": "enrolled"') == 1
    assert pasted.stdout.count('"outcome": "already_enrolled"') == 1
    assert pasted.stdout.count('"outcome": "refused"') == 1
    assert (tmp_path / "cards.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "pass.png").read_bytes().startswith(b"\x89PNG")


def test_demo_sign_ins_in_the_documents_are_printed_at_the_start(running: Running) -> None:
    running.until_it_runs()
    used = set(re.findall(r"sign_in (\S+@ecopanier\.example) (\S+)\)", documented_commands()))
    assert used
    for email, password in used:
        assert re.search(rf"{re.escape(email)} +{re.escape(password)}", running.said)
