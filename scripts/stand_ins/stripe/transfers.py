"""Transfers from the platform to connected accounts, limited by its available balance, and their reversals."""

from typing import Any

from scripts.stand_ins.stripe import books, connect_accounts, connect_objects, objects
from scripts.stand_ins.stripe.forms import Params
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal, missing

_CREATE = {
    "amount", "currency", "description", "destination", "metadata", "source_transaction", "source_type",
    "transfer_group",
}  # fmt: skip


def create(call: Call) -> dict[str, Any]:
    params = Params(call.form, _CREATE)
    amount, metadata = _positive(params), params.metadata()
    if params.required_text("currency") != "eur":
        raise Refusal(400, "This stand-in transfers euros only.", param="currency")
    destination = params.required_text("destination")
    account = call.store.find(connect_accounts.KIND, destination)
    if account is None:
        raise missing("destination", destination, status=400, param="destination")
    if connect_accounts.transfers_status(account) != "active":
        raise Refusal(
            400,
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
            param="destination",
            began=True,
        )
    source = params.text("source_transaction")
    charge = _chargeable(call, source, amount) if source is not None else None
    available, _ = books.balances(call.store, None)
    if call.lacks_funds or (charge is None and available < amount):
        raise insufficient(
            "You have insufficient available funds in your Stripe account. Try adding funds directly to your available "
            "balance by creating Charges using the 4000000000000077 test card. See: "
            "https://stripe.com/docs/testing#available-balance"
        )
    when = books.available_on(call, charge) if charge is not None else None
    transfer = connect_objects.transfer(
        amount=amount,
        destination=destination,
        source=source,
        group=params.text("transfer_group") or (f"group_{charge['payment_intent']}" if charge is not None else None),
        description=params.text("description"),
        metadata=metadata,
        created=call.store.now(),
    )
    line = books.post(call, "transfer", kind="transfer", amount=-amount, source=transfer["id"], available_on=when)
    payment = _incoming(call, transfer)
    arrived = books.post(
        call, "charge", kind="payment", amount=amount, source=payment["id"], account=destination, available_on=when
    )
    payment["balance_transaction"] = arrived["id"]
    transfer |= {"balance_transaction": line["id"], "destination_payment": payment["id"]}
    call.store.save(transfer)
    call.store.save(payment)
    call.emit("transfer.created", transfer)
    call.emit("payment.created", payment)
    return transfer


def retrieve(call: Call) -> dict[str, Any]:
    Params(call.form, set())
    return _found(call)


def reverse(call: Call) -> dict[str, Any]:
    """Answer POST /v1/transfers/{id}/reversals."""
    params = Params(call.form, {"amount", "description", "metadata", "refund_application_fee"})
    transfer, metadata = _found(call), params.metadata()
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = _positive(params) if params.text("amount") is not None else left
    if amount > left or left == 0:
        raise Refusal(
            400,
            f"Reversal amount (€{amount / 100:.2f}) is greater than unreversed amount on transfer (€{left / 100:.2f})",
            param="amount",
            began=True,
        )
    available, _ = books.balances(call.store, transfer["destination"])
    if call.lacks_funds or available < amount:
        raise insufficient("The connected account has insufficient funds to cover the reversal of this transfer.")
    reversal = connect_objects.reversal(transfer=transfer, amount=amount, metadata=metadata, created=call.store.now())
    line = books.post(call, "transfer_reversal", kind="transfer_refund", amount=amount, source=reversal["id"])
    refund = objects.new_id("pyr")
    books.post(call, "refund", kind="payment_refund", amount=-amount, source=refund, account=transfer["destination"])
    reversal |= {"balance_transaction": line["id"], "destination_payment_refund": refund}
    call.store.save(reversal)
    before = {"amount_reversed": transfer["amount_reversed"], "reversed": transfer["reversed"]}
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"] = [reversal, *transfer["reversals"]["data"]][:10]
    call.store.save(transfer)
    call.emit("transfer.reversed", transfer, before)
    return reversal


def insufficient(message: str) -> Refusal:
    """Return the refusal of a balance that does not suffice. A key repeats it for a day."""
    return Refusal(400, message, code="balance_insufficient", began=True)


def _positive(params: Params) -> int:
    amount = params.required_integer("amount")
    if amount < 1:
        raise Refusal(400, "Invalid positive integer", code="parameter_invalid_integer", param="amount")
    return amount


def _found(call: Call) -> dict[str, Any]:
    transfer = call.store.find("transfer", call.id)
    if transfer is None:
        raise missing("transfer", call.id, param="transfer")
    return transfer


def _chargeable(call: Call, source: str, amount: int) -> dict[str, Any]:
    """Return the charge whose money is transferred, of which enough must be left."""
    charge = call.store.find("charge", source)
    if charge is None or "_account" in charge:
        raise missing("charge", source, status=400, param="source_transaction")
    charge = books.settle_now(call, charge)
    used = sum(
        one["amount"] - one["amount_reversed"]
        for one in call.store.newest("transfer", equal={"$.source_transaction": source})
    )
    left = charge["amount"] - used if charge["paid"] else 0
    if amount > left:
        raise Refusal(
            400,
            f"Transfers using this transaction as a source must not exceed the source amount of €{left / 100:.2f}. "
            "(Note: There may be existing transfers using this transaction as a source.)",
            code="transfer_source_balance_parameters_mismatch",
            param="amount",
            began=True,
        )
    return charge


def _incoming(call: Call, transfer: dict[str, Any]) -> dict[str, Any]:
    """Return the payment that a connected account receives by a transfer."""
    payment = objects.incoming_payment(transfer)
    return payment | {"created": call.store.now(), "_account": transfer["destination"]}
