"""The command line: `scripts/ecopanier --help`."""

import asyncio
import gc
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined
from rich.console import Console
from rich.table import Table

from backend.settings import Settings, SettingsRefused, settings

if TYPE_CHECKING:  # each command imports what it needs when it runs, so that all of them start fast
    from backend.database.ask_as import Answer

# Pretty tracebacks show the values of variables, which may be secrets.
app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="EcoPanier's command line."
)

admin = typer.Typer(no_args_is_help=True, help="Manage the admins: the people who verify, moderate and suspend.")
app.add_typer(admin, name="admin")
ai = typer.Typer(no_args_is_help=True, help="Report on the drafts made from photos.")
app.add_typer(ai, name="ai")
keys = typer.Typer(no_args_is_help=True, help="Manage the keys that encrypt beneficiaries' names.")
app.add_typer(keys, name="keys")
ledger = typer.Typer(no_args_is_help=True, help="Check the books of the platform's money.")
app.add_typer(ledger, name="ledger")
trace = typer.Typer(no_args_is_help=True, help="Check who had collected food, from the shop to the association.")
app.add_typer(trace, name="trace")
places = typer.Typer(no_args_is_help=True, help="Manage the communes that searches can start from.")
app.add_typer(places, name="places")
figures = typer.Typer(no_args_is_help=True, help="Count figures anew, and correct published ones.")
app.add_typer(figures, name="figures")
territories = typer.Typer(no_args_is_help=True, help="Keep the map of territories.")
app.add_typer(territories, name="territories")

MOST_COLUMNS = 10
MOST_SHOWN = 100
SHORTEST_REASON, LONGEST_REASON = 3, 500


