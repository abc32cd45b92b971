"""A local stand-in for Stripe, never for production: it speaks the part of Stripe's protocol that EcoPanier uses.

No money moves. `python -m scripts.stand_ins.stripe` runs it on its own; tests run `StripeStandIn` in their own process.
"""

from scripts.stand_ins.serving import RefusedInProduction
from scripts.stand_ins.stripe.remote import StandInRemote
from scripts.stand_ins.stripe.server import StripeStandIn

__all__ = ["RefusedInProduction", "StandInRemote", "StripeStandIn"]
