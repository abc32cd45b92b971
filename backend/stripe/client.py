"""The Stripe client of a process, made of the calls in this folder's other files."""

from backend.settings import Settings
from backend.stripe.accounts import Accounts
from backend.stripe.balances import Balances
from backend.stripe.calls import PaymentRefused
from backend.stripe.checkouts import Checkout, Checkouts
from backend.stripe.events import Event, Events
from backend.stripe.intents import Intent, Intents
from backend.stripe.payouts import Payouts
from backend.stripe.refunds import Refunds
from backend.stripe.transfers import Transfers

__all__ = ["Checkout", "Event", "Intent", "PaymentRefused", "Stripe", "stripe_of"]


class Stripe(Intents, Checkouts, Refunds, Events, Accounts, Transfers, Balances, Payouts):
    """Every call to Stripe that EcoPanier makes. Do not make these calls inside a transaction."""


def stripe_of(settings: Settings) -> Stripe:
    """Return the client that the settings configure."""
    key, secret = settings.stripe_api_key, settings.stripe_webhook_secret
    return Stripe(
        api_key=key.get_secret_value() if key else "",
        api_base=settings.stripe_api_base,
        webhook_secret=secret.get_secret_value() if secret else "",
    )
