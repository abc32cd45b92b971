"""`python -m scripts.stand_ins.stripe`: the stand-in as a program."""

import os
from pathlib import Path
from typing import Annotated

import typer

from scripts.stand_ins.stripe.server import RefusedInProduction, StripeStandIn


def main(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0,
    port_file: Annotated[Path | None, typer.Option(help="The port is written here once it listens.")] = None,
    webhook_url: Annotated[str | None, typer.Option(help="Where signed events go.")] = None,
    webhook_secret: Annotated[str, typer.Option(envvar="STRIPE_WEBHOOK_SECRET")] = "whsec_stand_in",  # noqa: S107
    api_key: Annotated[str, typer.Option(envvar="STRIPE_API_KEY")] = "sk_test_stand_in",
    state_file: Annotated[Path | None, typer.Option(help="SQLite; without it everything is forgotten.")] = None,
) -> None:
    """Speak Stripe's protocol on a local port. No money moves; refused where ECOPANIER_ENV=production."""
    try:
        stand_in = StripeStandIn(
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            api_key=api_key,
            state_file=state_file,
            host=host,
            port=port,
        )
    except (RefusedInProduction, ValueError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if port_file is not None:
        written = port_file.with_name(port_file.name + ".new")
        written.write_text(f"{stand_in.port}\n")
        os.replace(written, port_file)  # a reader sees the whole number or no file
    typer.echo(f"Stripe stand-in (not Stripe: no money moves) on {stand_in.base_url}")
    typer.echo(f"To pay: public key {stand_in.publishable_key}, payment method pm_card_visa")
    stand_in.serve()


if __name__ == "__main__":
    typer.run(main)
