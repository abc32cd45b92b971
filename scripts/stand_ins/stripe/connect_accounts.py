"""Connected accounts of the v2 API: make, read and close them, and change what Stripe thinks of them."""

from collections.abc import Collection
from typing import Any

from scripts.stand_ins.stripe import connect_objects, objects
from scripts.stand_ins.stripe.forms import Params
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal, missing

KIND = "v2.core.account"
_INCLUDABLE = {
    "configuration.customer", "configuration.merchant", "configuration.recipient", "defaults", "future_requirements",
    "identity", "requirements",
}  # fmt: skip
_CREATE = {
    "contact_email", "contact_phone", "dashboard", "display_name", "metadata", "include",
    "configuration.recipient.capabilities.stripe_balance.stripe_transfers.requested",
    "defaults.currency", "defaults.locales",
    "defaults.responsibilities.fees_collector", "defaults.responsibilities.losses_collector",
    "identity.country", "identity.entity_type",
}  # fmt: skip
# By state: the status of the capability, Stripe's code for it and its remedy, what is asked for, of whom, and when.
STATES: dict[str, tuple[str, str | None, str | None, tuple[str, ...], str, str]] = {
    "new": ("restricted", "requirements_past_due", "provide_info", connect_objects.ASKED, "user", "currently_due"),
    "pending": ("pending", "determining_status", "no_resolution", connect_objects.ASKED[:1], "stripe", "currently_due"),
    "restricted": (
        "restricted", "requirements_past_due", "provide_info",
        ("representative.documents.primary_verification",), "user", "past_due",
    ),
    "rejected": ("rejected", "rejected_fraud", "contact_stripe", (), "user", "currently_due"),
    "active": ("active", None, None, (), "user", "currently_due"),
}  # fmt: skip


