"""The jobs that acts queue, by the names the acts use, and how failed ones are tried again."""

from typing import Any
from uuid import UUID

import procrastinate
from procrastinate import BaseRetryStrategy, RetryDecision, RetryStrategy
from procrastinate.jobs import Job

from backend.accounts import jobs as accounts
from backend.accounts.letters import LetterWriter, to_every_address
from backend.chat_hooks import jobs as chat_hooks
from backend.email_changes import jobs as email_changes
from backend.job_context import Work
from backend.mail import MailNotSent
from backend.members import jobs as members
from backend.neighbours import jobs as neighbours
from backend.notices import jobs as notices
from backend.partners import jobs as partners
from backend.payments import jobs as payments
from backend.payouts import jobs as payouts
from backend.privacy import jobs as privacy
from backend.recalls import jobs as recalls
from backend.reservations import jobs as reservations
from backend.subscriptions import jobs as subscriptions
from backend.tours import jobs as tours

LONGEST_WAIT_FOR_A_MAIL_SECONDS = 15 * 60
LONGEST_WAIT_FOR_A_CHAT_SECONDS = 12 * 60 * 60


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

# The enclosures of some events' mails: the pass, and the pickup window as a calendar entry.
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


def add_queued_jobs(app: procrastinate.App, work: Work) -> None:
    """Register the jobs that acts queue."""

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
