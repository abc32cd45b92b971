"""Cards over HTTP: the association that enrolled people makes them; it or an admin revokes them."""

from uuid import UUID

from fastapi import Request, Response

from backend.beneficiaries.problems import BeneficiaryNotFound
from backend.cards import actions, queries
from backend.cards.problems import CardNotFound, CardReplaced
from backend.cards.schemas import CardOut, CardsIn
from backend.cards.sheet import sheets
from backend.database.sessions import AsAssociation, AsEnroller, caller_in
from backend.http.idempotency import OnceDep, key_of
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.problems.problem import may_answer

router = Router(tags=["cards"])

SHEETS = "30/minute"


@router.post(
    "/beneficiaries/cards",
    response_class=Response,
    responses={
        200: {
            "description": "A4 sheets of ten cards, to print at actual size and cut out.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        },
        **may_answer(BeneficiaryNotFound, CardReplaced),
    },
)
async def make_cards(wanted: CardsIn, request: Request, session: AsAssociation, once: OnceDep) -> Response:
    """Make cards for beneficiaries whom you enrolled, as sheets to print.

    A card opens short sessions at your own kiosks. Each card has a new secret, and the person's former card no longer
    works. The secrets are not stored: to get the same sheet again while its cards are active, send the same request
    with the same Idempotency-Key.
    """
    issuer = caller_in(session)
    await spend(request.scope, "card-sheets", SHEETS, str(issuer))
    secrets = actions.secrets_for(issuer, wanted.beneficiary_ids, key_of(request))
    # This only claims the key, so that a different request with it is refused. Issuing active cards again is harmless.
    await once(session, actions.noted(len(secrets)), 200)
    cards = await actions.issue_cards(session, wanted.beneficiary_ids, secrets)
    await session.commit()  # typesetting is slow, and should hold neither locks nor a connection
    pdf = await sheets(cards)
    headers = {"Content-Disposition": 'attachment; filename="cartes.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.get("/beneficiaries/{beneficiary_id}/card", responses=may_answer(BeneficiaryNotFound, CardNotFound))
async def read_card(beneficiary_id: UUID, session: AsEnroller) -> CardOut:
    """Read the state of a beneficiary's latest card."""
    return await queries.latest_card(session, beneficiary_id)


@router.post("/beneficiaries/{beneficiary_id}/card/revoke", responses=may_answer(BeneficiaryNotFound, CardNotFound))
async def revoke_card(beneficiary_id: UUID, session: AsEnroller, once: OnceDep) -> CardOut:
    """Revoke a lost card.

    It no longer works, and whoever is signed in with it at a kiosk is signed out at once.
    """
    return await once(session, actions.revoke_card(session, beneficiary_id), 200)