def create(call: Call) -> dict[str, Any]:
    _known(call.form, _CREATE)
    wanted = call.form.get("configuration") or {}
    try:
        asked = wanted["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]["requested"]
        responsibilities = call.form["defaults"]["responsibilities"]
        country = call.form["identity"]["country"]
    except (KeyError, TypeError):
        asked, responsibilities, country = False, {}, None
    if asked is not True:
        raise Refusal(400, "This stand-in makes recipients of stripe_transfers only.", code="invalid_fields")
    for field, given in (
        ("contact_email", call.form.get("contact_email")),
        ("dashboard", call.form.get("dashboard")),
        ("identity.country", country),
        ("defaults.responsibilities.fees_collector", responsibilities.get("fees_collector")),
        ("defaults.responsibilities.losses_collector", responsibilities.get("losses_collector")),
    ):
        if not given:
            raise Refusal(400, f"Missing required field: {field}", code="missing_required_fields", param=field)
    account = connect_objects.account(form=call.form, created=call.store.now())
    _put_in(account, "new")
    call.store.save(account)
    call.emit_thin("v2.core.account.created", account)
    return _included(account, call.form)


def retrieve(call: Call) -> dict[str, Any]:
    _known(call.form, {"include"})
    return _included(found(call, call.id), call.form)


def close(call: Call) -> dict[str, Any]:
    _known(call.form, {"applied_configurations"})
    account = found(call, call.id)
    close_it(call, account)
    return _included(account, {})


def found(call: Call, id: str) -> dict[str, Any]:
    """Return an account. Raises Refusal."""
    account = call.store.find(KIND, id)
    if account is None:
        raise missing("account", id)
    return account


def transfers_status(account: dict[str, Any]) -> str:
    """Return whether an account may receive transfers: `active`, `restricted`, `pending`, `rejected`."""
    capabilities = account["configuration"]["recipient"]["capabilities"]
    return str(capabilities["stripe_balance"]["stripe_transfers"]["status"])


def change_state(call: Call, account: dict[str, Any], state: str) -> None:
    """Let Stripe think otherwise of an account, and tell the platform of it."""
    before = transfers_status(account)
    _put_in(account, state)
    call.store.save(account)
    call.emit_thin("v2.core.account[requirements].updated", account)
    if transfers_status(account) != before:
        call.emit_thin("v2.core.account[configuration.recipient].capability_status_updated", account)
    call.emit("account.updated", connect_objects.account_of_v1(account))


def close_it(call: Call, account: dict[str, Any]) -> None:
    """Close an account: nothing can be done with it any more, but it can be read."""
    if account["closed"]:
        return
    _put_in(account, "rejected")
    account["closed"] = True
    call.store.save(account)
    call.emit_thin("v2.core.account.closed", account)


def balance_settings(call: Call) -> dict[str, Any]:
    """Answer GET /v1/balance_settings."""
    Params(call.form, set())
    kept = call.store.find("balance_settings", f"balance_settings_{call.account or 'platform'}")
    return kept or connect_objects.balance_settings(call.account, call.store.now())


def change_balance_settings(call: Call) -> dict[str, Any]:
    """Answer POST /v1/balance_settings, of which only the schedule can be changed here."""
    wanted = Params(call.form, {"payments"}).mapping("payments")
    schedule = Params(Params(Params(wanted, {"payouts"}).mapping("payouts"), {"schedule"}).mapping("schedule"), {
        "interval", "weekly_payout_days", "monthly_payout_days",
    })  # fmt: skip
    interval = schedule.choice("interval", {"daily", "manual", "monthly", "weekly"})
    weekdays = schedule.texts("weekly_payout_days")
    if (interval == "weekly") != bool(weekdays):
        raise Refusal(400, "weekly_payout_days belongs to the interval weekly.", param="payments[payouts][schedule]")
    settings = balance_settings(Call(call.store, call.webhooks, {}, account=call.account))
    settings["payments"]["payouts"]["schedule"] = {
        "interval": interval,
        **({"weekly_payout_days": weekdays} if weekdays else {}),
    }
    call.store.save(settings)
    return settings


def _put_in(account: dict[str, Any], state: str) -> None:
    status, code, resolution, descriptions, waits_for, deadline = STATES[state]
    account["configuration"]["recipient"] = connect_objects.recipient(status, code, resolution)
    account["requirements"] = connect_objects.requirements(descriptions, waits_for=waits_for, deadline=deadline)


def _included(account: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """Return an account as the v2 API shows it: what `include` does not name is null."""
    include = form.get("include") or []
    for name in include:
        if name not in _INCLUDABLE:
            raise Refusal(400, f"Invalid value for include: {name}", code="invalid_fields", param="include")
    recipient = account["configuration"]["recipient"] if "configuration.recipient" in include else None
    shown = {"customer": None, "merchant": None, "recipient": recipient}
    return account | {
        "configuration": shown if any(name.startswith("configuration.") for name in include) else None,
        "defaults": account["defaults"] if "defaults" in include else None,
        "identity": account["identity"] if "identity" in include else None,
        "requirements": account["requirements"] if "requirements" in include else None,
    }


def _known(form: dict[str, Any], known: Collection[str], above: str = "") -> None:
    """Refuse fields that the v2 API, or this stand-in, does not know."""
    for name, value in form.items():
        path = f"{above}{name}"
        if path in known:
            continue
        if isinstance(value, dict) and any(one.startswith(f"{path}.") for one in known):
            _known(value, known, f"{path}.")
            continue
        raise Refusal(400, f"Unknown field: {path}", code="unknown_fields", param=path)


def links_create(call: Call) -> dict[str, Any]:
    """Answer POST /v2/core/account_links."""
    of_case = "use_case.account_onboarding."
    _known(
        call.form,
        {"account", "use_case.type", f"{of_case}refresh_url", f"{of_case}return_url"}
        | {f"{of_case}collection_options.{name}" for name in ("fields", "future_requirements")},
    )
    account, use_case = found(call, str(call.form.get("account"))), call.form.get("use_case") or {}
    if account["closed"]:
        raise Refusal(400, "This account is closed.", code="account_closed", param="account")
    if use_case.get("type") != "account_onboarding" or not (use_case.get("account_onboarding") or {}).get(
        "refresh_url"
    ):
        raise Refusal(400, "Missing required field: use_case", code="missing_required_fields", param="use_case")
    link = connect_objects.account_link(base=call.base, account=account["id"], use_case=use_case, created=objects.now())
    call.store.save(link)
    return link
