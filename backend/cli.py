"""The command line: `scripts/ecopanier --help`."""

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic_core import PydanticUndefined
from rich.console import Console
from rich.table import Table

from backend.settings import Settings, SettingsRefused, settings

if TYPE_CHECKING:  # what a command needs is imported when it runs, so that each starts fast
    from backend.database.ask_as import Answer

# A traceback with the values of variables would show secrets.
app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="EcoPanier's command line."
)

admin = typer.Typer(no_args_is_help=True, help="The people who verify, moderate and suspend.")
app.add_typer(admin, name="admin")
ai = typer.Typer(no_args_is_help=True, help="The drafts that are made from photos.")
app.add_typer(ai, name="ai")
keys = typer.Typer(no_args_is_help=True, help="The keys that beneficiaries' names are sealed with.")
app.add_typer(keys, name="keys")

MOST_COLUMNS = 10
DRAIN_SECONDS = 10  # requests under way may end this long after SIGTERM


@app.command()
def serve(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT")] = 8000,
) -> None:
    """Serve the HTTP API, in one process."""
    import uvicorn

    from backend.http.single_write import OneWrite

    settings()  # refuses before anything is opened
    uvicorn.run(
        "backend.main:create_app",
        factory=True,
        host=host,
        port=port,
        loop="uvloop",
        http=OneWrite,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # ECOPANIER_TRUSTED_PROXIES decides
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


@app.command()
def worker() -> None:
    """Do the background work: lapse holds, settle payments, send mails."""
    from backend import worker as background

    settings()
    background.main()


@app.command()
def migrate(
    sql: Annotated[bool, typer.Option("--sql", help="Print the same as SQL, for a Supabase project.")] = False,
) -> None:
    """Bring the database to what this checkout says, all or nothing."""
    from backend.database import migrate as migration
    from backend.database.login_passwords import set_login_passwords

    if sql:
        sys.stdout.write(migration.script())
        return
    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    try:
        migration.migrate(owner_url)
    except migration.MigrationRefused as refusal:
        raise SystemExit(f"Nothing was changed: {refusal}") from None
    logins = (settings().database_url, settings().worker_database_url)
    set_login_passwords(owner_url, *(url.get_secret_value() for url in logins if url))


@admin.command("create")
def create_admin(
    email: Annotated[str, typer.Option(help="The address to sign in with.")],
    password: Annotated[
        str | None,
        typer.Option(
            envvar="ECOPANIER_ADMIN_PASSWORD",
            help="Asked for where it is not given, so that it need not stand in the shell's history.",
        ),
    ] = None,
    supabase_id: Annotated[
        UUID | None, typer.Option(help="Instead of a password, with Supabase Auth: the person's id there.")
    ] = None,
) -> None:
    """Make an admin, or give one a new password, which ends their sessions."""
    import psycopg

    from backend.accounts import passwords
    from backend.accounts.addresses import EmailAddress
    from backend.accounts.problems import PasswordTooCommon
    from backend.problems.problem import problem_texts

    chosen = settings()
    owner_url = needed(chosen.owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    if (chosen.auth == "supabase") != (supabase_id is not None):
        raise SystemExit("--supabase-id is for ECOPANIER_AUTH=supabase, and needed there: its passwords are not ours.")
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
        taken = "this address or id is that of an account that is no admin."
        why = taken if problem.sqlstate == "EP409" else str(problem).splitlines()[0]
        raise SystemExit(f"Nothing was changed: {why}") from None
    sys.stdout.write(f"{address} is an admin.\n")


@keys.command("rotate")
def rotate_keys() -> None:
    """Wrap every data key by ECOPANIER_MASTER_KEY, also those that a previous one wraps.

    First start the API and the worker with the new key and the old one among ECOPANIER_PREVIOUS_MASTER_KEYS.
    """
    import psycopg

    from backend.sealing.key_rotation import rotate
    from backend.sealing.seals import keyring

    worker_url = needed(settings().worker_database_url, "ECOPANIER_WORKER_DATABASE_URL")
    try:
        done = rotate(worker_url, keyring())
    except psycopg.Error as problem:
        raise SystemExit(f"Not finished, run it again: {str(problem).splitlines()[0]}") from None
    sys.stdout.write(f"{done.rewrapped} data keys wrapped anew; the present master key is {keyring().current}.\n")
    for name, count in sorted(done.left.items()):
        sys.stdout.write(f"{count} are wrapped by the master key {name}, which no setting holds.\n")
    if done.broken:
        sys.stdout.write(f"{done.broken} do not open with the master key that they name: they were changed.\n")
    if done.left or done.broken:
        raise SystemExit(1)
    sys.stdout.write("ECOPANIER_PREVIOUS_MASTER_KEYS is not needed any more.\n")


@ai.command("report")
def report_on_drafts(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How far to look back.")] = 30,
) -> None:
    """Print how often merchants changed what was drafted, field by field, and how long it took to publish."""
    import psycopg
    from psycopg.rows import dict_row

    worker_url = needed(settings().worker_database_url, "ECOPANIER_WORKER_DATABASE_URL")
    with psycopg.connect(worker_url, row_factory=dict_row) as connection:
        report = connection.execute("select * from app.draft_report(%s)", [days]).fetchone()
    assert report is not None  # noqa: S101  a function gives its row
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    console.print(f"{report['drafts']} drafts in {days} days, {report['published']} of them published.")
    if not report["published"]:
        return
    console.print(f"From photo to published: {_duration(report['median_seconds'])} in the median.")
    table = Table("field", "drafted", "changed", "share", "left empty, filled in")
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
    reason: Annotated[str, typer.Option(help="Why; holders read it.")],
    batch: Annotated[str | None, typer.Option(help="The batch printed on the food; without it, every batch.")] = None,
) -> None:
    """Recall food: its lots freeze at once; the worker gives everything back and tells holders."""
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
    assert found is not None  # noqa: S101  a function gives its row
    sys.stdout.write(f"Recalled: {wanted.gtin}, {wanted.batch or 'every batch'}; lots frozen: {found[0]}.\n")


@app.command("as")
def as_person(
    who: Annotated[str, typer.Argument(help="An e-mail address, a beneficiary code, or `anon` for nobody.")],
    sql: Annotated[list[str], typer.Argument(help="One statement, after `--`.")],
    commit: Annotated[bool, typer.Option("--commit", help="Keep what it changes; otherwise it is undone.")] = False,
) -> None:
    """Run SQL as somebody, under row-level security, as the API would: what they may see and do, and no more."""
    from backend.database import ask_as as asking

    async def asked() -> asking.Answer:
        chosen = settings()
        account = None
        if who != asking.NOBODY:
            if chosen.owner_database_url is None:
                raise asking.NotDone(
                    "ECOPANIER_OWNER_DATABASE_URL is needed to look somebody up by name; `anon` needs none."
                )
            account = await asking.account_called(who, chosen.owner_database_url.get_secret_value())
        api_url = needed(chosen.database_url, "DATABASE_URL")
        return await asking.ask_as(account, " ".join(sql), chosen, api_url, commit=commit)

    try:
        answer = asyncio.run(asked())
    except asking.NotDone as reason:
        raise SystemExit(str(reason)) from None
    except asking.Refused as refusal:
        from backend import main as _every_fact  # noqa: F401  each has its words

        raise SystemExit(asking.in_words(refusal)) from None
    _print_answer(answer, kept=commit)


def _print_answer(answer: "Answer", *, kept: bool) -> None:
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    rows = [["" if value is None else str(value) for value in row] for row in answer.rows]
    if len(answer.columns) > MOST_COLUMNS:  # a table of them would be unreadable: a row each time below the other
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
    console.print(f"{said}, as {answer.role}" + (", committed." if kept else "; undone (--commit keeps changes)."))


@app.command(name="settings")
def list_settings() -> None:
    """List what the environment may set: name, default, meaning."""
    table = Table("setting", "default", "what it does", box=None, pad_edge=False)
    for field in Settings.model_fields.values():
        default = "" if field.default in (None, PydanticUndefined) else str(field.default)
        table.add_row(str(field.validation_alias), default, field.description or "")
    Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False).print(table)


@app.command()
def openapi() -> None:
    """Print the API's description (OpenAPI 3.1)."""
    from backend.main import create_app

    sys.stdout.write(json.dumps(create_app().openapi(), ensure_ascii=False, indent=2) + "\n")


def needed(url: SecretStr | None, name: str) -> str:
    if url is None:
        raise SystemExit(f"{name} is not set.")
    return url.get_secret_value()


def main() -> None:
    """Run a command; unsafe or wrong settings are said in words, with status 2."""
    try:
        app(prog_name="./scripts/ecopanier")
    except SettingsRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
