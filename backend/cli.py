"""The command line: `scripts/ecopanier --help`."""

import json
import sys
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic_core import PydanticUndefined
from rich.console import Console
from rich.table import Table

from backend.settings import Settings, SettingsRefused, settings

# A traceback with the values of variables would show secrets.
app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="EcoPanier's command line."
)

DRAIN_SECONDS = 10  # requests under way may end this long after SIGTERM


@app.command()
def serve(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT")] = 8000,
) -> None:
    """Serve the HTTP API, in one process."""
    import uvicorn

    settings()  # refuses before anything is opened
    uvicorn.run(
        "backend.main:create_app",
        factory=True,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
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
    from backend import migrate as migration
    from backend.login_passwords import set_login_passwords

    if sql:
        sys.stdout.write(migration.script())
        return
    owner_url = _needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    try:
        migration.migrate(owner_url)
    except migration.MigrationRefused as refusal:
        raise SystemExit(f"Nothing was changed: {refusal}") from None
    logins = (settings().database_url, settings().worker_database_url)
    set_login_passwords(owner_url, *(url.get_secret_value() for url in logins if url))


@app.command()
def seed() -> None:
    """Fill an empty database with a small demo town, whose sign-ins are written to the data directory."""
    from scripts.town import seed as build_town

    build_town(settings())


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


def _needed(url: SecretStr | None, name: str) -> str:
    if url is None:
        raise SystemExit(f"{name} is not set.")
    return url.get_secret_value()


def main() -> None:
    """Run a command; unsafe or wrong settings are said in words, with status 2."""
    try:
        app()
    except SettingsRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
