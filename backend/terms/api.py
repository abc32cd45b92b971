"""Texts that people read and agree to, over HTTP."""

from typing import Annotated

from fastapi import Path, Request, Response

from backend.database.sessions import SessionDep
from backend.http.routing import Router
from backend.identity.callers import also_at_kiosks
from backend.problems.problem import language_of, may_answer
from backend.terms import queries
from backend.terms.problems import TextNotFound
from backend.terms.schemas import Kind, TextOut, TextsOut, Version

router = Router(tags=["terms"])

_KEPT = {"Cache-Control": "public, max-age=300"}


@router.get("/terms")
@also_at_kiosks
async def read_texts(session: SessionDep, response: Response) -> TextsOut:
    """List the texts that you agree to, with their versions."""
    response.headers.update(_KEPT)
    return await queries.texts(session)


@router.get("/terms/{kind}/{version}", responses=may_answer(TextNotFound))
@also_at_kiosks
async def read_text(
    kind: Annotated[Kind, Path()], version: Version, session: SessionDep, request: Request, response: Response
) -> TextOut:
    """Read one version of a text, in French or, by Accept-Language, in English."""
    found = await queries.text(session, kind, version, language_of(request.scope))
    response.headers.update(_KEPT | {"Vary": "Accept-Language", "Content-Language": found.language})
    return found
