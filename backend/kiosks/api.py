"""Kiosks over HTTP: registering them, and signing in there with a card."""

from uuid import UUID

from fastapi import Depends, Request
from pydantic import TypeAdapter

from backend.accounts.api import Tokens, not_kept
from backend.accounts.problems import TooManyTries
from backend.accounts.schemas import TokensOut
from backend.associations.problems import WHICH
from backend.database.sessions import AccountSuspended, ActsDep, AsAssociation, AsEnroller
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import client_address
from backend.http.routing import Router
from backend.kiosks import actions, queries
from backend.kiosks.problems import KioskNotFound, KioskUnknown, WrongCard
from backend.kiosks.schemas import CardSignIn, KioskIn, KioskOut, KioskRegistered, KioskTokensOut
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer

router = Router(tags=["kiosks"])
"""Mounted whoever signs people in, we or Supabase."""

sign_in = Router(tags=["kiosks"])
"""Mounted only when we sign people in ourselves."""

CURSOR = TypeAdapter(tuple[UUID])


@router.post("/kiosks", status_code=201, responses=may_answer(*WHICH))
async def register_kiosk(wanted: KioskIn, session: AsAssociation, once: OnceDep) -> KioskRegistered:
    """Register a shared tablet as a kiosk, as a verified association. It takes the cards of your own people.

    `device` is shown only this once. The tablet keeps it and sends it with each card.
    """
    return await once(session, actions.register_kiosk(session, wanted.name))


@router.get("/kiosks", responses=may_answer(*WHICH, CursorInvalid))
async def list_kiosks(session: AsEnroller, limit: Limit = 20, after: After = None) -> Page[KioskOut]:
    """List your kiosks; as an admin, all kiosks."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.kiosks(session, beyond, limit), limit, lambda kiosk: (kiosk.id,))


@router.post("/kiosks/{kiosk_id}/revoke", responses=may_answer(KioskNotFound))
async def revoke_kiosk(kiosk_id: UUID, session: AsEnroller, once: OnceDep) -> KioskOut:
    """Revoke a kiosk. Nobody can sign in there any more, and whoever is signed in there is signed out at once."""
    return await once(session, actions.revoke_kiosk(session, kiosk_id), 200)


@sign_in.post(
    "/auth/card",
    response_model=KioskTokensOut,
    responses=may_answer(KioskUnknown, WrongCard, TooManyTries, AccountSuspended),
    dependencies=[Depends(not_kept)],
)
async def open_session_with_card(wanted: CardSignIn, request: Request, acts: ActsDep, tokens: Tokens) -> TokensOut:
    """Sign in with a card at a kiosk of the association that made it.

    The session ends three minutes after its last refresh, and at the latest thirty minutes after signing in. Signing
    out, the next card, and revoking the card or the kiosk end it at once. It is for looking at lots and for your
    reservations; everything else answers `kiosk.not_here`. After 30 wrong cards in ten minutes the kiosk refuses all
    cards until the ten minutes are over.
    """
    return await actions.sign_in(acts, tokens, wanted.card, wanted.device, client_address(request.scope))
