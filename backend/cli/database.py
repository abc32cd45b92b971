"""Commands for the database: migrate it, load its map, rotate its keys, and ask it as somebody."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from backend.cli.common import needed, wide_console
from backend.settings import settings

if TYPE_CHECKING:
    from backend.database.ask_as import Answer

MOST_COLUMNS = 10


def migrate(
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the migration as SQL instead, to run it on a Supabase project.")
    ] = False,
) -> None:
    """Migrate the database to this version, in one transaction. Then load its communes and territories."""
    from backend.database import migrate as migration
    from backend.database.login_passwords import set_login_passwords
    from backend.places.loading import load_places
    from backend.territories.loading import load_territories

    if sql:
        sys.stdout.write(migration.script())
        return
    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    try:
        warnings = migration.migrate(owner_url, confirmed=settings().confirmed_migrations)
    except migration.MigrationRefused as refusal:
        raise SystemExit(f"Nothing was changed: {refusal}") from None
    logins = (settings().database_url, settings().worker_database_url)
    set_login_passwords(owner_url, *(url.get_secret_value() for url in logins if url))
    for warning in warnings:
        sys.stdout.write(f"{warning}\n")
    load_places(owner_url)
    load_territories(owner_url)


def load_communes() -> None:
    """Load the communes and territories of this version. Needed after `migrate --sql`; `migrate` does it by itself."""
    import psycopg

    from backend.places.loading import load_places
    from backend.territories.loading import load_territories

    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    try:
        loaded, on_map = load_places(owner_url), load_territories(owner_url)
    except psycopg.Error as problem:
        raise SystemExit(f"Nothing was loaded: {str(problem).splitlines()[0]}") from None
    sys.stdout.write("Nothing to load.\n" if loaded is None else f"Places loaded: {loaded}.\n")
    if on_map is not None:
        sys.stdout.write(f"Territories loaded: {on_map}.\n")


def rotate_keys() -> None:
    """Rewrap every data key with the current ECOPANIER_MASTER_KEY.

    Before that, restart the API and the worker with the new master key, and with the old one in
    ECOPANIER_PREVIOUS_MASTER_KEYS.
    """
    import psycopg

    from backend.sealing.key_rotation import rotate
    from backend.sealing.seals import keyring

    worker_url = needed(settings().worker_database_url, "ECOPANIER_WORKER_DATABASE_URL")
    try:
        done = rotate(worker_url, keyring())
    except psycopg.Error as problem:
        raise SystemExit(f"The rotation did not finish; run it again: {str(problem).splitlines()[0]}") from None
    sys.stdout.write(f"{done.rewrapped} data keys rewrapped; the current master key is {keyring().current}.\n")
    for name, count in sorted(done.left.items()):
        sys.stdout.write(f"{count} data keys need the master key {name}, which is not in the settings.\n")
    if done.broken:
        sys.stdout.write(
            f"{done.broken} data keys do not open with the master key that they name: they were altered.\n"
        )
    if done.left or done.broken:
        raise SystemExit(1)
    sys.stdout.write("ECOPANIER_PREVIOUS_MASTER_KEYS is no longer needed.\n")


def as_person(
    who: Annotated[
        str, typer.Argument(help="An e-mail address, a beneficiary code, or `anon` for a visitor without an account.")
    ],
    sql: Annotated[list[str], typer.Argument(help="One SQL statement, after `--`.")],
    commit: Annotated[
        bool, typer.Option("--commit", help="Commit the changes. Without it they are rolled back.")
    ] = False,
) -> None:
    """Run one SQL statement as somebody, under the row-level security that applies to them in the API."""
    from backend.database import ask_as as asking

    async def asked() -> asking.Answer:
        chosen = settings()
        account = None
        if who != asking.NOBODY:
            if chosen.owner_database_url is None:
                raise asking.NotDone("ECOPANIER_OWNER_DATABASE_URL is needed to look somebody up (not for `anon`).")
            account = await asking.account_called(who, chosen.owner_database_url.get_secret_value())
        api_url = needed(chosen.database_url, "DATABASE_URL")
        return await asking.ask_as(account, " ".join(sql), chosen, api_url, commit=commit)

    try:
        answer = asyncio.run(asked())
    except asking.NotDone as reason:
        raise SystemExit(str(reason)) from None
    except asking.Refused as refusal:
        from backend import main as _every_problem  # noqa: F401  importing a problem registers it

        raise SystemExit(asking.refusal_text(refusal)) from None
    _print_answer(answer, kept=commit)


def _print_answer(answer: "Answer", *, kept: bool) -> None:
    console = wide_console()
    rows = [["" if value is None else str(value) for value in row] for row in answer.rows]
    if len(answer.columns) > MOST_COLUMNS:  # too wide to read as one table: print each row as a list instead
        for number, row in enumerate(rows, 1):
            table = Table(f"row {number}", "", box=None, pad_edge=False)
            for name, value in zip(answer.columns, row, strict=True):
                table.add_row(name, value)
            console.print(table)
    elif answer.columns:
        table = Table(*answer.columns)
        for row in rows:
            table.add_row(*row)
        console.print(table)
    count = len(rows) if answer.columns else max(answer.changed, 0)
    said = f"{count} row{'' if count == 1 else 's'}" + ("" if answer.columns else " changed")
    console.print(f"{said}, as {answer.role}" + (", committed." if kept else "; rolled back (see --commit)."))
