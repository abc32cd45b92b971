"""A local stand-in for Gemini, never for production: it speaks `generateContent`'s HTTP protocol and has no model.

`python -m scripts.stand_ins.gemini` runs it on its own. Tests and the bench run `GeminiStandIn` in their own process.
"""

from scripts.stand_ins.gemini.behaviours import Behaviour
from scripts.stand_ins.gemini.requests import Received
from scripts.stand_ins.gemini.server import GeminiStandIn
from scripts.stand_ins.serving import RefusedInProduction

__all__ = ["Behaviour", "GeminiStandIn", "Received", "RefusedInProduction"]
