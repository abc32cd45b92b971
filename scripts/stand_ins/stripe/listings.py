"""Lists with cursors, newest first, and the search by metadata."""

import re
from typing import Any

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


def events(call: Call) -> dict[str, Any]:
    return _page(call, "event", "/v1/events", {"type": "$.type"})


def charge(call: Call) -> dict[str, Any]:
    return _one(call, "charge")


def event(call: Call) -> dict[str, Any]:
    return _one(call, "event")


def search_payment_intents(call: Call) -> dict[str, Any]:
    """Answer `metadata['payment_id']:'…' AND status:'succeeded'`. Unlike Stripe's, this search is never out of date."""
    params = Params(call.form, {"limit", "query"})
    equal = {}
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
    if found is None:
        raise missing(kind, call.id)
    return found


def _page(call: Call, kind: str, url: str, filters: dict[str, str]) -> dict[str, Any]:
    params = Params(call.form, {*_PAGING, *filters})
    equal = {path: value for name, path in filters.items() if (value := params.text(name)) is not None}
    after = params.text("starting_after")
    if after is not None and call.store.find(kind, after) is None:
        raise missing(kind, after, status=400, param="starting_after")
    limit = _limit(params)
    found = call.store.newest(kind, equal=equal, created=_created(params, call.form), after=after, limit=limit + 1)
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": url}


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
