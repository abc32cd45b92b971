"""Turn a photo into a draft of a listing. Does not know the database or the backend, and publishes nothing.

drafter = Drafter(GeminiModel(key, name))  # Drafter() without a model uses only codes, print and earlier listings
drafted = await drafter.draft_listing(photo, context)
"""

from ai.draft_warnings import DraftWarning
from ai.drafter import Drafter, draft_listing
from ai.gemini import GeminiModel
from ai.listing import FIELDS, Context, Drafted, Earlier, ListingDraft, Photo
from ai.model import Answered, Model
from ai.vocabulary import Allergen, Category, DateKind, Urgency

__all__ = [
    "FIELDS",
    "Allergen",
    "Answered",
    "Category",
    "Context",
    "DateKind",
    "DraftWarning",
    "Drafted",
    "Drafter",
    "Earlier",
    "GeminiModel",
    "ListingDraft",
    "Model",
    "Photo",
    "Urgency",
    "draft_listing",
]
