"""The reader of photos that the settings ask for."""

from ai import Drafter, GeminiModel
from backend.settings import Settings


def drafter_of(settings: Settings) -> Drafter:
    """Make the drafter: with Gemini where a key is set, otherwise with what can be read here. Close it at the end."""
    if settings.gemini_api_key is None:
        return Drafter(model=None)
    return Drafter(
        model=GeminiModel(
            api_key=settings.gemini_api_key.get_secret_value(),
            model=settings.gemini_model,
            base_url=settings.gemini_base_url,
        )
    )
