"""`python -m scripts.stand_ins.stripe`: run the stand-in as a program."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.stand_ins.serving import RefusedInProduction, write_port
from scripts.stand_ins.stripe.server import StripeStandIn


def main(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 means any free port.")] = 0,
    port_file: Annotated[Path | None, typer.Option(help="File to which the port is written once it listens.")] = None,
    webhook_url: Annotated[str | None, typer.Option(help="URL to which signed events are sent.")] = None,
    webhook_secret: Annotated[str, typer.Option(envvar="STRIPE_WEBHOOK_SECRET")] = "whsec_stand_in",  # noqa: S107
    connect_webhook_secret: Annotated[
        str | None, typer.Option(envvar="STRIPE_CONNECT_WEBHOOK_SECRET", help="By default the first secret.")
    ] = None,
    thin_webhook_secret: Annotated[
        str | None, typer.Option(envvar="STRIPE_THIN_WEBHOOK_SECRET", help="By default the first secret.")
    ] = None,
    api_key: Annotated[str, typer.Option(envvar="STRIPE_API_KEY")] = "sk_test_stand_in",
    state_file: Annotated[
        Path | None, typer.Option(help="SQLite file; without it nothing is kept after the end.")
    ] = None,
) -> None:
    """Answer Stripe's protocol on a local port. No money moves. Refused with ECOPANIER_ENV=production."""
    try:
        stand_in = StripeStandIn(
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            connect_webhook_secret=connect_webhook_secret,
            thin_webhook_secret=thin_webhook_secret,
            api_key=api_key,
            state_file=state_file,
            host=host,
            port=port,
        )
    except (RefusedInProduction, ValueError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    write_port(port_file, stand_in.port)
    typer.echo(f"Stripe stand-in (not Stripe: no money moves) on {stand_in.base_url}")
    typer.echo(f"To pay: public key {stand_in.publishable_key}, payment method pm_card_visa")
    stand_in.serve()


if __name__ == "__main__":
    typer.run(main)
