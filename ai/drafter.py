"""Photo in, draft out: the local reader and the model at the same time, then one draft from both."""

import asyncio
import contextlib
from typing import Literal

from ai.answer import Opinion, opinion
from ai.draft_warnings import DraftWarning
from ai.listing import Context, Drafted, Photo
from ai.local import LocalReader, LocalReading
from ai.merging import Sheet, lawful, merged
from ai.model import Answered, Model

LOCAL_SECONDS = 8.0  # the most that reading here may take, as for a model


class Drafter:
    """Made once for a process and its event loop; `close` it with them. model None: the local reader alone."""

    def __init__(self, model: Model | None = None, local: LocalReader | None = None) -> None:
        self._model = model
        self._local = local or LocalReader()

    @property
    def asks_model(self) -> bool:
        """Whether there is a model to ask."""
        return self._model is not None

    async def prepare(self) -> None:
        """Load what the first photo would wait for; worth a task at start-up, not worth waiting for."""
        if self._model is not None:
            await self._model.prepare()

    async def draft_listing(self, photo: Photo, context: Context, use_model: bool = True) -> Drafted:
        """Draft a listing from one photo, within the longer of the model's limit and `LOCAL_SECONDS`.

        Never raises for anything that a photo, a network or a model can cause: what failed is a warning, and the draft
        holds what the rest could say. use_model False: as if there were none (a shop's budget of the day is spent).
        """
        model = self._model if use_model else None
        loop = asyncio.get_running_loop()
        began = loop.time()
        local, (answered, seconds) = await asyncio.gather(
            self._read_here(photo, context), _asked(model, photo, context, began)
        )
        said, failure = _believed(answered, context)
        try:
            sheet = merged(local, said, context)
            draft = lawful(sheet)
        except Exception:  # a draft that we cannot make is an empty one: the shop still gets its lot online
            sheet = Sheet(warnings={DraftWarning.PHOTO_NOT_READ})
            draft = lawful(sheet)
        warnings = sheet.warnings | failure
        return Drafted(
            draft=draft,
            confidence={name: sheet.confidence[name] for name in type(draft).model_fields if name in sheet.confidence},
            warnings=[warning for warning in DraftWarning if warning in warnings],
            reader=_reader(sheet),
            model=model.name if model is not None else None,
            model_seconds=seconds if model is not None else None,
            tokens=answered.tokens if answered is not None else None,
        )

    async def close(self) -> None:
        """Give back threads and connections."""
        self._local.close()
        if self._model is not None:
            await self._model.close()

    async def _read_here(self, photo: Photo, context: Context) -> LocalReading:
        with contextlib.suppress(Exception):  # it took too long, or was closed
            async with asyncio.timeout(LOCAL_SECONDS):
                return await self._local.read(photo, context)
        return LocalReading(warnings=frozenset({DraftWarning.PHOTO_NOT_READ}))


async def draft_listing(photo: Photo, context: Context, model: Model | None = None) -> Drafted:
    """Draft one listing, for a script: what a `Drafter` does, made and closed for it. The model is left open."""
    local = LocalReader()
    try:
        return await Drafter(model, local).draft_listing(photo, context)
    finally:
        local.close()


async def _asked(model: Model | None, photo: Photo, context: Context, began: float) -> tuple[Answered | None, float]:
    """The model's answer and what it took. Its own limit is kept here, too, whoever wrote it."""
    if model is None:
        return None, 0.0
    try:
        async with asyncio.timeout(model.timeout_seconds + 0.5):
            answer = await model.ask(photo, context)
    except TimeoutError:
        answer = Answered(None, DraftWarning.MODEL_TIMED_OUT)
    except Exception:
        answer = Answered(None, DraftWarning.MODEL_UNAVAILABLE)
    return answer, asyncio.get_running_loop().time() - began


def _believed(answered: Answered | None, context: Context) -> tuple[Opinion, set[DraftWarning]]:
    if answered is None:
        return Opinion(), set()
    failure = {answered.failure} if answered.failure is not None else set()
    if answered.text is None:
        return Opinion(), failure
    said = opinion(answered.text, context.today)
    # Cut off in the middle it is no JSON, and that is all there is to say.
    return (Opinion(), failure) if failure and not said.usable else (said, failure)


def _reader(sheet: Sheet) -> Literal["local", "model", "both"]:
    if "model" not in sheet.by:
        return "local"
    return "both" if "local" in sheet.by else "model"