@contextmanager
def _much_to_import() -> Iterator[None]:
    """Collect no garbage meanwhile, for a fifth less work: nearly everything that is made then stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@app.command()
def serve(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT")] = 8000,
) -> None:
    """Serve the HTTP API and the pages."""
    count = settings().serving_processes  # refuses before anything is opened
    with _shared_by(count) as folder:
        with _much_to_import():
            from backend.http import serving
            from backend.http.processes import serve_in_processes
            from backend.http.rate_limits import counters
            from backend.http.routing import prepare_routes
            from backend.main import create_app
            from backend.observability.metrics import forget_process

            served = create_app()
        if folder is None:
            serving.serve(served, host, port)
        else:
            counters.folder = folder
            prepare_routes(served.router)
            serve_in_processes(served, host, port, count, forget_process)


@contextmanager
def _shared_by(processes: int) -> Iterator[Path | None]:
    """Make a folder for what several processes count together, such as rate limits and metrics; None for one alone."""
    if processes == 1:
        yield None
        return
    with TemporaryDirectory(prefix="ecopanier-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        metrics = folder / "metrics"
        metrics.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)  # read when prometheus_client is imported
        yield folder


@app.command()
def worker(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the worker of this host works; exit status 1 if not.")
    ] = False,
) -> None:
    """Run the background worker: it ends expired holds, settles payments and sends mails."""
    if check:
        from backend.observability.heartbeat import silence

        if (why := silence(settings().data_dir)) is not None:
            raise SystemExit(why)
        return
    with _much_to_import():
        from backend import worker as background

    settings()
    background.main()


@app.command()
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


@places.command("load")
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


@admin.command("create")
def create_admin(
    email: Annotated[str, typer.Option(help="The e-mail address that the admin signs in with.")],
    password: Annotated[
        str | None,
        typer.Option(
            envvar="ECOPANIER_ADMIN_PASSWORD",
            help="The command asks for it if it is not given, so that it does not end up in the shell's history.",
        ),
    ] = None,
    supabase_id: Annotated[
        UUID | None, typer.Option(help="With Supabase Auth, instead of a password: the person's id in Supabase.")
    ] = None,
) -> None:
    """Create an admin, or set an admin's new password, which ends their sessions."""
    import psycopg

    from backend.accounts import passwords
    from backend.accounts.addresses import EmailAddress
    from backend.accounts.problems import PasswordTooCommon
    from backend.problems.problem import problem_texts

    chosen = settings()
    owner_url = needed(chosen.owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    if (chosen.auth == "supabase") != (supabase_id is not None):
        raise SystemExit(
            "--supabase-id is required with ECOPANIER_AUTH=supabase, where Supabase keeps the passwords, and not "
            "accepted without it."
        )
    try:
        address: str = TypeAdapter(EmailAddress).validate_python(email)
    except ValidationError:
        raise SystemExit("This is not an e-mail address.") from None
    password_hash = None
    if supabase_id is None:
        secret = password or typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        if not passwords.SHORTEST <= len(secret) <= passwords.LONGEST:
            raise SystemExit(f"A password has {passwords.SHORTEST} to {passwords.LONGEST} characters.")
        try:
            passwords.refuse_common(secret, address)
        except PasswordTooCommon as refusal:
            raise SystemExit(problem_texts(type(refusal), "en")[1]) from None
        password_hash = asyncio.run(passwords.hashed(secret))
    try:
        with psycopg.connect(owner_url) as connection:
            connection.execute("set local role ecopanier_owner")
            connection.execute("select app.create_admin(%s, %s, %s)", [address, password_hash, supabase_id])
    except psycopg.Error as problem:
        taken = "this address or id belongs to an account that is not an admin."
        why = taken if problem.sqlstate == "EP409" else str(problem).splitlines()[0]
        raise SystemExit(f"Nothing was changed: {why}") from None
    sys.stdout.write(f"{address} is an admin.\n")


@admin.command("reset-second-factor")
def reset_second_factor(
    email: Annotated[str, typer.Option(help="The e-mail address that the admin signs in with.")],
) -> None:
    """Remove the second factor of an admin who lost it, and end their sessions. Other admins can do it over the API."""
    import psycopg

    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    try:
        with psycopg.connect(owner_url) as connection:
            connection.execute("set local role ecopanier_owner")
            row = connection.execute("select app.drop_second_factor(%s)", [email]).fetchone()
    except psycopg.Error as problem:
        unknown = "nobody is an admin under this address."
        why = unknown if problem.sqlstate == "EP404" else str(problem).splitlines()[0]
        raise SystemExit(f"Nothing was changed: {why}") from None
    if row is None or not row[0]:
        raise SystemExit(f"Nothing was changed: {email} has no second factor.")
    sys.stdout.write(f"{email} signs in with the password alone and can add a second factor.\n")


@keys.command("rotate")
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


@ai.command("report")
def report_on_drafts(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days to look back.")] = 30,
) -> None:
    """Print how often merchants corrected each drafted field, and how long it took them to publish."""
    import psycopg
    from psycopg.rows import dict_row

    worker_url = needed(settings().worker_database_url, "ECOPANIER_WORKER_DATABASE_URL")
    with psycopg.connect(worker_url, row_factory=dict_row) as connection:
        report = connection.execute("select * from app.draft_report(%s)", [days]).fetchone()
    assert report is not None  # noqa: S101  this function always returns a row
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    console.print(f"{report['drafts']} drafts in {days} days, {report['published']} of them published.")
    if not report["published"]:
        return
    console.print(f"Median time from photo to publication: {_duration(report['median_seconds'])}.")
    table = Table("field", "drafted", "corrected", "share", "left empty, then filled in")
    for field in report["fields"]:
        share = f"{field['changed'] / field['drafted']:.0%}" if field["drafted"] else ""
        table.add_row(field["field"], str(field["drafted"]), str(field["changed"]), share, str(field["filled"]))
    console.print(table)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@app.command("recall")
def recall_food(
    gtin: Annotated[str, typer.Option(help="The number under the bar code.")],
    reason: Annotated[str, typer.Option(help="The reason for the recall, which holders will read.")],
    batch: Annotated[
        str | None, typer.Option(help="The batch printed on the food. Without it, every batch is recalled.")
    ] = None,
) -> None:
    """Recall food: freeze its lots at once. The worker then cancels reservations, refunds and tells holders."""
    import psycopg

    from backend.recalls.schemas import RecallIn

    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    try:
        wanted = RecallIn(gtin=gtin, batch=batch, reason=reason)
    except ValidationError as mistake:
        fields = ", ".join(f"--{error['loc'][0]}: {error['msg']}" for error in mistake.errors())
        raise SystemExit(f"Nothing was recalled. {fields}") from None
    try:
        with psycopg.connect(owner_url) as connection:
            connection.execute("set local role ecopanier_owner")
            found = connection.execute(
                "select lots from app.issue_recall(%s, %s, %s, null)", [wanted.gtin, wanted.batch, wanted.reason]
            ).fetchone()
    except psycopg.Error as problem:
        raise SystemExit(f"Nothing was recalled: {str(problem).splitlines()[0]}") from None
    assert found is not None  # noqa: S101  this function always returns a row
    sys.stdout.write(f"Recalled: {wanted.gtin}, {wanted.batch or 'every batch'}; lots frozen: {found[0]}.\n")


@app.command("dac7")
def declare_sellers(
    year: Annotated[int, typer.Argument(min=2026, max=2099, help="The year that is over.")],
    output: Annotated[Path, typer.Argument(help="The file to write: XML, compressed with gzip if it ends in .gz.")],
) -> None:
    """Write the declaration of a year's sellers to the tax administration (DAC7), for the platform's accountant.

    It is made from the yearly copies that the worker issued for the sellers in January.
    """
    import gzip
    from datetime import UTC, datetime

    import psycopg

    from backend.documents.contents import YearContents
    from backend.documents.dac7 import declaration

    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    try:
        with psycopg.connect(owner_url) as connection:
            connection.execute("set local role ecopanier_owner")
            rows = connection.execute(
                "select contents::text from accounting.documents"
                " where kind = 'year' and (contents ->> 'year')::int = %s order by id",
                [year],
            ).fetchall()
    except psycopg.Error as problem:
        raise SystemExit(f"Nothing was written: {str(problem).splitlines()[0]}") from None
    if not rows:
        raise SystemExit(
            f"Nothing was written: no seller has to be declared for {year}, or the worker has not run since."
        )
    written = declaration([YearContents.model_validate_json(row[0]) for row in rows], datetime.now(UTC))
    output.write_bytes(gzip.compress(written, mtime=0) if output.suffix == ".gz" else written)
    sys.stdout.write(f"{output}: {len(rows)} shops declared for {year}. Encrypt it before you send it (Télé-TD).\n")


@app.command("as")
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
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
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


@app.command(name="settings")
def list_settings() -> None:
    """List all settings (environment variables) with their defaults."""
    table = Table("setting", "default", "what it does", box=None, pad_edge=False)
    for field in Settings.model_fields.values():
        default = "" if field.default in (None, PydanticUndefined) else str(field.default)
        table.add_row(str(field.validation_alias), default, field.description or "")
    Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False).print(table)


