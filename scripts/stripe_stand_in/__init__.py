"""A local stand-in for Stripe: its HTTP protocol for what EcoPanier uses, no money, never in production.

`python -m scripts.stripe_stand_in --help` runs it on its own; tests use `StripeStandIn` in their own process.
"""

from scripts.stripe_stand_in.remote import StandInRemote
from scripts.stripe_stand_in.server import RefusedInProduction, StripeStandIn

__all__ = ["RefusedInProduction", "StandInRemote", "StripeStandIn"]
