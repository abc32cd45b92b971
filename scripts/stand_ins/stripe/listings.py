"""Lists with cursors, newest first, and the search by metadata."""

import re
from dataclasses import replace
from typing import Any

from scripts.stand_ins.stripe import books
from scripts.stand_ins.stripe.forms import Params
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal, missing

_PAGING = {"created", "limit", "starting_after"}
_CLAUSE = re.compile(r"""\s*(?:metadata\[["']([\w-]+)["']\]|(status))\s*:\s*["']([^"']*)["']\s*""")


def payment_intents(call: Call) -> dict[str, Any]:
    return _page(call, "payment_intent", "/v1/payment_intents", {})


def charges(call: Call) -> dict[str, Any]:
    return _page(call, "charge", "/v1/charges", {"payment_intent": "$.payment_intent"})


def refunds(call: Call) -> dict[str, Any]:
    return _page(call, "refund", "/v1/refunds", {"payment_intent": "$.payment_intent", "charge": "$.charge"})


def disputes(call: Call) -> dict[str, Any]:
    return _page(call, "dispute", "/v1/disputes", {"payment_intent": "$.payment_intent", "charge": "$.charge"})


def subscriptions(call: Call) -> dict[str, Any]:
    """Answer GET /v1/subscriptions. Without `status`, ended ones are left out."""
    wanted = {name: value for name, value in call.form.items() if name != "status"}
    status = call.form.get("status")
    page = _page(replace(call, form=wanted), "subscription", "/v1/subscriptions", {"customer": "$.customer"})
    if status != "all":
        page["data"] = [one for one in page["data"] if one["status"] == (status or one["status"]) != "canceled"]
    return page


def invoices(call: Call) -> dict[str, Any]:
    filters = {"customer": "$.customer", "status": "$.status", "subscription": "$._subscription"}
    return _page(call, "invoice", "/v1/invoices", filters)


def portal_configurations(call: Call) -> dict[str, Any]:
    wanted = {name: value for name, value in call.form.items() if name != "active"}
    return _page(replace(call, form=wanted), "billing_portal.configuration", "/v1/billing_portal/configurations", {})


def events(call: Call) -> dict[str, Any]:
    return _page(call, "event", "/v1/events", {"type": "$.type"})


def transfers(call: Call) -> dict[str, Any]:
    filters = {"destination": "$.destination", "transfer_group": "$.transfer_group"}
    return _page(call, "transfer", "/v1/transfers", filters)


def reversals(call: Call) -> dict[str, Any]:
    """Answer GET /v1/transfers/{id}/reversals."""
    if call.store.find("transfer", call.id) is None:
        raise missing("transfer", call.id, param="transfer")
    return _page(call, "transfer_reversal", f"/v1/transfers/{call.id}/reversals", {}, {"$.transfer": call.id})


def payouts(call: Call) -> dict[str, Any]:
    return _page(call, "payout", "/v1/payouts", {"status": "$.status"})


def balance_transactions(call: Call) -> dict[str, Any]:
    filters = {"payout": "$._payout", "source": "$.source", "type": "$.type"}
    page = _page(call, "balance_transaction", "/v1/balance_transactions", filters)
    page["data"] = [books.dated(line, call.store.now()) for line in page["data"]]
    return page


def balance_transaction(call: Call) -> dict[str, Any]:
    return books.dated(_one(call, "balance_transaction"), call.store.now())


def charge(call: Call) -> dict[str, Any]:
    return _one(call, "charge")


def event(call: Call) -> dict[str, Any]:
    return _one(call, "event")


def search_payment_intents(call: Call) -> dict[str, Any]:
    """Answer `metadata['payment_id']:'…' AND status:'succeeded'`. Unlike Stripe's, this search is never out of date."""
    params = Params(call.form, {"limit", "query"})
    equal: dict[str, str | None] = {}
    for clause in re.split(r"\s+AND\s+", params.required_text("query"), flags=re.IGNORECASE):
        matched = _CLAUSE.fullmatch(clause)
        if matched is None:
            raise Refusal(400, f"Search query not understood: {clause}", param="query")
        equal[f'$.metadata."{matched[1]}"' if matched[1] else "$.status"] = matched[3]
    found = call.store.newest("payment_intent", equal=equal, limit=_limit(params))
    return {
        "object": "search_result",
        "data": found,
        "has_more": False,
        "next_page": None,
        "url": "/v1/payment_intents/search",
    }


def _one(call: Call, kind: str) -> dict[str, Any]:
    Params(call.form, set())
    found = call.store.find(kind, call.id)
    if found is None or found.get("_account") != call.account:
        raise missing(kind, call.id)
    return found


def _page(
    call: Call, kind: str, url: str, filters: dict[str, str], always: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return a page of the objects of the account that asks. filters: JSON paths by parameter."""
    params = Params(call.form, {*_PAGING, *filters})
    equal: dict[str, str | None] = {
        path: value for name, path in filters.items() if (value := params.text(name)) is not None
    }
    equal |= {"$._account": call.account, **(always or {})}
    after = params.text("starting_after")
    if after is not None and call.store.find(kind, after) is None:
        raise missing(kind, after, status=400, param="starting_after")
    limit = _limit(params)
    found = call.store.newest(kind, equal=equal, created=_created(params, call.form), after=after, limit=limit + 1)
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": url}


def listed(things: list[dict[str, Any]], url: str) -> dict[str, Any]:
    """Return objects as a list that is whole."""
    return {"object": "list", "data": things, "has_more": False, "url": url}


def _limit(params: Params) -> int:
    limit = params.integer("limit")
    if limit is not None and not 1 <= limit <= 100:
        raise Refusal(400, "This value must be between 1 and 100.", code="parameter_invalid_integer", param="limit")
    return limit or 10


def _created(params: Params, form: dict[str, Any]) -> dict[str, int]:
    """Return the bounds given by `created=…` or by `created[gte]=…` and the like."""
    bounds = {"eq": form["created"]} if isinstance(form.get("created"), str) else params.mapping("created")
    for name, value in bounds.items():
        if name not in ("gt", "gte", "lt", "lte", "eq") or not re.fullmatch(r"[0-9]{1,12}", str(value)):
            raise Refusal(400, f"Invalid timestamp: {name}", param=f"created[{name}]")
    return {name: int(value) for name, value in bounds.items()}