@figures.command("rebuild")
def rebuild_figures(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day to count; by default all days.")
    ] = None,
) -> None:
    """Count the figures of shops' days anew from the entries; exit status 1 if published ones differ.

    Days whose collections are no longer kept stay as they are.
    """
    from backend.worker import working

    async def run() -> tuple[int, int]:
        async with working(settings()) as (work, _):
            row = await work.acts.row("rebuild_figures", since=since and since.date(), published_too=False)
            return row["differed"], row["left_alone"]

    differed, left_alone = asyncio.run(run())
    sys.stdout.write(f"{differed} figures differed from their entries, {differed - left_alone} were replaced.\n")
    if left_alone:
        sys.stdout.write(f"{left_alone} are published: see `ecopanier figures correct`.\n")
        raise SystemExit(1)


@figures.command("correct")
def correct_figures(
    why: Annotated[str, typer.Option(help="Why the figures were wrong, which everybody can read.")],
) -> None:
    """Publish corrections of the days and months whose figures differ from their entries.

    What changed is told only if enough people and merchants stand behind it. Otherwise the figure is suppressed.
    """
    from backend.territories.releasing import correct_figures as correct
    from backend.worker import working

    async def run() -> list[tuple[str, date]]:
        async with working(settings()) as (work, _):
            return await correct(work.acts, why)

    if not SHORTEST_REASON <= len(why) <= LONGEST_REASON:
        raise SystemExit(f"Nothing was corrected. --why: {SHORTEST_REASON} to {LONGEST_REASON} characters.")
    done = asyncio.run(run())
    for kind, first_day in done:
        sys.stdout.write(f"Corrected: {kind} {first_day}.\n")
    sys.stdout.write(f"{len(done)} corrections.\n")


@territories.command("change")
def change_map(
    old: Annotated[str, typer.Argument(help="The INSEE code of a commune that was merged or renamed.")],
    new: Annotated[str, typer.Argument(help="The INSEE code of the commune of which it is a part from then on.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The first day of the change.")],
) -> None:
    """Note that a commune is a part of another from a day on, today or later. Earlier figures stay with the old one."""
    import psycopg

    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    try:
        with psycopg.connect(owner_url) as connection:
            connection.execute("set local role ecopanier_owner")
            connection.execute("select app.change_map(%s, %s, %s)", [old, new, day.date()])
    except psycopg.Error as problem:
        raise SystemExit(f"Nothing was changed: {str(problem).splitlines()[0]}") from None
    sys.stdout.write(f"From {day.date()} on, {old} is {new}.\n")


