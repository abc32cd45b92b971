"""Cards over HTTP, for those who enrol beneficiaries."""

from uuid import UUID

from fastapi import Request, Response

from backend.beneficiaries.problems import BeneficiaryNotFound
from backend.cards import actions, queries
from backend.cards.problems import CardNotFound, CardReplaced
from backend.cards.schemas import CardOut, CardsIn
from backend.cards.sheet import sheets
from backend.database.sessions import AsEnroller, caller_in
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
            "description": "A4 sheets of ten cards, to print at their real size and to cut.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        },
        **may_answer(BeneficiaryNotFound, CardReplaced),
    },
)
async def make_cards(wanted: CardsIn, request: Request, session: AsEnroller, once: OnceDep) -> Response:
    """Make cards for people one enrolled, as sheets to print.

    Each holds a new secret, and the person's former card opens nothing from now on. What a card holds is kept nowhere:
    to get the same sheet again, send the same request with the same Idempotency-Key, as long as its cards are active.
    """
    issuer = caller_in(session)
    await spend(request.scope, "card-sheets", SHEETS, str(issuer))
    secrets = actions.secrets_for(issuer, wanted.beneficiary_ids, key_of(request))
    # For the key alone, so that another request with it is refused; issuing twice what is active changes nothing.
    await once(session, actions.noted(len(secrets)), 200)
    cards = await actions.issue_cards(session, wanted.beneficiary_ids, secrets)
    await session.commit()  # typesetting takes its time, and others may want these people and this connection
    pdf = await sheets(cards)
    headers = {"Content-Disposition": 'attachment; filename="cartes.pdf"', "Cache-Control": "no-store"}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.get("/beneficiaries/{beneficiary_id}/card", responses=may_answer(BeneficiaryNotFound, CardNotFound))
async def read_card(beneficiary_id: UUID, session: AsEnroller) -> CardOut:
    """See whether somebody's latest card works, and since when."""
    return await queries.latest_card(session, beneficiary_id)


@router.post("/beneficiaries/{beneficiary_id}/card/revoke", responses=may_answer(BeneficiaryNotFound, CardNotFound))
async def revoke_card(beneficiary_id: UUID, session: AsEnroller, once: OnceDep) -> CardOut:
    """Revoke a lost card: it opens nothing from now on, and who is at a kiosk with it is signed out at once."""
    return await once(session, actions.revoke_card(session, beneficiary_id), 200)
