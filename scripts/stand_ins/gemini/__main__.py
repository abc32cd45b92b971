"""`python -m scripts.stand_ins.gemini`: run the stand-in as a program."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.stand_ins.gemini.server import GeminiStandIn
from scripts.stand_ins.serving import RefusedInProduction, write_port


def main(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 means any free port.")] = 0,
    port_file: Annotated[Path | None, typer.Option(help="File to which the port is written once it listens.")] = None,
    api_key: Annotated[str, typer.Option(envvar="GEMINI_API_KEY")] = "stand-in-key",
    delay: Annotated[float, typer.Option(help="Seconds before each answer.")] = 0.0,
) -> None:
    """Answer Gemini's protocol on a local port: every photo shows baguettes. Refused with ECOPANIER_ENV=production."""
    try:
        stand_in = GeminiStandIn(api_key=api_key, delay=delay, host=host, port=port)
    except (RefusedInProduction, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    write_port(port_file, stand_in.port)
    typer.echo(f"Gemini stand-in (not Gemini: it sees baguettes in everything) on {stand_in.base_url}")
    stand_in.serve()


if __name__ == "__main__":
    typer.run(main)
