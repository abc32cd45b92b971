"""Turn a photo into a draft of a listing. Does not know the database or the backend, and publishes nothing.

drafter = Drafter(GeminiModel(key, name))  # Drafter() without a model uses only codes, print and earlier listings
drafted = await drafter.draft_listing(photo, context)
"""

from ai.draft_warnings import DraftWarning
from ai.drafter import Drafter, draft_listing
from ai.gemini import GeminiModel
from ai.listing import FIELDS, Context, DraftResult, EarlierListing, ListingDraft, Photo
from ai.model import Model, ModelAnswer
from ai.vocabulary import Allergen, Category, DateKind, Urgency

__all__ = [
    "FIELDS",
    "Allergen",
    "Category",
    "Context",
    "DateKind",
    "DraftResult",
    "DraftWarning",
    "Drafter",
    "EarlierListing",
    "GeminiModel",
    "ListingDraft",
    "Model",
    "ModelAnswer",
    "Photo",
    "Urgency",
    "draft_listing",
]
