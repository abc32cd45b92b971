"""The jobs that run by the clock."""

from contextlib import suppress
from datetime import timedelta

import asyncpg
import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException

from backend.api_clients import jobs as api_clients
from backend.associations import jobs as associations
from backend.beneficiaries import jobs as beneficiaries
from backend.custody import jobs as custody
from backend.documents import jobs as documents
from backend.favourites import jobs as favourites
from backend.figures import jobs as figures
from backend.funds import jobs as funds
from backend.impact import jobs as impact
from backend.job_context import Work
from backend.ledger import jobs as ledger
from backend.neighbours import jobs as neighbours
from backend.payments import jobs as payments
from backend.payouts import jobs as payouts
from backend.photos import jobs as photos
from backend.privacy import jobs as privacy
from backend.queued_jobs import RETRY
from backend.recalls import jobs as recalls
from backend.subscriptions import jobs as subscriptions
from backend.territories import jobs as territories
from backend.tours import signed_sheets
from backend.webhooks import jobs as webhooks

MANY = 500
SOME = 100  # where each may touch many rows, so that the act ends before the statement timeout
EVERY_5_SECONDS, EVERY_10_SECONDS = "* * * * * */5", "* * * * * */10"  # the sixth field is the seconds
CLOCK_FIRST = 10  # priority over the jobs queued by acts, which may all be waiting for Stripe
DEAD_AFTER_SECONDS = 10.0

log = structlog.get_logger("ecopanier.worker")

# Acts that `by_the_clock` calls in this order, each with the most that it may do at once.
DUE: dict[str, dict[str, int]] = {
    "lapse_holds": {"most": MANY},
    "lapse_offers": {"most": MANY},
    "take_back_refunded": {},
    "end_lots": {"most": MANY},
    "count_suspended": {"most": SOME},
    "move_suspended": {"most": SOME},
    "convert_unsold": {"most": MANY},
    "add_up_impact": {},
    "publish_recurring": {"most": MANY},
    "ask_recurring": {"most": SOME},
    "ask_unsold": {"most": SOME},
    "cancel_recalled_collections": {},
    "settle_collections": {"most": SOME},
    "ask_remainders": {"most": SOME},
    "tell_reservations": {"most": MANY},
    "remind_holders": {"most": SOME},
    "end_lost_factors": {"most": SOME},
    "tell_of_reports": {"most": SOME},
    "give_back_reported": {"most": SOME},
    "reopen_tour": {},
    "tell_cancellations": {"most": MANY},
}


async def by_the_clock(work: Work) -> None:
    """Call each of the `DUE` acts once: lapse holds and offers, end lots, convert unsold ones, count impact and so on.

    A failing act does not stop the others. Raises an ExceptionGroup of the failures at the end.
    """
    failed: list[Exception] = []
    for act, arguments in DUE.items():
        try:
            await work.acts.value(act, **arguments)
        except (asyncpg.PostgresError, TimeoutError) as failure:
            failed.append(failure)
    if failed:
        raise ExceptionGroup("acts that are due failed", failed)


async def take_over_from_the_dead(app: procrastinate.App) -> int:
    """Requeue the jobs of workers whose heartbeat has stopped, and return how many there were.

    Every job is safe to run twice, so it does no harm to take over from a worker that was only slow.
    """
    left = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS))
    for job in left:
        with suppress(ConnectorException):  # another worker was faster
            await app.job_manager.retry_job(job)
            log.warning("job.taken_over", job=job.id, task=job.task_name)
    return len(left)


