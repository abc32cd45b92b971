"""The Stripe client of a process, made of the calls in this folder's other files."""

from pydantic import SecretStr

from backend.settings import Settings
from backend.stripe.accounts import Accounts
from backend.stripe.balances import Balances
from backend.stripe.billing import Billing
from backend.stripe.calls import PaymentRefused
from backend.stripe.charges import Charges
from backend.stripe.checkouts import Checkout, Checkouts
from backend.stripe.disputes import Disputes
from backend.stripe.events import Event, Events
from backend.stripe.intents import Intent, Intents
from backend.stripe.payouts import Payouts
from backend.stripe.refunds import Refunds
from backend.stripe.transfers import Transfers

__all__ = ["Checkout", "Event", "Intent", "PaymentRefused", "Stripe", "stripe_of"]


class Stripe(Intents, Charges, Checkouts, Refunds, Disputes, Events, Accounts, Transfers, Balances, Payouts, Billing):
    """Every call to Stripe that EcoPanier makes. Do not make these calls inside a transaction."""


def stripe_of(settings: Settings) -> Stripe:
    """Return the client that the settings configure."""

    def shown(secret: SecretStr | None) -> str:
        return secret.get_secret_value() if secret is not None else ""

    return Stripe(
        api_key=shown(settings.stripe_api_key),
        api_base=settings.stripe_api_base,
        webhook_secret=shown(settings.stripe_webhook_secret),
        connect_webhook_secret=shown(settings.stripe_connect_webhook_secret),
        thin_webhook_secret=shown(settings.stripe_thin_webhook_secret),
    )
