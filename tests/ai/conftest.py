"""Fixtures: a Gemini stand-in on a real port, a drafter that uses it, a small photo and a context."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from PIL import Image

from ai import Context, Drafter, GeminiModel, Photo
from ai import gemini as gemini_module
from ai.label_dates import LabelDate
from ai.local import LocalReader
from ai.print_reader import PrintReader
from scripts.stand_ins.gemini import GeminiStandIn


@pytest.fixture(scope="session")
def served_gemini() -> Iterator[GeminiStandIn]:
    with GeminiStandIn() as served:
        yield served


@pytest.fixture
def gemini(served_gemini: GeminiStandIn, monkeypatch: pytest.MonkeyPatch) -> GeminiStandIn:
    """The stand-in without recorded requests and planned faults; retries wait for milliseconds only."""
    served_gemini.forget()
    monkeypatch.setattr(gemini_module, "_SHORTEST_WAIT", 0.01)
    monkeypatch.setattr(gemini_module, "_LONGEST_WAIT", 0.02)
    return served_gemini


class NoPrint(PrintReader):
    """Finds no print, at once. The real program takes a tenth of a second for each photo of hundreds."""

    async def food_date(self, pixels: Image.Image, today: date) -> LabelDate | None:
        return None


@pytest.fixture(scope="session")
async def session_drafter(served_gemini: GeminiStandIn) -> AsyncIterator[Drafter]:
    model = GeminiModel(served_gemini.api_key, "gemini-3.5-flash", served_gemini.base_url, timeout_seconds=30)
    drafter = Drafter(model, LocalReader(NoPrint()))
    yield drafter
    await drafter.close()


@pytest.fixture
def drafter(gemini: GeminiStandIn, session_drafter: Drafter) -> Drafter:
    """A drafter that uses the stand-in, for photos without print."""
    return session_drafter


@pytest.fixture(scope="session")
def photo() -> Photo:
    """A photo without text or codes."""
    return a_photo(Image.new("RGB", (64, 48), (180, 120, 60)))


@pytest.fixture
def context() -> Context:
    """A bakery on 22 November 2026 at 19:00 in Paris."""
    return Context(date(2026, 11, 22), datetime(2026, 11, 22, 18, tzinfo=UTC), shop_category="bakery")


def a_photo(picture: Image.Image) -> Photo:
    encoded = BytesIO()
    picture.save(encoded, "JPEG")
    return Photo(picture, encoded.getvalue(), "image/jpeg")
