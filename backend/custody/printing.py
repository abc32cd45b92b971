"""Print slips and donation receipts: each is typeset once when it is final, stored, and from then on only read."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from backend.associations.documents import PAPER
from backend.custody.papers import DonationContents, SlipContents, donation_pdf, slip_pdf
from backend.database.acts import Acts
from backend.documents.printing import read_document
from backend.files.store import FileStore

_press = ThreadPoolExecutor(1, thread_name_prefix="slips")


async def slip(acts: Acts, store: FileStore, paper: UUID | None, contents: str, sha256: str | None) -> bytes:
    """Return the PDF of a slip. paper: None while it is provisional, and printed anew each time.

    Raises DocumentStoreUnavailable.
    """
    return await _paper(acts, store, paper, sha256, lambda: slip_pdf(SlipContents.model_validate_json(contents)))


async def donation(acts: Acts, store: FileStore, paper: UUID, contents: str, sha256: str | None) -> bytes:
    """Return the PDF of a donation receipt. Raises DocumentStoreUnavailable."""
    return await _paper(
        acts, store, paper, sha256, lambda: donation_pdf(DonationContents.model_validate_json(contents))
    )


async def _paper(
    acts: Acts, store: FileStore, paper: UUID | None, sha256: str | None, make: Callable[[], bytes]
) -> bytes:
    if paper is not None and sha256 is not None:
        return await read_document(store, paper, sha256)
    pdf = await asyncio.get_running_loop().run_in_executor(_press, make)
    if paper is None:
        return pdf
    own = hashlib.sha256(pdf).hexdigest()
    await store.keep(paper, {PAPER: pdf})
    kept = await acts.value("paper_stored", paper=paper, sha256=own, bytes=len(pdf))
    # Somebody else was faster, with another release of typst: theirs counts, and ours may have replaced it.
    return pdf if kept == own else await read_document(store, paper, kept)
