"""The drafter that the settings ask for."""

from ai import Drafter, GeminiModel
from backend.settings import Settings


def drafter_of(settings: Settings) -> Drafter:
    """Return a drafter, with Gemini if a key is set and otherwise with local reading only. The caller closes it."""
    if settings.gemini_api_key is None:
        return Drafter(model=None)
    return Drafter(
        model=GeminiModel(
            api_key=settings.gemini_api_key.get_secret_value(),
            model=settings.gemini_model,
            base_url=settings.gemini_base_url,
        )
    )
