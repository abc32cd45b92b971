"""Commands that make admins and remove their second factor."""

import asyncio
import sys
from typing import Annotated
from uuid import UUID

import typer
from pydantic import TypeAdapter, ValidationError

from backend.cli.common import as_owner, needed
from backend.settings import settings


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
    with as_owner(
        owner_url, "Nothing was changed", {"EP409": "this address or id belongs to an account that is not an admin."}
    ) as connection:
        connection.execute("select app.create_admin(%s, %s, %s)", [address, password_hash, supabase_id])
    sys.stdout.write(f"{address} is an admin.\n")


def reset_second_factor(
    email: Annotated[str, typer.Option(help="The e-mail address that the admin signs in with.")],
) -> None:
    """Remove the second factor of an admin who lost it, and end their sessions. Other admins can do it over the API."""
    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    with as_owner(owner_url, "Nothing was changed", {"EP404": "nobody is an admin under this address."}) as connection:
        row = connection.execute("select app.drop_second_factor(%s)", [email]).fetchone()
    if row is None or not row[0]:
        raise SystemExit(f"Nothing was changed: {email} has no second factor.")
    sys.stdout.write(f"{email} signs in with the password alone and can add a second factor.\n")
