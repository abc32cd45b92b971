"""The objects of Connect: accounts of both APIs, links, transfers, reversals, incoming payments and payouts."""

import secrets
from typing import Any

from scripts.stand_ins.stripe import objects

LINK_SECONDS = 300

# What Stripe asks a French shop for: the entries of a new account's requirements.
ASKED = (
    "identity.business_details.registered_name",
    "identity.business_details.id_numbers.fr_siren",
    "representative.relationship.representative",
    "defaults.payout_methods",
)


def account(*, form: dict[str, Any], created: int) -> dict[str, Any]:
    """Return a new account of the v2 API. It may not receive transfers until the shop has answered."""
    profile = {"business_url": None, "doing_business_as": None, "product_description": None}
    defaults = form.get("defaults") or {}
    identity = form.get("identity") or {}
    return {
        "id": objects.new_id("acct").replace("acct_", "acct_1"),
        "object": "v2.core.account",
        "applied_configurations": ["recipient"],
        "closed": False,
        "configuration": {"customer": None, "merchant": None, "recipient": None},
        "contact_email": form.get("contact_email"),
        "contact_phone": form.get("contact_phone"),
        "created": objects.written(created),
        "dashboard": form.get("dashboard"),
        "defaults": {
            "currency": defaults.get("currency"),
            "locales": defaults.get("locales"),
            "payout_methods": None,
            "profile": profile,
            "responsibilities": {**(defaults.get("responsibilities") or {}), "requirements_collector": "stripe"},
        },
        "display_name": form.get("display_name"),
        "future_requirements": None,
        "identity": {
            "attestations": None,
            "business_details": None,
            "country": identity.get("country"),
            "entity_type": identity.get("entity_type"),
            "individual": None,
        },
        "livemode": False,
        "metadata": form.get("metadata") or {},
        "requirements": None,
        "_created": created,
    }


def recipient(status: str, code: str | None, resolution: str | None) -> dict[str, Any]:
    """Return the configuration of an account that receives transfers, with the status of its capabilities."""
    details = [{"code": code, "resolution": resolution}] if code is not None else []
    capability = {"status": status, "status_details": details}
    return {
        "applied": True,
        "capabilities": {
            "bank_accounts": None,
            "cards": None,
            "stripe_balance": {"payouts": capability, "stripe_transfers": capability},
        },
    }


def requirements(descriptions: tuple[str, ...], *, waits_for: str, deadline: str) -> dict[str, Any]:
    """Return what is still asked for. waits_for: `user` or `stripe`. deadline: `currently_due`, `past_due`, …"""
    entries = [
        {
            "awaiting_action_from": waits_for,
            "description": description,
            "errors": [],
            "impact": {
                "restricts_capabilities": [
                    {
                        "capability": "stripe_balance.stripe_transfers",
                        "configuration": "recipient",
                        "deadline": {"status": deadline},
                    }
                ]
            },
            "minimum_deadline": {"status": deadline},
            "reference": None,
            "requested_reasons": [{"code": "routine_onboarding"}],
        }
        for description in descriptions
    ]
    summary = {"minimum_deadline": {"status": deadline, "time": None}} if entries else {"minimum_deadline": None}
    return {"alternatives": [], "entries": entries, "summary": summary}


def account_of_v1(account: dict[str, Any]) -> dict[str, Any]:
    """Return an account as the v1 API shows it: in the event `account.updated`."""
    status = account["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]["status"]
    due = [entry["description"] for entry in account["requirements"]["entries"]]
    nothing_due: dict[str, Any] = {
        "alternatives": [], "current_deadline": None, "currently_due": [], "disabled_reason": None, "errors": [],
        "eventually_due": [], "past_due": [], "pending_verification": [],
    }  # fmt: skip
    return {
        "id": account["id"],
        "object": "account",
        "business_profile": None,
        "business_type": account["identity"]["entity_type"],
        "capabilities": {"transfers": "active" if status == "active" else "inactive"},
        "charges_enabled": False,
        "company": None,
        "controller": {
            "fees": {"payer": "application"},
            "is_controller": True,
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "express"},
            "type": "application",
        },
        "country": (account["identity"]["country"] or "").upper(),
        "created": account["_created"],
        "default_currency": "eur",
        "details_submitted": not due,
        "email": account["contact_email"],
        "external_accounts": {
            "object": "list", "data": [], "has_more": False, "url": f"/v1/accounts/{account['id']}/external_accounts",
        },
        "future_requirements": nothing_due,
        "groups": {"payments_pricing": None},
        "individual": None,
        "metadata": account["metadata"],
        "payouts_enabled": status == "active",
        "requirements": nothing_due | {"currently_due": due, "eventually_due": due},
        "settings": {},
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "none",
        "_account": account["id"],
    }  # fmt: skip


def account_link(*, base: str, account: str, use_case: dict[str, Any], created: int) -> dict[str, Any]:
    """Return a link to the page on which a shop answers Stripe. It can be opened once."""
    token = secrets.token_urlsafe(16)
    return {
        "object": "v2.core.account_link",
        "account": account,
        "created": objects.written(created),
        "expires_at": objects.written(created + LINK_SECONDS),
        "livemode": False,
        "url": f"{base.rstrip('/')}/connect/{token}",
        "use_case": use_case,
        "_id": f"link_{token}",
        "_created": created,
        "_expires": created + LINK_SECONDS,
        "_used": False,
    }


def transfer(
    *,
    amount: int,
    destination: str,
    source: str | None,
    group: str | None,
    description: str | None,
    metadata: dict[str, str],
    created: int,
) -> dict[str, Any]:
    id = objects.new_id("tr")
    return {
        "id": id,
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": created,
        "currency": "eur",
        "description": description,
        "destination": destination,
        "destination_payment": None,
        "livemode": False,
        "metadata": metadata,
        "reversals": {"object": "list", "data": [], "has_more": False, "url": f"/v1/transfers/{id}/reversals"},
        "reversed": False,
        "source_transaction": source,
        "source_type": "card",
        "transfer_group": group,
    }


def reversal(*, transfer: dict[str, Any], amount: int, metadata: dict[str, str], created: int) -> dict[str, Any]:
    return {
        "id": objects.new_id("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": created,
        "currency": "eur",
        "destination_payment_refund": None,
        "metadata": metadata,
        "source_refund": None,
        "transfer": transfer["id"],
    }


def payout(
    *, amount: int, account: str | None, automatic: bool, line: str | None, created: int, arrives: int
) -> dict[str, Any]:
    made = {
        "id": objects.new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrives,
        "automatic": automatic,
        "balance_transaction": line,
        "created": created,
        "currency": "eur",
        "description": "STRIPE PAYOUT",
        "destination": objects.new_id("ba"),
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
    }
    return made if account is None else made | {"_account": account}


def balance_settings(account: str | None, created: int) -> dict[str, Any]:
    """Return the settings of a new balance: Stripe pays it out every day. What is not set is left out."""
    return {
        "object": "balance_settings",
        "payments": {
            "debit_negative_balances": True,
            "payouts": {
                "schedule": {"interval": "daily"},
                "statement_descriptor": None,
                "status": "enabled",
            },
            "settlement_timing": {"delay_days": 3},
        },
        "_id": f"balance_settings_{account or 'platform'}",
        "_created": created,
    }
