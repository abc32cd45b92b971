"""Print frozen papers and keep their files: each is typeset once, stored, and from then on only read."""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import UUID

import structlog

from backend.associations.documents import PAPER
from backend.associations.problems import DocumentStoreUnavailable
from backend.database.acts import Acts
from backend.documents.contents import InvoiceContents, ReceiptContents, StatementContents, YearContents
from backend.documents.papers import invoice_pdf, receipt_pdf, statement_pdf, year_pdf
from backend.files.store import FileStore

_PRINTERS: Final[dict[str, Callable[[str], bytes]]] = {
    "receipt": lambda contents: receipt_pdf(ReceiptContents.model_validate_json(contents)),
    "statement": lambda contents: statement_pdf(StatementContents.model_validate_json(contents)),
    "invoice": lambda contents: invoice_pdf(InvoiceContents.model_validate_json(contents)),
    "credit_note": lambda contents: invoice_pdf(InvoiceContents.model_validate_json(contents)),
    "year": lambda contents: year_pdf(YearContents.model_validate_json(contents)),
}
# typst lets other threads run while it typesets, so two pages at a time use two cores.
_press = ThreadPoolExecutor(2, thread_name_prefix="papers")

log = structlog.get_logger("ecopanier.documents")


async def print_document(acts: Acts, store: FileStore, document: UUID, kind: str, contents: str) -> bytes:
    """Typeset a document, store its file and note its hash; return the PDF. contents: as JSON.

    Raises DocumentStoreUnavailable.

    Whoever is killed in between leaves it to the next one: the same contents are typeset to the same file.
    """
    pdf = await asyncio.get_running_loop().run_in_executor(_press, _PRINTERS[kind], contents)
    own = hashlib.sha256(pdf).hexdigest()
    await store.keep(document, {PAPER: pdf})
    kept = await acts.value("document_stored", document=document, sha256=own, bytes=len(pdf))
    # Somebody else was faster, with another release of typst: theirs counts, and ours may have replaced it.
    return pdf if kept == own else await read_document(store, document, kept)


async def read_document(store: FileStore, document: UUID, sha256: str) -> bytes:
    """Return the PDF of a document. Raises DocumentStoreUnavailable, also if it is not the one that was stored."""
    pdf = await store.read(document, PAPER)
    if pdf is None or hashlib.sha256(pdf).hexdigest() != sha256:
        log.error("documents.damaged", document=str(document), found=pdf is not None)
        raise DocumentStoreUnavailable
    return pdf
