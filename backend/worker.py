"""The worker: it runs the jobs that acts queue, and the periodic jobs.

The queue is procrastinate's, in Postgres. Acts queue a job in their own transaction, so the job exists exactly if the
change it follows from was committed. Failed jobs are retried with growing pauses. Jobs of a worker that died are taken
over by another.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import procrastinate
import psycopg
import structlog
from procrastinate import BaseRetryStrategy, RetryDecision, RetryStrategy
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job

from backend.accounts import jobs as accounts
from backend.accounts.letters import LetterWriter, to_every_address
from backend.api_clients import jobs as api_clients
from backend.associations import jobs as associations
from backend.associations.documents import document_store_of
from backend.beneficiaries import jobs as beneficiaries
from backend.chat_hooks import jobs as chat_hooks
from backend.custody import jobs as custody
from backend.database.safety import refuse_unsafe_login
from backend.database.sessions import Database
from backend.documents import jobs as documents
from backend.email_changes import jobs as email_changes
from backend.favourites import jobs as favourites
from backend.funds import jobs as funds
from backend.impact import jobs as impact
from backend.job_context import Work
from backend.ledger import jobs as ledger
from backend.mail import MailNotSent
from backend.members import jobs as members
from backend.neighbours import jobs as neighbours
from backend.notices import jobs as notices
from backend.observability.heartbeat import beat
from backend.observability.logs import configure_logs
from backend.partners import jobs as partners
from backend.payments import jobs as payments
from backend.payouts import jobs as payouts
from backend.photos import jobs as photos
from backend.photos.store import photo_store_of
from backend.privacy import jobs as privacy
from backend.recalls import jobs as recalls
from backend.reservations import jobs as reservations
from backend.settings import Settings, SettingsRefused, settings
from backend.stripe.client import stripe_of
from backend.subscriptions import jobs as subscriptions
from backend.territories import jobs as territories
from backend.tours import jobs as tours
from backend.tours import signed_sheets
from backend.webhooks import jobs as webhooks

CONCURRENT_JOBS = 8
MANY = 500
SOME = 100  # where each may touch many rows, so that the act ends before the statement timeout
EVERY_5_SECONDS, EVERY_10_SECONDS = "* * * * * */5", "* * * * * */10"  # the sixth field is the seconds
CLOCK_FIRST = 10  # priority over the jobs queued by acts, which may all be waiting for Stripe
LOOK_EVERY_SECONDS = 5.0  # for jobs whose time has come, and whose notification got lost
LOOK_WITHOUT_LISTENING_EVERY_SECONDS = 1.0
HEARTBEAT_SECONDS = 2.0
DEAD_AFTER_SECONDS = 10.0
FINISH_SECONDS = 20.0
PAUSE_SECONDS = 1.0
LONGEST_WAIT_FOR_A_MAIL_SECONDS = 15 * 60
LONGEST_WAIT_FOR_A_CHAT_SECONDS = 12 * 60 * 60

log = structlog.get_logger("ecopanier.worker")


class Retry(BaseRetryStrategy):
    """Retries failed jobs with growing pauses of 3, 9, 27 … seconds.

    A job fails for good after 12 retries, about nine days. A mail that the relay does not take never does: it is sent
    once the relay is mended, whenever that is, at most a quarter of an hour later. A message to a chat is tried
    until its hook is switched off or its collection is over, at least twice a day.
    """

    _others = RetryStrategy(max_attempts=12, exponential_wait=3)

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to try the job again; None to let it fail for good."""
        if isinstance(exception, MailNotSent):
            attempts = min(job.attempts, 12)  # no huge powers
            return RetryDecision(retry_in={"seconds": min(3 ** (attempts + 1), LONGEST_WAIT_FOR_A_MAIL_SECONDS)})
        if isinstance(exception, chat_hooks.ChatNotPosted):
            attempts = min(job.attempts, 12)
            return RetryDecision(retry_in={"seconds": min(3 ** (attempts + 1), LONGEST_WAIT_FOR_A_CHAT_SECONDS)})
        return self._others.get_retry_decision(exception=exception, job=job)


RETRY = Retry()


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

# What the mails of some events enclose: the pass, and the window as a calendar's entry.
ENCLOSERS: dict[str, notices.Encloser] = {
    "reservation_confirmed": reservations.enclose_pass,
    "pickup_reminder": reservations.enclose_pass,
}

# Mails that go to another address than one that its owner has confirmed, or that bring a code or a link's token.
WRITERS: dict[str, LetterWriter] = {
    "registration": accounts.write_registration,
    "address_to_confirm": accounts.write_confirmation,
    "reset_password": accounts.write_reset,
    "email_change": email_changes.write_email_change,
    "email_change_asked": email_changes.write_change_asked,
    "email_changed": email_changes.write_changed,
    "invitation": members.write_invitation,
    "shop_invitation": neighbours.write_invitation,
    "lot_recalled": to_every_address,
    "collection_recalled": to_every_address,
    "recall_for_shop": to_every_address,
    "recall_to_pass_on": to_every_address,
}

