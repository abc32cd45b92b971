"""A local stand-in for Stripe: its HTTP protocol for what EcoPanier uses, no money, never in production.

`python -m scripts.stand_ins.stripe --help` runs it on its own; tests use `StripeStandIn` in their own process.
"""

from scripts.stand_ins.stripe.remote import StandInRemote
from scripts.stand_ins.stripe.server import RefusedInProduction, StripeStandIn

__all__ = ["RefusedInProduction", "StandInRemote", "StripeStandIn"]
