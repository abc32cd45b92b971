"""The worker: jobs that follow from what was committed, and what happens by the clock.

The queue is procrastinate's, in Postgres: acts put a job in within their own transaction, so a fact and its
consequences commit together. Jobs that fail because something outside is down are tried again with growing pauses.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import procrastinate
import structlog
from procrastinate import RetryStrategy

from backend.accounts import jobs as accounts
from backend.db import Database
from backend.observability.logs import configure_logs
from backend.payments import jobs as payments
from backend.payments.stripe_client import stripe_of
from backend.reservations import jobs as reservations
from backend.settings import Settings, SettingsRefused, settings
from backend.work import Work

CONCURRENT_JOBS = 8
MANY = 500
RETRY = RetryStrategy(max_attempts=12, exponential_wait=3)

log = structlog.get_logger("ecopanier.worker")


async def by_the_clock(work: Work) -> None:
    """Do once what is due now: holds lapse, lots end, impact is added up."""
    await work.acts.value("lapse_holds", MANY)
    await work.acts.value("end_lots", MANY)
    await work.acts.value("add_up_impact")


def queue(work: Work, url: str) -> procrastinate.App:
    """Make the queue with every job that an act may defer, by the name it uses."""
    connector = procrastinate.PsycopgConnector(
        conninfo=url, min_size=1, max_size=4, kwargs={"options": "-c search_path=jobs,pg_catalog"}
    )
    app = procrastinate.App(connector=connector)

    @app.task(name="accounts.send_mail", retry=RETRY, pass_context=True)
    async def send_mail(context: procrastinate.JobContext, account_id: str, mail: str) -> None:
        assert context.job.id is not None  # noqa: S101  a job that runs stands in the queue
        await accounts.send_mail(work, UUID(account_id), mail, context.job.id)

    @app.task(name="payments.look_at_intent", retry=RETRY)
    async def look_at_intent(intent: str) -> None:
        await payments.look_at_intent(work, intent)

    @app.task(name="payments.carry_forward", retry=RETRY)
    async def carry_forward(payment_id: str) -> None:
        await payments.carry_forward(work, UUID(payment_id))

    @app.task(name="reservations.tell_holder", retry=RETRY)
    async def tell_holder(reservation_id: str) -> None:
        await reservations.tell_holder(work, UUID(reservation_id))

    @app.periodic(cron="*/5 * * * * *")
    @app.task(name="by_the_clock", queueing_lock="by_the_clock", lock="by_the_clock")
    async def tick(timestamp: int) -> None:
        await by_the_clock(work)

    # Apart from the clock's: Stripe may be slow, and holds lapse all the same.
    @app.periodic(cron="*/10 * * * * *")
    @app.task(name="payments.reconcile", queueing_lock="payments.reconcile", lock="payments.reconcile")
    async def reconcile(timestamp: int) -> None:
        await payments.reconcile(work)

    @app.periodic(cron="17 * * * *")
    @app.task(name="prune", queueing_lock="prune")
    async def prune(timestamp: int) -> None:
        await work.acts.value("prune")
        await app.job_manager.delete_old_jobs(nb_hours=24, include_failed=False)

    return app


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[tuple[Work, procrastinate.App]]:
    """Open all that jobs need; close it at the end. Raises SettingsRefused, UnsafeDatabase."""
    if settings.worker_database_url is None:
        raise SettingsRefused(["ECOPANIER_WORKER_DATABASE_URL is missing: give the worker its own login."])
    url = settings.worker_database_url.get_secret_value()
    database = await Database.open(url, settings)
    stripe = stripe_of(settings)
    work = Work(database, stripe, settings)
    try:
        app = queue(work, url)
        async with app.open_async():
            yield work, app
    finally:
        await stripe.aclose()
        await database.close()


async def run_due_jobs(work: Work, app: procrastinate.App) -> None:
    """Do what is due now and then return: for tests and for catching up by hand."""
    await by_the_clock(work)
    await payments.reconcile(work)
    await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False, delete_jobs="never")


async def work_until_stopped() -> None:
    """Work until a signal says stop; jobs under way are finished first."""
    async with working(settings()) as (_work, app):
        log.info("worker.started")
        await app.run_worker_async(
            concurrency=CONCURRENT_JOBS,
            install_signal_handlers=True,
            delete_jobs="successful",
            shutdown_graceful_timeout=20,
        )


def main() -> None:
    """Run the worker in this process."""
    writer = configure_logs(settings().log_level)
    try:
        asyncio.run(work_until_stopped())
    finally:
        writer.write_out()