# Jobs that acts of earlier releases queued and that may still wait: now acts write notices themselves.
TASKS_OF_EARLIER_RELEASES = (
    "accounts.send_mail",
    "accounts.mail_registration",
    "members.mail_invitation",
    "payments.tell_refund_failed",
    "recalls.tell_holder",
    "recalls.tell_supporter",
    "reservations.tell_holder",
    "reservations.tell_refunded",
    "reservations.tell_shop",
    "waiting.tell_offered",
    "suspended_lots.tell_donor",
    "administration.tell_decision",
    "administration.tell_taken_down",
    "beneficiaries.tell_transfer",
    "beneficiaries.remind_association",
    "beneficiaries.remind_beneficiary",
)


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


def queue(work: Work, url: str) -> procrastinate.App:
    """Return procrastinate's app with all jobs: those that acts defer, by the names the acts use, and the periodic.

    Its statements name no schema: the search path is a setting of the login, in policies/roles.sql.
    """
    # Nothing is prepared, because behind PgBouncer the next statement may run on another connection to the server.
    connector = procrastinate.PsycopgConnector(
        conninfo=url, min_size=1, max_size=4, timeout=5, kwargs={"prepare_threshold": None}
    )
    app = procrastinate.App(connector=connector)

    @app.task(name="notices.deliver", retry=RETRY)
    async def deliver_notice(delivery_id: str) -> None:
        await notices.deliver(work, UUID(delivery_id), WRITERS, ENCLOSERS)

    async def tell_queued(context: procrastinate.JobContext, /, **arguments: Any) -> None:
        assert context.job.id is not None  # noqa: S101  a running job is stored, so it has an id
        await notices.tell_queued(work, context.job.task_name, context.job.id, arguments)

    for task in TASKS_OF_EARLIER_RELEASES:
        app.task(name=task, retry=RETRY, pass_context=True)(tell_queued)

    @app.task(name="chat_hooks.post", retry=RETRY)
    async def post_in_chat(
        hook_id: str, event: str, collection_id: str | None = None, kind: str | None = None, next: str | None = None
    ) -> None:
        about = None if collection_id is None else UUID(collection_id)
        await chat_hooks.post(work, UUID(hook_id), event, about, {"kind": kind, "next": next})

    @app.task(name="partners.enrol", retry=RETRY)
    async def enrol_batch(batch_id: str) -> None:
        await partners.enrol(work, UUID(batch_id))

    @app.task(name="payments.look_at_intent", retry=RETRY)
    async def look_at_intent(intent: str) -> None:
        await payments.look_at_intent(work, intent)

    @app.task(name="payments.carry_forward", retry=RETRY)
    async def carry_forward(payment_id: str) -> None:
        await payments.carry_forward(work, UUID(payment_id))

    @app.task(name="subscriptions.look_at_checkout", retry=RETRY)
    async def look_at_checkout(object_id: str, account: str | None) -> None:
        if account is None:  # connected accounts have no Premium
            await subscriptions.look_at_checkout(work, object_id)

    @app.task(name="subscriptions.look_at_subscription", retry=RETRY)
    async def look_at_subscription(object_id: str, account: str | None) -> None:
        if account is None:  # connected accounts have no Premium
            await subscriptions.look_at_subscription(work, object_id)

    @app.task(name="subscriptions.look_at_invoice", retry=RETRY)
    async def look_at_invoice(object_id: str, account: str | None) -> None:
        if account is None:  # connected accounts have no Premium
            await subscriptions.look_at_invoice(work, object_id)

    @app.task(name="subscriptions.look_at_refund", retry=RETRY)
    async def look_at_refund(object_id: str, account: str | None) -> None:
        if account is None:  # connected accounts have no Premium
            await subscriptions.look_at_refund(work, object_id)

    @app.task(name="subscriptions.end", retry=RETRY)
    async def end_subscription(customer: str) -> None:
        await subscriptions.end(work, customer)

    @app.task(name="subscriptions.delete_customer", retry=RETRY)
    async def delete_customer(customer: str) -> None:
        await subscriptions.delete_customer(work, customer)

    @app.task(name="recalls.end_lot", retry=RETRY)
    async def end_recalled_lot(recall_id: str, lot_id: str) -> None:
        await recalls.end_lot(work, UUID(recall_id), UUID(lot_id))

    @app.task(name="recalls.tell_shop", retry=RETRY)
    async def tell_shop(recall_id: str, shop_id: str, lot_ids: list[str]) -> None:
        await recalls.tell_shop(work, UUID(recall_id), UUID(shop_id), [UUID(lot_id) for lot_id in lot_ids])

    @app.task(name="tours.plan", retry=RETRY)
    async def plan_tours(plan_id: str) -> None:
        await tours.plan(work, UUID(plan_id))

    @app.task(name="privacy.finish_erasure", retry=RETRY)
    async def finish_erasure(account_id: str) -> None:
        await privacy.finish_erasure(work, UUID(account_id))

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

    @app.task(name="payouts.look_at_account", retry=RETRY)
    async def look_at_account(object_id: str, account: str | None) -> None:
        await payouts.look_at_account(work, object_id)

    @app.task(name="payouts.look_at_payout", retry=RETRY)
    async def look_at_payout(object_id: str, account: str | None) -> None:
        if account is not None:  # our own payouts concern no shop
            await payouts.look_at_payout(work, account, object_id)

    @app.task(name="payouts.look_at_dispute", retry=RETRY)
    async def look_at_dispute(object_id: str, account: str | None) -> None:
        await payouts.look_at_dispute(work, object_id)

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

    return app


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


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[tuple[Work, procrastinate.App]]:
    """Open everything that jobs need, and close it at the end. Raises SettingsRefused, UnsafeDatabase."""
    if settings.worker_database_url is None:
        raise SettingsRefused(["ECOPANIER_WORKER_DATABASE_URL is missing: set it to the worker's own login."])
    url = settings.worker_database_url.get_secret_value()
    queue_url = (settings.listen_database_url or settings.worker_database_url).get_secret_value()
    if queue_url != url:
        await refuse_unsafe_login(queue_url)
    database = await Database.open(url, settings)
    stripe = stripe_of(settings)
    pictures, kept = photo_store_of(settings), document_store_of(settings)
    work = Work(database, stripe, pictures, kept, settings)
    try:
        app = queue(work, queue_url)
        async with app.open_async():
            yield work, app
    finally:
        await stripe.aclose()
        await pictures.close()
        await kept.close()
        await database.close()


