"""The export of a person's data: one ZIP with JSON files, their photos and documents, and a manifest."""

import asyncio
import zipfile
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.queries import own_account, own_address
from backend.associations.documents import SIGNED
from backend.beneficiaries.queries import opened_persons
from backend.database.sessions import caller_in, role_in
from backend.diets.actions import open_diet
from backend.email_changes.actions import own_changes
from backend.files.store import FileStore
from backend.identity.tokens import Role
from backend.partners.external_ids import own_external_ids
from backend.privacy.manifest import PARTS

IN_MEMORY = 1024 * 1024
CHUNK = 64 * 1024
README_TEXT = """Votre copie EcoPanier
=====================

Ce fichier contient tout ce qu'EcoPanier garde à votre sujet au moment où vous l'avez demandé.
Les fichiers .json se lisent avec n'importe quel éditeur de texte, et par un programme.
Les montants sont en centimes d'euro ; les heures sont données avec leur décalage.

{parts}
N'y figurent pas : l'empreinte de votre mot de passe et celles des jetons de connexion, qui ne serviraient qu'à un
voleur, et ce qui appartient à d'autres personnes.

Pour tout effacer : DELETE /v1/me. Combien de temps nous gardons quoi, et pourquoi : docs/privacy.md.
"""

_EXPORT = text("select file, content from app.export_account()")


class Held(NamedTuple):
    """A person's data in the database: a list of records for each of the export's files, by name."""

    account_id: UUID
    parts: dict[str, list[dict[str, Any]]]


async def everything_held(session: AsyncSession) -> Held:
    """Return all that the database holds about the caller. Sealed data is opened, which the audit log records."""
    account_id = caller_in(session)
    parts = {row.file: row.content for row in await session.execute(_EXPORT)}
    email, verified = await own_address(session, await own_account(session), "export")
    parts["account"][0] |= {"email": email, "email_verified": verified}
    if role_in(session) == Role.BENEFICIARY:
        persons = await opened_persons(session, [account_id], "export")
        parts["person"] = [person.model_dump(mode="json") for person in persons.values()]
    changes = await own_changes(session, account_id, "export")
    if changes:
        parts["email_changes"] = [asdict(change) for change in changes]
    external_ids = await own_external_ids(session)
    if external_ids:
        parts["external_ids"] = external_ids
    diet = await open_diet(session, "export")
    if diet is not None:
        parts["diet"] = [diet.model_dump(mode="json")]
    return Held(account_id, parts)


async def zipped(held: Held, photos: FileStore, documents: FileStore) -> IO[bytes]:
    """Return the export as an open temporary file, which has no name on disk and disappears when it is closed.

    Raises the stores' `unavailable` problem instead of leaving files out: nobody would notice that they are missing.
    """
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            explained = {f"{name}.json": PARTS[name].says for name in PARTS if name in held.parts}
            parts = "".join(f"- {name} : {says}\n" for name, says in explained.items())
            manifest = {
                "account_id": str(held.account_id),
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "files": [
                    {"file": f"{name}.json", "contains": PARTS[name].says, "entries": len(held.parts[name])}
                    for name in PARTS
                    if name in held.parts
                ],
            }
            made.writestr("LISEZMOI.txt", README_TEXT.format(parts=parts))
            made.writestr("manifest.json", to_json(manifest, indent=2))
            for name in PARTS:
                if name in held.parts:
                    await asyncio.to_thread(made.writestr, f"{name}.json", to_json(held.parts[name], indent=2))
            for photo in held.parts.get("photos", []):
                picture = await photos.read(UUID(photo["id"]), "full")
                if picture is not None:
                    await asyncio.to_thread(made.writestr, f"photos/{photo['id']}.webp", picture)
            for agreement in held.parts.get("agreements", []):
                document = await documents.read(UUID(agreement["id"]), SIGNED)
                if document is not None:
                    await asyncio.to_thread(made.writestr, f"documents/{agreement['id']}.pdf", document)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


async def chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    """Yield a file in pieces, and close it at the end."""
    try:
        while piece := await asyncio.to_thread(file.read, CHUNK):
            yield piece
    finally:
        file.close()
