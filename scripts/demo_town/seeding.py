"""The command `ecopanier seed`."""

import asyncio
from pathlib import Path

import psycopg

from backend.accounts import passwords
from backend.settings import Settings
from scripts.demo_town.building import NotEmpty, build
from scripts.demo_town.people import PASSWORD


def seed(settings: Settings, stripe_state: Path | None = None) -> None:
    """Build the demo town with the owner's login; print its sign-ins and write them to the data directory.

    stripe_state: the file of Stripe's stand-in, if one runs.

    Raises SystemExit with an explanation in production, and if the database is not empty or refuses.
    """
    if settings.production:
        raise SystemExit("Nothing was changed: a demo town has a public password, so it is refused in production.")
    assert settings.owner_database_url is not None
    try:
        sign_ins = build(
            settings.owner_database_url.get_secret_value(), asyncio.run(passwords.hashed(PASSWORD)), stripe_state
        )
    except (NotEmpty, psycopg.Error) as refusal:
        raise SystemExit(f"Nothing was changed: {str(refusal).splitlines()[0]}") from None
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    (settings.data_dir / "demo-sign-ins.txt").write_text(sign_ins)
    print(sign_ins, end="")
