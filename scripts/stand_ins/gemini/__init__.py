"""A local stand-in for Gemini: the HTTP protocol of `generateContent`, no model, never in production.

`python -m scripts.stand_ins.gemini --help` runs it on its own;
tests and the bench use `GeminiStandIn` in their process.
"""

from scripts.stand_ins.gemini.behaviours import Behaviour
from scripts.stand_ins.gemini.requests import Received
from scripts.stand_ins.gemini.server import GeminiStandIn, RefusedInProduction

__all__ = ["Behaviour", "GeminiStandIn", "Received", "RefusedInProduction"]
