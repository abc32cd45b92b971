"""The signed documents of agreements: PDF files of at most 10 MB, stored as they came and never opened here."""

import asyncio
from typing import Final

from starlette.datastructures import UploadFile

from backend.associations.problems import DocumentNotPdf, DocumentStoreUnavailable, DocumentTooLarge
from backend.files.store import FileStore, Kind, file_store
from backend.settings import Settings

MOST_BYTES: Final = 10 * 1024 * 1024
PDF: Final = "application/pdf"
SIGNED: Final = "signed"
# Papers that we issue (backend/documents) are in the same store, under ids of their own.
PAPER: Final = "paper"
# Served by us and not by an address that Supabase signs, so that the browser downloads it and only its sides get it.
DOCUMENTS: Final = Kind("documents", (SIGNED, PAPER), PDF, "pdf", DocumentStoreUnavailable, by_address=False)
_TAIL_BYTES = 1024


def document_store_of(settings: Settings) -> FileStore:
    """Return the store of documents that the settings name."""
    return file_store(settings, DOCUMENTS, settings.supabase_documents_bucket)


async def read_pdf(file: UploadFile) -> bytes:
    """Return the bytes of an uploaded document. Raises DocumentTooLarge, DocumentNotPdf."""
    if (file.size or 0) > MOST_BYTES:
        raise DocumentTooLarge
    document = await asyncio.to_thread(file.file.read)
    # PDF 2.0 (ISO 32000-2, 7.5) asks for a header at the first byte and an end-of-file marker in the last lines.
    if not document.startswith((b"%PDF-1.", b"%PDF-2.")) or b"%%EOF" not in document[-_TAIL_BYTES:]:
        raise DocumentNotPdf
    return document
