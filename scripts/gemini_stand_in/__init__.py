"""A local stand-in for Gemini: the HTTP protocol of `generateContent`, no model, never in production.

`python -m scripts.gemini_stand_in --help` runs it on its own; tests and the bench use `GeminiStandIn` in their process.
"""

from scripts.gemini_stand_in.behaviours import Behaviour
from scripts.gemini_stand_in.requests import Received
from scripts.gemini_stand_in.server import GeminiStandIn, RefusedInProduction

__all__ = ["Behaviour", "GeminiStandIn", "Received", "RefusedInProduction"]
