"""Help over HTTP: common questions and their answers, for each role."""

from fastapi import Request, Response

from backend.help.questions import help_for
from backend.help.schemas import HelpOut
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.problems.problem import language_of

router = Router(tags=["help"])


@router.get("/help/{role}")
async def read_help(role: Role, request: Request, response: Response) -> HelpOut:
    """Read the common questions of one role with their answers, in French or, by Accept-Language, in English."""
    found = help_for(role, language_of(request.scope))
    response.headers.update(
        {"Cache-Control": "public, max-age=300", "Vary": "Accept-Language", "Content-Language": found.language}
    )
    return found
