"""Stripe's dashboard: balances, payouts, and payments that a person refunds or a bank disputes."""

import html
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from scripts.stand_ins.stripe import books, checkouts, connect_accounts, disputes, payouts, refunds, subscriptions
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal

_LATEST = 20
_PLATFORM = ""  # how the form names our own account


async def page(request: Request, call: Call) -> Response:
    """Show the dashboard, or do what one of its buttons says and show it again."""
    problem = ""
    if request.method == "POST":
        async with request.form(max_files=0, max_fields=5) as sent:
            act, id, account = (str(sent.get(name, "")) for name in ("act", "id", "account"))
        try:
            with call.store.transaction():
                _do(replace(call, id=id, account=account or None), act)
            return RedirectResponse("/dashboard", 303)
        except Refusal as refusal:
            problem = str(refusal)
    return HTMLResponse(checkouts.frame(_shown(call, problem), "en"), 400 if problem else 200)


def _do(call: Call, act: str) -> None:
    kind, _, what = act.partition(":")
    if kind == "pay out":
        payouts.pay_out(call)
    elif kind == "payout":
        payouts.end(call, what)
    elif kind == "account" and what in connect_accounts.STATES:
        connect_accounts.change_state(call, connect_accounts.found(call, call.id), what)
    elif kind == "refund":
        refunds.create(replace(call, form={"payment_intent": call.id}))
    elif kind == "dispute":
        disputes.open_it(call, payment_intent=call.id)
    elif kind == "decide":
        disputes.decide(call, what)
    elif kind == "renew":
        subscriptions.renew(call)
    else:
        raise Refusal(400, f"no such act: {act}")


def _shown(call: Call, problem: str) -> str:
    store = call.store
    accounts = store.newest(connect_accounts.KIND)
    return (
        "<h1>A pretended Stripe</h1><p>No money moves here.</p>"
        + (f'<p role="alert">{html.escape(problem)}</p>' if problem else "")
        + _section("Balances", [_balance(call, None), *(_balance(call, account) for account in accounts)])
        + _section("Payouts", [_payout(one) for one in store.newest("payout", limit=_LATEST)])
        + _section("Disputes", [_dispute(one) for one in store.newest("dispute", limit=_LATEST)])
        + _section("Subscriptions", [_subscription(one) for one in store.newest("subscription", limit=_LATEST)])
        + _section("Payments", [_payment(one) for one in store.newest("payment_intent", limit=_LATEST)])
    )


def _balance(call: Call, account: dict[str, Any] | None) -> str:
    id = account["id"] if account is not None else _PLATFORM
    available, pending = books.balances(call.store, id or None)
    name = account["display_name"] or id if account is not None else "EcoPanier"
    state = (
        "" if account is None else f" ({'closed' if account['closed'] else connect_accounts.transfers_status(account)})"
    )
    buttons = [_button("pay out", "", "Pay out", id)] if available > 0 else []
    if account is not None and not account["closed"]:
        buttons += [_button(f"account:{one}", id, one) for one in ("active", "restricted", "rejected")]
    return f"{html.escape(name)}{state}: {_euros(available)}, {_euros(pending)} pending{''.join(buttons)}"


def _payout(payout: dict[str, Any]) -> str:
    account = payout.get("_account", _PLATFORM)
    possible = {"pending": ("paid", "failed"), "in_transit": ("paid", "failed"), "paid": ("failed",)}
    buttons = [_button(f"payout:{one}", payout["id"], one, account) for one in possible.get(payout["status"], ())]
    return f"{_euros(payout['amount'])} from {account or 'EcoPanier'}: {payout['status']}{''.join(buttons)}"


def _dispute(dispute: dict[str, Any]) -> str:
    possible = {"needs_response": ("won", "lost"), "lost": ("reinstated",)}
    buttons = [_button(f"decide:{one}", dispute["id"], one) for one in possible.get(dispute["status"], ())]
    return f"{_euros(dispute['amount'])} of {dispute['payment_intent']}: {dispute['status']}{''.join(buttons)}"


def _subscription(one: dict[str, Any]) -> str:
    button = "" if one["status"] in subscriptions.ENDED else _button("renew", one["id"], "End this month")
    return f"{html.escape(one['_name'])} of {one['customer']}: {one['status']}{button}"


def _payment(intent: dict[str, Any]) -> str:
    paid = intent["status"] == "succeeded"
    buttons = [_button(act, intent["id"], act) for act in ("refund", "dispute")] if paid else []
    return f"{intent['id']}, {_euros(intent['amount'])}: {intent['status']}{''.join(buttons)}"


def _section(title: str, lines: list[str]) -> str:
    listed = "".join(f"<li>{line}</li>" for line in lines)
    return f"<h2>{title}</h2><ul>{listed or '<li>None</li>'}</ul>"


def _button(act: str, id: str, text: str, account: str = _PLATFORM) -> str:
    return (
        f' <form method="post" style="display:inline"><input type="hidden" name="id" value="{html.escape(id)}">'
        f'<input type="hidden" name="account" value="{html.escape(account)}">'
        f'<button name="act" value="{html.escape(act)}">{html.escape(text)}</button></form>'
    )


def _euros(cents: int) -> str:
    return f"{cents / 100:.2f} €"
