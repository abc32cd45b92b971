"""`scripts/ecopanier`: the command line. It uses this checkout's database unless the environment names another."""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from scripts.databases import NoDatabase, ways
from scripts.embedded_postgres import PostgresFailed
from scripts.places import data_folder

NEED_NO_DATABASE = frozenset({"settings", "openapi", "mails"})


def needs_database(words: Sequence[str]) -> bool:
    """Return whether a command with these words uses a database. What follows `--` is SQL."""
    ours = list(words[: words.index("--")] if "--" in words else words)
    return bool(ours) and ours[0] not in NEED_NO_DATABASE and not {"--help", "--sql"} & set(ours)


def seed(
    stripe_state: Annotated[
        Path | None, typer.Option(help="The file of Stripe's stand-in, which then knows the town's payments.")
    ] = None,
) -> None:
    """Fill an empty database with a small demo town, and write its sign-ins to the data directory."""
    from backend.cli import needed
    from backend.settings import settings
    from scripts.demo_town import seed as build_town

    needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    build_town(settings(), stripe_state)


def mails(folder: Annotated[Path, typer.Option(help="Where to write them; it is made if it is missing.")]) -> None:
    """Write every mail with sample values as HTML and text, in French and English, to look at them."""
    from scripts.mail_samples import write_samples

    print(f"{write_samples(folder)} mails: open {folder / 'index.html'}")


def main() -> None:
    """Run one command of `backend.cli`, or `seed` or `mails`."""
    # uvicorn sends itself the signal again after it has shut down, but we still have to stop our database.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    os.environ["ECOPANIER_DATA_DIR"] = str(data_folder())
    with ExitStack() as until_done:
        if needs_database(sys.argv[1:]):
            try:
                os.environ.update(until_done.enter_context(ways(data_folder())).environment)
            except (NoDatabase, PostgresFailed, OSError) as problem:
                sys.exit(str(problem))
        from backend import cli  # imported only now, because it reads the environment

        cli.app.command()(seed)
        cli.app.command()(mails)

        cli.main()


if __name__ == "__main__":
    main()
