"""Payouts from a balance to a bank account, which the control door makes and ends."""

from typing import Any

from scripts.stand_ins.stripe import books, connect_objects
from scripts.stand_ins.stripe.forms import Params
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal, missing

_ARRIVES_AFTER_SECONDS = 2 * 24 * 3600
_ENDINGS = {"in_transit", "paid", "failed", "canceled"}


def retrieve(call: Call) -> dict[str, Any]:
    Params(call.form, set())
    return _found(call)


def pay_out(call: Call, cents: int | None = None) -> dict[str, Any]:
    """Pay out a balance: all that is available and automatically, or some cents by hand. Raises Refusal."""
    available, _ = books.balances(call.store, call.account)
    amount = available if cents is None else cents
    if not 1 <= amount <= available:
        raise Refusal(
            400,
            f"You have insufficient funds in your Stripe account: {available} cents are available.",
            code="balance_insufficient",
        )
    payout = connect_objects.payout(
        amount=amount,
        account=call.account,
        automatic=cents is None,
        line=None,
        created=call.store.now(),
        arrives=call.store.now() + _ARRIVES_AFTER_SECONDS,
    )
    if payout["automatic"]:
        _claim(call, payout)
    line = books.post(call, "payout", kind="payout", amount=-amount, source=payout["id"], account=call.account)
    line["_payout"] = payout["id"]
    call.store.save(line)
    payout["balance_transaction"] = line["id"]
    call.store.save(payout)
    call.emit("payout.created", payout)
    if payout["automatic"]:
        before = {"reconciliation_status": payout["reconciliation_status"]}
        payout["reconciliation_status"] = "completed"
        call.store.save(payout)
        call.emit("payout.reconciliation_completed", payout, before)
    return payout


def end(call: Call, status: str) -> dict[str, Any]:
    """Let a payout arrive or fail. It may fail even after it was paid, and then its money comes back."""
    payout = _found(call)
    if status not in _ENDINGS or payout["status"] in ("failed", "canceled"):
        raise Refusal(400, f"A payout that is {payout['status']} does not become {status}.")
    before = {"status": payout["status"]}
    payout["status"] = status
    if status in ("failed", "canceled"):
        line = books.post(
            call,
            "payout_reversal",
            kind="payout_failure" if status == "failed" else "payout_cancel",
            amount=payout["amount"],
            source=payout["id"],
            account=payout.get("_account"),
        )
        payout["failure_balance_transaction"] = line["id"]
    if status == "failed":
        payout |= {"failure_code": "account_closed", "failure_message": "The bank account has been closed."}
    if status == "paid":
        payout["trace_id"] = {"status": "supported", "value": f"trace{payout['id'][-12:]}"}
    call.store.save(payout)
    call.emit("payout.updated" if status == "in_transit" else f"payout.{status}", payout, before)
    return payout


def _claim(call: Call, payout: dict[str, Any]) -> None:
    """Note which lines an automatic payout pays: all available ones that no payout has paid yet."""
    for line in call.store.newest("balance_transaction", equal={"$._account": call.account, "$._payout": None}):
        if line["available_on"] <= call.store.now():
            line["_payout"] = payout["id"]
            call.store.save(line)


def _found(call: Call) -> dict[str, Any]:
    payout = call.store.find("payout", call.id)
    if payout is None or payout.get("_account") != call.account:
        raise missing("payout", call.id)
    return payout
