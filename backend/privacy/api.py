"""People's rights over their data, over HTTP: consents, export and erasure."""

from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse

from backend.accounts.holders import confirm_holder
from backend.accounts.problems import PasswordNeeded, TooManyTries, WrongPassword
from backend.associations.problems import DocumentStoreUnavailable
from backend.beneficiaries.problems import BeneficiaryNotFound
from backend.database.sessions import (
    AccountSuspended,
    ActsDep,
    AsEnroller,
    SignedIn,
    call,
    caller_in,
    database,
)
from backend.http.rate_limits import limited
from backend.http.routing import Router
from backend.identity.callers import caller, claims_of, documented_sign_in
from backend.photos.problems import PhotoStoreUnavailable
from backend.privacy import actions, export, queries
from backend.privacy.problems import HasBeneficiaries, LastAdmin, TermsNeeded
from backend.privacy.schemas import ConsentsIn, ConsentsOut, ErasureIn
from backend.problems.common import NotSignedIn, TryAgain
from backend.problems.problem import may_answer
from backend.terms.problems import ConsentVersionUnknown

router = Router(tags=["privacy"])

ZIP = "application/zip"
AS_FILE = {"Content-Disposition": 'attachment; filename="ecopanier.zip"', "Cache-Control": "no-store"}


@router.get("/me/consents")
async def read_own_consents(session: SignedIn) -> ConsentsOut:
    """Read your consents, with their versions and times."""
    return await queries.own_consents(session)


@router.put("/me/consents", responses=may_answer(TermsNeeded, ConsentVersionUnknown))
async def record_own_consents(wanted: ConsentsIn, session: SignedIn) -> ConsentsOut:
    """Give or withdraw consents.

    Name the current version of each text, also to withdraw. Consents that you leave out stay as they are. Each change
    is kept with its time. To withdraw from the terms of use, erase your account.
    """
    return await actions.record_consents(session, wanted)


@router.get(
    "/me/export",
    response_class=Response,
    responses={
        200: {
            "description": "A ZIP with JSON files, photos and documents, and a manifest that explains each file.",
            "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
        },
        **may_answer(NotSignedIn, AccountSuspended, PhotoStoreUnavailable, DocumentStoreUnavailable),
    },
    dependencies=[limited("export", "10/hour", by=caller), Depends(documented_sign_in)],
)
async def export_own_account(request: Request) -> Response:
    """Download all data that we hold about you, in one ZIP file.

    Encrypted data is decrypted for it, which the audit log records. It does not contain other people's names.
    """
    async with (await database(request)).session(await caller(request)) as session, session.begin():
        await session.connection()
        held = await export.everything_held(session)
    # The transaction has ended: none is open while files are fetched.
    file = await export.zipped(held, request.app.state.photos, request.app.state.documents)
    return StreamingResponse(export.chunks(file), headers=AS_FILE, media_type=ZIP)


@router.delete(
    "/me",
    status_code=204,
    response_class=Response,
    responses=may_answer(PasswordNeeded, WrongPassword, HasBeneficiaries, LastAdmin, TooManyTries, TryAgain),
)
async def erase_own_account(
    session: SignedIn, acts: ActsDep, request: Request, confirmed: ErasureIn | None = None
) -> None:
    """Erase your account, permanently.

    Confirm it with your password if your account has one with us, or by having signed in less than 15 minutes ago.
    Your running reservations are cancelled and refunded. If you are a merchant, your lots are withdrawn and their
    holders told. Names, addresses, photos and the key of your encrypted data are destroyed. The payment data that
    accounting law requires is kept apart, without any link to an account.
    """
    claims = await claims_of(request)
    session_id = claims.session if claims is not None else None
    password = confirmed.password if confirmed else None
    await confirm_holder(acts, caller_in(session), password, change="erasure", session_id=session_id)
    await call(session, "erase_own_account")


@router.delete(
    "/beneficiaries/{beneficiary_id}",
    status_code=204,
    response_class=Response,
    responses=may_answer(BeneficiaryNotFound),
)
async def erase_beneficiary(beneficiary_id: UUID, session: AsEnroller) -> None:
    """Erase a beneficiary who asked for it and cannot do it themselves.

    For the association that enrolled them, and for admins. It is permanent, like `DELETE /me`, and the audit log
    records who did it. To end a right, suspend it instead.
    """
    await call(session, "erase_beneficiary", beneficiary=beneficiary_id)