def add_periodic_jobs(app: procrastinate.App, work: Work) -> None:
    """Register the jobs that run by the clock."""

    # Periodic jobs take no procrastinate lock: two at once do no harm, and a worker that dies while it runs one must
    # not block the next. (A queueing lock would also have to read the conflicting row, which row-level security hides.)
    @app.periodic(cron=EVERY_5_SECONDS)
    @app.task(name="by_the_clock", priority=CLOCK_FIRST)
    async def tick(timestamp: int) -> None:
        await by_the_clock(work)

    @app.periodic(cron=EVERY_5_SECONDS)
    @app.task(name="take_over", priority=CLOCK_FIRST)
    async def take_over(timestamp: int) -> None:
        await take_over_from_the_dead(app)

    # A job of its own, not part of `by_the_clock`: Stripe may be slow, and holds must lapse all the same.
    @app.periodic(cron=EVERY_10_SECONDS)
    @app.task(name="payments.reconcile", priority=CLOCK_FIRST)
    async def reconcile(timestamp: int) -> None:
        await payments.reconcile(work)

    # A job of its own, not part of `by_the_clock`: a shop may have ten thousand followers.
    @app.periodic(cron=EVERY_5_SECONDS)
    @app.task(name="favourites.announce")
    async def announce(timestamp: int) -> None:
        await favourites.announce(work)

    # A job of its own, because endpoints may be slow. A run begins while the one before may still wait for some.
    @app.periodic(cron=EVERY_5_SECONDS)
    @app.task(name="webhooks.deliver")
    async def deliver_webhooks(timestamp: int) -> None:
        await webhooks.deliver_due(work)

    @app.periodic(cron="*/10 * * * *")
    @app.task(name="payments.look_for_refunds")
    async def look_for_refunds(timestamp: int) -> None:
        await payments.look_for_refunds(work)

    @app.periodic(cron="22 * * * *")
    @app.task(name="payouts.look_again")
    async def look_again(timestamp: int) -> None:
        await payouts.look_again(work)

    # After the night's lots were closed. What Stripe could not do is tried again the next night.
    @app.periodic(cron="40 4 * * *")
    @app.task(name="payouts.move_money")
    async def move_money(timestamp: int) -> None:
        await payouts.move_money(work)

    # Often, although a lot is closed in one night: each has its own random moment, and Stripe may delay it.
    @app.periodic(cron="*/10 * * * *")
    @app.task(name="ledger.close_lots")
    async def close_lots(timestamp: int) -> None:
        await ledger.close_lots(work)

    # After the last night of the day's shops in France. Stripe may be slow.
    @app.periodic(cron="23 6 * * *")
    @app.task(name="ledger.check", retry=RETRY)
    async def check_ledger(timestamp: int) -> None:
        await ledger.check_ledger(work, payouts.look_at_account_and_payouts)

    @app.periodic(cron="*/10 * * * *")
    @app.task(name="subscriptions.look_again")
    async def look_at_subscriptions_again(timestamp: int) -> None:
        await subscriptions.look_again(work)

    @app.periodic(cron="*/10 * * * *")
    @app.task(name="subscriptions.issue_invoices")
    async def invoice_subscriptions(timestamp: int) -> None:
        await subscriptions.issue_invoices(work)

    @app.periodic(cron="41 7 * * *")
    @app.task(name="api_clients.tell")
    async def tell_of_api_clients(timestamp: int) -> None:
        await api_clients.tell(work)

    @app.periodic(cron="22 * * * *")
    @app.task(name="subscriptions.tell_exports")
    async def tell_exports(timestamp: int) -> None:
        await work.acts.value("tell_monthly_exports", most=SOME)

    # A job of its own, because `prune` must not wait for a file store that is down.
    @app.periodic(cron="37 * * * *")
    @app.task(name="photos.remove_orphans")
    async def remove_orphans(timestamp: int) -> None:
        await photos.remove_orphans(work)

    @app.periodic(cron="47 * * * *")
    @app.task(name="associations.remove_orphans")
    async def remove_orphaned_documents(timestamp: int) -> None:
        await associations.remove_orphans(work)

    @app.periodic(cron="49 * * * *")
    @app.task(name="tours.remove_sheets")
    async def remove_signed_sheets(timestamp: int) -> None:
        await signed_sheets.remove_sheets(work)

    # Hourly, although papers are issued once a month: a worker that was down catches up. Printing is a job of its own,
    # because it takes minutes for a large town.
    @app.periodic(cron="33 * * * *")
    @app.task(name="documents.issue_months")
    async def issue_papers(timestamp: int) -> None:
        await documents.issue_months(work)

    @app.periodic(cron="* * * * *")
    @app.task(name="documents.print")
    async def print_papers(timestamp: int) -> None:
        await documents.print_documents(work)

    # Hourly, although a month is stated once, an hour after its end: a worker that was down catches up.
    @app.periodic(cron="3 * * * *")
    @app.task(name="funds.state")
    async def state_funds(timestamp: int) -> None:
        await funds.state(work)

    @app.periodic(cron="* * * * *")
    @app.task(name="funds.print")
    async def print_fund_statements(timestamp: int) -> None:
        await funds.print_statements(work)

    @app.periodic(cron="*/5 * * * *")
    @app.task(name="custody.settle")
    async def settle_failed_collections(timestamp: int) -> None:
        await custody.settle_failed(work)

    @app.periodic(cron="53 * * * *")
    @app.task(name="documents.forget")
    async def forget_papers(timestamp: int) -> None:
        await documents.forget_documents(work)
        await custody.forget_papers(work)
        await funds.forget_statements(work)

    # Hourly, although reminders are due once a day: a worker that was down catches up.
    @app.periodic(cron="7 * * * *")
    @app.task(name="beneficiaries.remind")
    async def remind_of_rights(timestamp: int) -> None:
        await beneficiaries.remind(work)

    # Queued by the migration that brings a new method. Hourly as well, because a restored dump may bring back old rows.
    @app.periodic(cron="27 * * * *")
    @app.task(name="beneficiaries.renew_identities", retry=RETRY)
    async def renew_identities(timestamp: int = 0) -> None:
        await beneficiaries.renew_identities(work)

    @app.periodic(cron="57 * * * *")
    @app.task(name="impact.close_periods")
    async def close_impact_periods(timestamp: int) -> None:
        await impact.close_periods(work)

    @app.periodic(cron="42 * * * *")
    @app.task(name="figures.close_days")
    async def close_days(timestamp: int) -> None:
        await figures.close_days(work)

    @app.periodic(cron="12 3 * * *")
    @app.task(name="neighbours.count_leftovers", retry=RETRY)
    async def count_leftovers(timestamp: int) -> None:
        await neighbours.count_leftovers(work)

    @app.periodic(cron="12 * * * *")
    @app.task(name="territories.release")
    async def release_figures(timestamp: int) -> None:
        await territories.release_figures(work)

    # A job of its own, because the feed may be slow.
    @app.periodic(cron="*/15 * * * *")
    @app.task(name="recalls.read_feed")
    async def read_recall_feed(timestamp: int) -> None:
        await recalls.read_feed(work)

    @app.periodic(cron="17 * * * *")
    @app.task(name="prune")
    async def prune(timestamp: int) -> None:
        await privacy.forget(work)
        await ledger.carry_forward(work)
        # Successful jobs are deleted at once. Jobs that failed for good are kept a while for a person to look at.
        kept = await work.acts.value("kept_for", wanted="failed_jobs")
        await app.job_manager.delete_old_jobs(nb_hours=kept // timedelta(hours=1), include_failed=True)
