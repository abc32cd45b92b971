"""Jobs of payouts: look at Stripe's accounts, payouts and disputes, and move money each night.

Every job may run twice, late, or beside another. The database commits what is about to be asked before Stripe is asked,
and what Stripe answered after it. A transfer whose answer got lost is looked up by its `transfer_group` first: Stripe
repeats its first answer to an idempotency key for a day, even a refusal or a 500, and forgets the key after it.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from backend.job_context import Work
from backend.stripe.accounts import Account
from backend.stripe.calls import PaymentRefused
from backend.stripe.problems import PaymentUnavailable

AT_ONCE = 50
LOOKED_AT_AGAIN_AFTER = timedelta(hours=6)
PAYOUTS_LOOKED_FOR = timedelta(days=14)  # a bank sends a payout back within days
DISPUTES_LOOKED_FOR = timedelta(days=3)  # longer than a worker is down

log = structlog.get_logger("ecopanier.payouts")


async def look_at_account(work: Work, account: str) -> None:
    """Note what Stripe says now about a shop's account; let Stripe pay it out weekly once it is active.

    Raises PaymentUnavailable, PaymentRefused.
    """
    found = await work.stripe.retrieve_account(account)
    if await work.acts.value(
        "payout_account_seen", account=account, now_state=_state(found), asked_for=list(found.due)
    ):
        await work.stripe.pay_out_weekly(account)


async def look_at_payout(work: Work, account: str, payout: str) -> None:
    """Note what Stripe says now about a payout to a shop's bank, and of which transfers it consists.

    Raises PaymentUnavailable, PaymentRefused.
    """
    found = await work.stripe.retrieve_payout(payout, account)
    await work.acts.value(
        "payout_seen",
        account=account,
        payout=found.id,
        cents=found.cents,
        status=found.status,
        arrives_on=found.arrives_at.date(),
        made_at=found.created_at,
    )
    if found.automatic and found.reconciliation == "completed":
        lines = await work.stripe.payout_lines(found.id, account)
        payments = {line.source: line.net_cents for line in lines if line.source is not None}
        await work.acts.value(
            "payout_lines_seen", payout=found.id, payments=list(payments), cents=list(payments.values())
        )


async def look_at_dispute(work: Work, dispute: str) -> None:
    """Note what Stripe says now about a dispute. Raises PaymentUnavailable, PaymentRefused."""
    found = await work.stripe.retrieve_dispute(dispute)
    await work.acts.value(
        "dispute_seen",
        dispute=found.id,
        intent=found.intent_id,
        cents=found.cents,
        status=found.status,
        reason=found.reason,
        answer_by=found.evidence_due_at,
        opened_at=found.created_at,
        withdrawn=-sum(line.cents for line in found.lines if line.category == "dispute"),
        fee=sum(line.fee_cents for line in found.lines),
        reinstated=sum(line.cents for line in found.lines if line.category == "dispute_reversal"),
    )


async def look_again(work: Work) -> int:
    """Look again at accounts, their payouts and disputes, and return how many accounts and disputes there were.

    An event may be lost. What Stripe refuses does not stop the others. Raises PaymentUnavailable if Stripe cannot be
    reached; the rest waits for the next run.
    """
    accounts = await work.acts.rows("payout_accounts_to_look_at", older_than=LOOKED_AT_AGAIN_AFTER, most=AT_ONCE)
    looked_at = await _each(work, look_at_account_and_payouts, [row[0] for row in accounts])
    open_disputes = await work.acts.rows("open_disputes", older_than=LOOKED_AT_AGAIN_AFTER, most=AT_ONCE)
    looked_at += await _each(work, look_at_dispute, [row[0] for row in open_disputes])
    for dispute in await work.stripe.disputes_since(datetime.now(UTC) - DISPUTES_LOOKED_FOR):
        if await work.acts.value("dispute_unknown", dispute=dispute.id):
            await look_at_dispute(work, dispute.id)
            looked_at += 1
    return looked_at


async def look_at_account_and_payouts(work: Work, account: str) -> None:
    """Note what Stripe says now about a shop's account and its latest payouts.

    Raises PaymentUnavailable, PaymentRefused.
    """
    await look_at_account(work, account)
    for payout in await work.stripe.payouts_since(datetime.now(UTC) - PAYOUTS_LOOKED_FOR, account):
        await look_at_payout(work, account, payout.id)


async def _each(work: Work, look: Callable[[Work, str], Awaitable[None]], ids: list[str]) -> int:
    for id in ids:
        try:
            await look(work, id)
        except PaymentRefused as refusal:
            log.error("payouts.refused", subject=id, code=refusal.code, status=refusal.status)
    return len(ids)


async def move_money(work: Work) -> int:
    """Take back what shops owe, then transfer to each shop what is due to it; return how many transfers were made.

    If Stripe cannot be reached, the rest waits for the next night: what was begun is gone on with first.
    """
    made = 0
    try:
        after: UUID | None = None
        while rows := await work.acts.rows("begin_reversals", most=AT_ONCE, after=after):
            for row in rows:
                after = row["shop_id"]
                if row["reversal_id"] is not None:
                    await carry_reversal(work, row["reversal_id"])
        after = None
        while rows := await work.acts.rows("begin_transfers", most=AT_ONCE, after=after):
            for row in rows:
                after = row["shop_id"]
                if row["transfer_id"] is not None:
                    made += await carry_transfer(work, row["transfer_id"])
        await keep_own_balance(work)
    except PaymentUnavailable:
        log.warning("payouts.unavailable", made=made)
    return made


async def keep_own_balance(work: Work) -> None:
    """Let Stripe pay our own balance out only by hand: refunds and transfers need it. Raises PaymentUnavailable."""
    try:
        if (await work.stripe.payout_rhythm()).interval != "manual":
            await work.stripe.pay_out_by_hand()
            log.info("payouts.by_hand")
    except PaymentRefused as refusal:
        log.error("payouts.not_by_hand", code=refusal.code)


async def carry_transfer(work: Work, transfer_id: UUID) -> bool:
    """Ask Stripe for one transfer, and return whether it is made. Raises PaymentUnavailable."""
    asked = await work.acts.row("transfer_asked", transfer=transfer_id)
    if asked["cents"] is None:
        return False
    if asked["asked_before"] is not None:
        if found := await work.stripe.find_transfers(transfer_id):
            await _made(work, transfer_id, found[0].id)
            return True
        asked = await work.acts.row("transfer_asked", transfer=transfer_id, lost=True)
        if asked["cents"] is None:
            return False
    try:
        made = await work.stripe.create_transfer(
            transfer_id, asked["attempt"], account=asked["stripe_account"], cents=asked["cents"]
        )
    except PaymentRefused as refusal:
        log.error("transfer.refused", transfer_id=str(transfer_id), code=refusal.code, status=refusal.status)
        if refusal.certain:
            await work.acts.value("transfer_refused", transfer=transfer_id, code=refusal.code)
        return False
    await _made(work, transfer_id, made.id)
    return True


async def carry_reversal(work: Work, reversal_id: UUID) -> bool:
    """Ask Stripe for one reversal, and return whether it is made. Raises PaymentUnavailable."""
    asked = await work.acts.row("reversal_asked", reversal=reversal_id)
    if asked["cents"] is None:
        return False
    if asked["asked_before"] is not None:
        known = await work.stripe.reversals_of(asked["stripe_transfer"])
        if found := next((one for one in known if one.reversal_id == reversal_id), None):
            await work.acts.value(
                "reversal_made", reversal=reversal_id, stripe_reversal=found.id, made_at=found.created_at
            )
            return True
        asked = await work.acts.row("reversal_asked", reversal=reversal_id, lost=True)
        if asked["cents"] is None:
            return False
    try:
        made = await work.stripe.reverse_transfer(
            asked["stripe_transfer"], reversal_id, asked["attempt"], asked["cents"]
        )
    except PaymentRefused as refusal:
        log.warning("reversal.refused", reversal_id=str(reversal_id), code=refusal.code, status=refusal.status)
        if refusal.certain:
            await work.acts.value(
                "reversal_refused", reversal=reversal_id, code=refusal.code, lacks_funds=refusal.lacks_funds
            )
        return False
    await work.acts.value("reversal_made", reversal=reversal_id, stripe_reversal=made.id, made_at=made.created_at)
    return True


async def _made(work: Work, transfer_id: UUID, stripe_transfer: str) -> None:
    """Commit a transfer as Stripe has it now, and warn if its amount is not the one that we asked for."""
    found = await work.stripe.retrieve_transfer(stripe_transfer)
    await work.acts.value(
        "transfer_made",
        transfer=transfer_id,
        stripe_transfer=found.id,
        payment=found.payment,
        made_at=found.created_at,
    )


def _state(found: Account) -> str:
    if found.closed:
        return "closed"
    if found.transfers == "active":
        return "active"
    return "onboarding" if found.transfers in (None, "pending") else "restricted"
