"""The objects of the customer portal: its configuration, and a session on its page."""

from typing import Any

from scripts.stand_ins.stripe import objects


def portal_configuration(*, features: dict[str, Any], metadata: dict[str, str], created: int) -> dict[str, Any]:
    """Return a configuration of the portal. What it does not name is off."""
    off = {"enabled": False}
    return {
        "id": objects.new_id("bpc"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "created": created,
        "default_return_url": None,
        "features": {
            "customer_update": {"allowed_updates": [], "enabled": False},
            "invoice_history": features.get("invoice_history", off),
            "payment_method_update": {"payment_method_configuration": None}
            | features.get("payment_method_update", off),
            "subscription_cancel": {
                "cancellation_reason": {"enabled": False, "options": []},
                "mode": "at_period_end",
                "proration_behavior": "none",
            }
            | features.get("subscription_cancel", off),
            "subscription_pause": {"enabled": False},
            "subscription_update": {
                "billing_cycle_anchor": None,
                "default_allowed_updates": [],
                "enabled": False,
                "products": [],
                "proration_behavior": "none",
                "schedule_at_period_end": {"conditions": []},
                "trial_update_behavior": "end_trial",
            },
        },
        "is_default": False,
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": metadata,
        "name": None,
        "updated": created,
    }


def portal_session(
    *, base: str, customer: str, configuration: str, return_url: str | None, locale: str | None, created: int
) -> dict[str, Any]:
    id = objects.new_id("bps")
    return {
        "id": id,
        "object": "billing_portal.session",
        "after_expiration": None,
        "configuration": configuration,
        "created": created,
        "customer": customer,
        "customer_account": None,
        "flow": None,
        "livemode": False,
        "locale": locale,
        "on_behalf_of": None,
        "return_url": return_url,
        "url": f"{base.rstrip('/')}/portal/{id}",
    }
