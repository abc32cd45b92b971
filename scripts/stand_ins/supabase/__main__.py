"""`python -m scripts.stand_ins.supabase`: run the stand-in as a program."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.stand_ins.serving import RefusedInProduction, write_port
from scripts.stand_ins.supabase.server import SupabaseStandIn


def main(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 means any free port.")] = 0,
    port_file: Annotated[Path | None, typer.Option(help="File to which the port is written once it listens.")] = None,
    api_key: Annotated[str, typer.Option(envvar="SUPABASE_SECRET_KEY")] = "sb_secret_stand_in",
    confirms: Annotated[bool, typer.Option(help="Whether a new address must be confirmed by a mail.")] = True,
) -> None:
    """Answer Supabase Auth's protocol on a local port; mails are printed. Refused with ECOPANIER_ENV=production."""
    try:
        stand_in = SupabaseStandIn(api_key=api_key, confirms=confirms, host=host, port=port)
    except (RefusedInProduction, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    stand_in.mailing = lambda mail: typer.echo(f"{mail.kind} to {mail.email}: code {mail.code}, token {mail.token}")
    write_port(port_file, stand_in.port)
    typer.echo(f"Supabase Auth stand-in (not Supabase: no mail is sent) on {stand_in.base_url}")
    stand_in.serve()


if __name__ == "__main__":
    typer.run(main)