async def run_due_jobs(work: Work, app: procrastinate.App) -> None:
    """Do everything that is due now, then return. For tests."""
    await take_over_from_the_dead(app)
    await by_the_clock(work)
    await favourites.announce(work)
    await payments.reconcile(work)
    await photos.remove_orphans(work)
    await associations.remove_orphans(work)
    await signed_sheets.remove_sheets(work)
    await beneficiaries.remind(work)
    await beneficiaries.renew_identities(work)
    await impact.close_periods(work)
    await territories.release_figures(work)
    await ledger.close_lots(work)
    await recalls.read_feed(work)
    await documents.issue_months(work)
    await documents.print_documents(work)
    await documents.forget_documents(work)
    await custody.forget_papers(work)
    await funds.state(work)
    await funds.print_statements(work)
    await funds.forget_statements(work)
    await custody.settle_failed(work)
    app.periodic_registry.periodic_tasks.clear()  # the periodic jobs have just run
    await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="never")
    await webhooks.deliver_due(work)  # what the jobs did too


async def work_until_stopped() -> None:
    """Work until SIGINT or SIGTERM, then finish the running jobs.

    If the database connection is lost, everything is opened again. Raises what `working` raises at the first start.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    worked = False
    while not stop.is_set():
        try:
            async with working(settings()) as (work, app):
                worked = True
                log.info("worker.started")
                await _work_on(work, app, stop)
        except (ConnectorException, asyncpg.PostgresError, asyncpg.InterfaceError, psycopg.Error, OSError) as error:
            if not worked:
                raise
            log.warning("worker.interrupted", error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PAUSE_SECONDS)


async def _work_on(work: Work, app: procrastinate.App, stop: asyncio.Event) -> None:
    """Work until `stop` is set, or until the queue is lost: then procrastinate returns or raises."""
    listens = not work.settings.pgbouncer or work.settings.listen_database_url is not None
    working_on = asyncio.ensure_future(
        app.run_worker_async(
            concurrency=CONCURRENT_JOBS,
            install_signal_handlers=False,
            # In PgBouncer's transaction mode, LISTEN would succeed and never hear anything.
            listen_notify=listens,
            fetch_job_polling_interval=LOOK_EVERY_SECONDS if listens else LOOK_WITHOUT_LISTENING_EVERY_SECONDS,
            delete_jobs="successful",
            shutdown_graceful_timeout=FINISH_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=DEAD_AFTER_SECONDS,
        )
    )
    stopping = asyncio.ensure_future(stop.wait())
    beating = asyncio.ensure_future(beat(work.settings.data_dir, work.database.ready))
    await asyncio.wait({working_on, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    beating.cancel()
    if not working_on.done():
        working_on.cancel()  # procrastinate then finishes the running jobs before it ends
        with suppress(asyncio.CancelledError):
            await working_on
        return
    await working_on


def main() -> None:
    """Run the worker in this process."""
    writer = configure_logs(settings().log_level)
    try:
        asyncio.run(work_until_stopped())
    finally:
        writer.write_out()
