"""Commands that check chains of custody and the ledger."""

import asyncio
import sys
from typing import Annotated

import typer
from rich.console import Console

from backend.cli.common import needed
from backend.settings import settings

MOST_SHOWN = 100


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
