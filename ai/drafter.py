"""Draft a listing from a photo: run the local reader and the model at the same time, then merge what they read."""

import asyncio
import contextlib
from typing import Literal

from ai.answer import ModelReading, read_answer
from ai.draft_warnings import DraftWarning
from ai.listing import Context, DraftResult, Photo
from ai.local import LocalReader, LocalReading
from ai.merging import Sheet, merge, to_draft
from ai.model import Model, ModelAnswer

LOCAL_SECONDS = 8.0  # time limit of the local reader; the model's default limit is the same


class Drafter:
    """Drafts listings. Make one per process and event loop, and `close` it with them.

    model: None to use the local reader only.
    """

    def __init__(self, model: Model | None = None, local: LocalReader | None = None) -> None:
        self._model = model
        self._local = local or LocalReader()

    @property
    def asks_model(self) -> bool:
        """Return whether there is a model to ask."""
        return self._model is not None

    async def prepare(self) -> None:
        """Load what the first photo would otherwise wait for. Start it as a task; start-up need not wait for it."""
        if self._model is not None:
            await self._model.prepare()

    async def draft_listing(self, photo: Photo, context: Context, use_model: bool = True) -> DraftResult:
        """Draft a listing from one photo, within the longer of the model's time limit and `LOCAL_SECONDS`.

        Never raises for anything that a photo, a network or a model can cause: each failure becomes a warning, and the
        draft contains what the other sources said. use_model: False to skip the model, for example because the shop
        has spent its budget of the day.
        """
        model = self._model if use_model else None
        loop = asyncio.get_running_loop()
        began = loop.time()
        local, (answered, seconds) = await asyncio.gather(
            self._read_here(photo, context), _ask_model(model, photo, context, began)
        )
        said, failure = _checked(answered, context)
        try:
            sheet = merge(local, said, context)
            draft = to_draft(sheet)
        except Exception:  # with an empty draft the merchant can still fill in the lot by hand
            sheet = Sheet(warnings={DraftWarning.PHOTO_NOT_READ})
            draft = to_draft(sheet)
        warnings = sheet.warnings | failure
        return DraftResult(
            draft=draft,
            confidence={name: sheet.confidence[name] for name in type(draft).model_fields if name in sheet.confidence},
            warnings=[warning for warning in DraftWarning if warning in warnings],
            reader=_reader(sheet),
            model=model.name if model is not None else None,
            model_seconds=seconds if model is not None else None,
            tokens=answered.tokens if answered is not None else None,
        )

    async def close(self) -> None:
        """Shut down the threads and close the connections."""
        self._local.close()
        if self._model is not None:
            await self._model.close()

    async def _read_here(self, photo: Photo, context: Context) -> LocalReading:
        with contextlib.suppress(Exception):  # it took too long, or the reader was closed meanwhile
            async with asyncio.timeout(LOCAL_SECONDS):
                return await self._local.read(photo, context)
        return LocalReading(warnings=frozenset({DraftWarning.PHOTO_NOT_READ}))


async def draft_listing(photo: Photo, context: Context, model: Model | None = None) -> DraftResult:
    """Draft one listing with a `Drafter` of its own, for scripts. Does not close the model."""
    local = LocalReader()
    try:
        return await Drafter(model, local).draft_listing(photo, context)
    finally:
        local.close()


async def _ask_model(
    model: Model | None, photo: Photo, context: Context, began: float
) -> tuple[ModelAnswer | None, float]:
    """Return the model's answer and the seconds it took. Enforces the time limit even if the model does not."""
    if model is None:
        return None, 0.0
    try:
        async with asyncio.timeout(model.timeout_seconds + 0.5):
            answer = await model.ask(photo, context)
    except TimeoutError:
        answer = ModelAnswer(None, DraftWarning.MODEL_TIMED_OUT)
    except Exception:
        answer = ModelAnswer(None, DraftWarning.MODEL_UNAVAILABLE)
    return answer, asyncio.get_running_loop().time() - began


def _checked(answered: ModelAnswer | None, context: Context) -> tuple[ModelReading, set[DraftWarning]]:
    if answered is None:
        return ModelReading(), set()
    failure = {answered.failure} if answered.failure is not None else set()
    if answered.text is None:
        return ModelReading(), failure
    said = read_answer(answered.text, context.today)
    # An answer that was cut off is usually not valid JSON; then the failure alone says enough.
    return (ModelReading(), failure) if failure and not said.usable else (said, failure)


def _reader(sheet: Sheet) -> Literal["local", "model", "both"]:
    if "model" not in sheet.by:
        return "local"
    return "both" if "local" in sheet.by else "model"
