"""Settings with which the program does not start."""

from backend.settings.secret_keys import SHORTEST_KEY
from backend.settings.values import STRIPE, Values


class SettingsRefused(Exception):
    """Raised when settings are wrong or unsafe. The message says what to change and repeats no setting's value."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("EcoPanier does not start with these settings:\n" + "\n".join(f"  - {r}" for r in reasons))


def unsafe(values: Values) -> list[str]:
    """Return what is unsafe, one sentence each with its remedy. Empty if the program may start."""
    found = [
        f"{name} is shorter than {SHORTEST_KEY} bytes: generate one with `openssl rand -hex 32`."
        for name, key in (
            ("ECOPANIER_SECRET_KEY", values.secret_key),
            ("ECOPANIER_MASTER_KEY", values.master_key),
            ("SUPABASE_JWT_SECRET", values.supabase_jwt_secret),
        )
        if key is not None and len(key.get_secret_value().encode()) < SHORTEST_KEY
    ]
    if values.master_key is not None and "," in values.master_key.get_secret_value():
        found.append(
            "ECOPANIER_MASTER_KEY contains a comma, which separates keys in ECOPANIER_PREVIOUS_MASTER_KEYS: "
            "generate one with `openssl rand -hex 32`."
        )
    if values.auth == "supabase" and values.supabase_url is None:
        found.append("ECOPANIER_AUTH=supabase needs SUPABASE_URL: set it to the project's address.")
    elif values.auth == "supabase" and values.supabase_secret_key is None:
        found.append(
            "ECOPANIER_AUTH=supabase needs SUPABASE_SECRET_KEY: set a secret key of the project. Without it, "
            "nobody can sign in on our pages."
        )
    if values.photos == "supabase" and (values.supabase_url is None or values.supabase_secret_key is None):
        found.append("ECOPANIER_PHOTOS=supabase needs SUPABASE_URL and SUPABASE_SECRET_KEY: set both.")
    if values.production:
        found += _unsafe_in_production(values)
    return found


def _unsafe_in_production(values: Values) -> list[str]:
    stripe_key = values.stripe_api_key.get_secret_value() if values.stripe_api_key else ""
    rules = {
        "ECOPANIER_SECRET_KEY is missing: generate one with `openssl rand -hex 32`.": values.secret_key is None,
        "ECOPANIER_MASTER_KEY is missing: generate one with `openssl rand -hex 32`.": values.master_key is None,
        "ECOPANIER_MASTER_KEY is the secret key: use a different key, so that each can be rotated alone.": (
            values.master_key is not None and values.master_key == values.secret_key
        ),
        "DATABASE_URL is missing: production does not embed a database.": values.database_url is None,
        "ECOPANIER_PUBLIC_URL is not https: set it to the public address.": not values.public_url.startswith(
            "https://"
        ),
        "ECOPANIER_RATE_LIMITS=off is for load tests: remove it.": not values.rate_limits,
        "ECOPANIER_DEMO is on, and demo accounts have public passwords: remove it or set it to 0.": (
            values.demo and "demo" in values.model_fields_set
        ),
        "STRIPE_API_KEY is missing: set the live secret key.": not stripe_key,
        "STRIPE_API_KEY is not a live key (sk_live_… or rk_live_…): set the live secret key.": bool(stripe_key)
        and not stripe_key.startswith(("sk_live_", "rk_live_")),
        "STRIPE_WEBHOOK_SECRET is missing: set it, so that Stripe's webhooks confirm payments.": (
            values.stripe_webhook_secret is None or not values.stripe_webhook_secret.get_secret_value().strip(" ,")
        ),
        "SMTP_URL is missing: set it, or nobody gets the mails that confirm an address or recall a food.": (
            values.smtp_url is None
        ),
        "ECOPANIER_OPERATOR_NAME is missing: the terms and the privacy notice must say who runs the service.": (
            values.operator_name is None
        ),
        "ECOPANIER_OPERATOR_ADDRESS is missing: the terms and the privacy notice must say where the operator is.": (
            values.operator_address is None
        ),
        f"STRIPE_API_BASE is not {STRIPE}: remove it, since a stand-in takes no money.": (
            values.stripe_api_base != STRIPE
        ),
        "GEMINI_BASE_URL is not https: photos and the API key would be sent in clear text.": (
            values.gemini_base_url.startswith("http://")
        ),
        "ECOPANIER_SECOND_FACTOR is optional, but admins need a second factor: set it to required or admins.": (
            values.second_factor == "optional"
        ),
        "ECOPANIER_RAPPELCONSO_URL is not https: somebody on the way could recall food.": (
            values.rappelconso_url or "https://"
        ).startswith("http://"),
        "ECOPANIER_GEOCODER_URL is not https: what people type would be sent in clear text.": (
            values.geocoder_url or "https://"
        ).startswith("http://"),
        "ECOPANIER_OSRM_URL is not https: where collectors start would be sent in clear text.": (
            values.osrm_url or "https://"
        ).startswith("http://"),
        "SUPABASE_URL is not https: set it to the project's address.": (values.supabase_url or "https://").startswith(
            "http://"
        ),
    }
    return [reason for reason, broken in rules.items() if broken]
