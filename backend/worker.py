"""The worker: it runs the jobs that acts queue, and the periodic jobs.

The queue is procrastinate's, in Postgres. Acts queue a job in their own transaction, so the job exists exactly if the
change it follows from was committed. Failed jobs are retried with growing pauses. Jobs of a worker that died are taken
over by another.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException

from backend.associations import jobs as associations
from backend.associations.documents import document_store_of
from backend.beneficiaries import jobs as beneficiaries
from backend.custody import jobs as custody
from backend.database.safety import refuse_unsafe_login
from backend.database.sessions import Database
from backend.documents import jobs as documents
from backend.favourites import jobs as favourites
from backend.figures import jobs as figures
from backend.funds import jobs as funds
from backend.impact import jobs as impact
from backend.job_context import Work
from backend.ledger import jobs as ledger
from backend.observability.heartbeat import beat
from backend.observability.logs import configure_logs
from backend.payments import jobs as payments
from backend.periodic_jobs import DEAD_AFTER_SECONDS, add_periodic_jobs, by_the_clock, take_over_from_the_dead
from backend.photos import jobs as photos
from backend.photos.store import photo_store_of
from backend.queued_jobs import add_queued_jobs
from backend.recalls import jobs as recalls
from backend.settings import Settings, SettingsRefused, settings
from backend.stripe.client import stripe_of
from backend.territories import jobs as territories
from backend.tours import signed_sheets
from backend.webhooks import jobs as webhooks

CONCURRENT_JOBS = 8
LOOK_EVERY_SECONDS = 5.0  # for jobs whose time has come, and whose notification got lost
LOOK_WITHOUT_LISTENING_EVERY_SECONDS = 1.0
HEARTBEAT_SECONDS = 2.0
FINISH_SECONDS = 20.0
PAUSE_SECONDS = 1.0

log = structlog.get_logger("ecopanier.worker")


def queue(work: Work, url: str) -> procrastinate.App:
    """Return procrastinate's app with all jobs: those that acts defer, by the names the acts use, and the periodic.

    Its statements name no schema: the search path is a setting of the login, in policies/roles.sql.
    """
    # Nothing is prepared, because behind PgBouncer the next statement may run on another connection to the server.
    connector = procrastinate.PsycopgConnector(
        conninfo=url, min_size=1, max_size=4, timeout=5, kwargs={"prepare_threshold": None}
    )
    app = procrastinate.App(connector=connector)
    add_queued_jobs(app, work)
    add_periodic_jobs(app, work)
    return app


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
    await figures.close_days(work)
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
