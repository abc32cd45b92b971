"""The command that recalls food."""

import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from backend.cli.common import as_owner, needed
from backend.settings import settings


def recall_food(
    gtin: Annotated[str, typer.Option(help="The number under the bar code.")],
    reason: Annotated[str, typer.Option(help="The reason for the recall, which holders will read.")],
    batch: Annotated[
        str | None, typer.Option(help="The batch printed on the food. Without it, every batch is recalled.")
    ] = None,
) -> None:
    """Recall food: freeze its lots at once. The worker then cancels reservations, refunds and tells holders."""
    from backend.recalls.schemas import RecallIn

    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    try:
        wanted = RecallIn(gtin=gtin, batch=batch, reason=reason)
    except ValidationError as mistake:
        fields = ", ".join(f"--{error['loc'][0]}: {error['msg']}" for error in mistake.errors())
        raise SystemExit(f"Nothing was recalled. {fields}") from None
    with as_owner(owner_url, "Nothing was recalled") as connection:
        found = connection.execute(
            "select lots from app.issue_recall(%s, %s, %s, null)", [wanted.gtin, wanted.batch, wanted.reason]
        ).fetchone()
    assert found is not None  # noqa: S101  this function always returns a row
    sys.stdout.write(f"Recalled: {wanted.gtin}, {wanted.batch or 'every batch'}; lots frozen: {found[0]}.\n")