@trace.command("check")
def check_trace() -> None:
    """Check that no entry in a chain of custody was changed, removed or moved; exit status 1 if one was.

    The digest at the end stays the same until a chain grows: note it elsewhere to see a chain that was rewritten.
    """
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from backend.custody import check as checking
    from backend.worker import working

    async def run(progress: Progress) -> checking.Checked:
        shown = progress.add_task("0", total=None)
        async with working(settings()) as (work, _):
            return await checking.check_custody(
                work.acts, lambda entries: progress.update(shown, description=str(entries))
            )

    columns = (SpinnerColumn(), TextColumn("{task.description} entries"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        found = asyncio.run(run(progress))
    sys.stdout.write(f"{found.chains} chains, {found.entries} entries, {len(found.broken)} problems.\n")
    sys.stdout.write(f"Digest {found.digest}\n")
    for one in found.broken[:MOST_SHOWN]:
        sys.stdout.write(f"{one.collection_id} {one.number or '-'} {one.problem}\n")
    if found.broken:
        raise SystemExit(1)


@ledger.command("check")
def check_ledger(
    with_stripe: Annotated[
        bool, typer.Option("--stripe/--no-stripe", help="Read Stripe's balance first and compare with it.")
    ] = True,
) -> None:
    """Check that every cent of the ledger balances and agrees with Stripe; exit status 1 if not.

    Admins are told of a difference, and read it under /v1/admin/ledger/differences.
    """
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from backend.ledger import check as checking
    from backend.ledger.shops import compare_shops
    from backend.payouts.jobs import look_at_account_and_payouts
    from backend.stripe.problems import PaymentUnavailable
    from backend.worker import working

    async def run(progress: Progress) -> checking.Found:
        shown = progress.add_task("", total=None)

        def tell(step: str, done: int) -> None:
            progress.update(shown, description=f"{step} {done}" if step in ("Stripe", "shops") else step)

        async with working(settings()) as (work, _):
            url = needed(settings().worker_database_url, "ECOPANIER_WORKER_DATABASE_URL")
            stripe_cents, of_shops = None, list[checking.Difference]()
            if with_stripe:
                _, stripe_cents = await checking.compare(work.acts, work.stripe, progress=tell)
                of_shops = await compare_shops(
                    work.acts, work.stripe, lambda account: look_at_account_and_payouts(work, account), progress=tell
                )
            return await checking.check(url, stripe_cents=stripe_cents, of_shops=of_shops, progress=tell)

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            found = asyncio.run(run(progress))
    except PaymentUnavailable:
        raise SystemExit("Stripe cannot be reached. Check the database alone with --no-stripe.") from None
    sys.stdout.write(f"{found.lines} lines, {len(found.differences)} differences.\n")
    for one in found.differences:
        about = one.source or one.reservation_id or one.shop_id or ""
        sys.stdout.write(f"{one.kind} {about} {one.cents / 100:+.2f} €\n")
    if found.differences:
        raise SystemExit(1)


@app.command()
def openapi(
    output: Annotated[
        Path | None,
        typer.Option(
            help="Write this file instead, in the compact form of docs/openapi.json and without this server's address."
        ),
    ] = None,
) -> None:
    """Print the OpenAPI 3.1 description of the API, as it is served."""
    with _much_to_import():
        from backend.http.openapi_document import openapi_document
        from backend.main import create_app

        served = create_app().openapi()
    if output is not None:
        output.write_text(openapi_document(served, settings().public_url))
    else:
        sys.stdout.write(json.dumps(served, ensure_ascii=False, indent=2) + "\n")


def needed(url: SecretStr | None, name: str) -> str:
    """Return a setting's value. Exit with a message that names the setting if it is not set."""
    if url is None:
        raise SystemExit(f"{name} is not set.")
    return url.get_secret_value()


def main() -> None:
    """Run a command. Print what is wrong with the settings and exit with status 2 if they are refused."""
    try:
        app(prog_name="./scripts/ecopanier")
    except SettingsRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
