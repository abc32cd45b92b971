"""The signed documents of agreements: PDF files of at most 10 MB, kept as they came and never opened here."""

import asyncio
from typing import Final

from starlette.datastructures import UploadFile

from backend.associations.problems import DocumentNotPdf, DocumentStoreUnavailable, DocumentTooLarge
from backend.files.store import FileStore, Kind, file_store
from backend.settings import Settings

MOST_BYTES: Final = 10 * 1024 * 1024
PDF: Final = "application/pdf"
SIGNED: Final = "signed"
# Not by an address that Supabase signs: the answer says that it is a download, and to whom it was given.
DOCUMENTS: Final = Kind("documents", (SIGNED,), PDF, "pdf", DocumentStoreUnavailable, by_address=False)
_TAIL_BYTES = 1024


def document_store_of(settings: Settings) -> FileStore:
    """Give the store that the settings name, for documents."""
    return file_store(settings, DOCUMENTS, settings.supabase_documents_bucket)


async def read_pdf(file: UploadFile) -> bytes:
    """Read an uploaded document. Raises DocumentTooLarge, DocumentNotPdf."""
    if (file.size or 0) > MOST_BYTES:
        raise DocumentTooLarge
    document = await asyncio.to_thread(file.file.read)
    # As PDF 2.0 (ISO 32000-2, 7.5) has it: a header at the first byte, an end-of-file marker in the last lines.
    if not document.startswith((b"%PDF-1.", b"%PDF-2.")) or b"%%EOF" not in document[-_TAIL_BYTES:]:
        raise DocumentNotPdf
    return document
