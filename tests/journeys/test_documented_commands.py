"""The shell commands in README.md and docs/walk.md, pasted in order against a running instance."""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.pgbouncer import NEEDS_PGBOUNCER, a_pgbouncer
from tests.policies.servers import OLDEST, Release, a_supabase_server, create_supabase_project
from tests.startup.running import OURS, PATIENCE_SECONDS, ROOT, Running
from tests.town.databases import API, WORKER

POSTGRES_15 = f"/usr/lib/postgresql/{OLDEST}/bin/postgres"
DOCUMENTS = ("README.md", "docs/walk.md")
# curl exits with 0 after an error answer, and a pipe would hide its status: failed calls are written to a file.
NOTE_REFUSALS = 'curl() { command curl --fail-with-body "$@" || { echo "curl $*" >> "$REFUSALS"; return 22; }; }\n'
# The documents poll once a second, which people do not mind; what they wait for takes milliseconds.
WAIT_LESS = "sleep() { command sleep 0.05; }\n"


class Documented(Running):
    """A run with the demo town; `ways` is what a command line beside it must be told."""

    def __init__(self, data: Path, **ways: str) -> None:
        self.ways = ways
        super().__init__(data, ECOPANIER_DEMO="1", **ways)


@contextmanager
def on_supabase(folder: Path) -> Iterator[dict[str, str]]:
    """Create a Supabase project on the oldest supported Postgres, behind PgBouncer, and yield the settings for it.

    Nothing of ours is in the project yet. Whatever a plain server allows, this one does too.
    """
    folder.mkdir()
    (folder / "pgbouncer").mkdir()
    programs = Path(POSTGRES_15).parent
    with (
        a_supabase_server(folder, Release(str(OLDEST), programs)) as server,
        a_pgbouncer(server, folder / "pgbouncer") as pgbouncer,
    ):
        project = create_supabase_project(server, "documented")
        yield {
            "ECOPANIER_PGBOUNCER": "1",
            "DATABASE_URL": pgbouncer.url(API, "documented"),
            "ECOPANIER_WORKER_DATABASE_URL": pgbouncer.url(WORKER, "documented"),
            "ECOPANIER_LISTEN_DATABASE_URL": project.url(WORKER),
            "ECOPANIER_OWNER_DATABASE_URL": project.url("postgres"),  # no superuser there
        }


@pytest.fixture(
    scope="module",
    params=[
        "embedded",
        pytest.param(
            "Supabase on Postgres 15 behind PgBouncer",
            marks=[NEEDS_PGBOUNCER, pytest.mark.needs_program(POSTGRES_15, f"postgresql-{OLDEST}")],
        ),
    ],
)
def running(request: pytest.FixtureRequest, servers_folder: Path) -> Iterator[Documented]:
    """Start EcoPanier as `./scripts/run` does, with the demo town."""
    with ExitStack() as until_end:
        ways: dict[str, str] = {}
        if request.param != "embedded":
            ways = until_end.enter_context(on_supabase(servers_folder / "supabase"))
        started = Documented(servers_folder / f"documents {len(ways)}", **ways)
        until_end.callback(started.end, signal.SIGTERM)
        yield started


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


def test_every_documented_command_works_in_order(running: Documented, tmp_path: Path) -> None:
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
            **running.ways,
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


def test_demo_sign_ins_in_the_documents_are_printed_at_the_start(running: Documented) -> None:
    running.until_it_runs()
    used = set(re.findall(r"sign_in (\S+@ecopanier\.example) (\S+)\)", documented_commands()))
    assert used
    for email, password in used:
        assert re.search(rf"{re.escape(email)} +{re.escape(password)}", running.said)
