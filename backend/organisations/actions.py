"""Make organisations, rename and close them. The database keeps the rules."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.tokens import new_token, token_hash
from backend.database.sessions import call
from backend.members.invitations import Invitation
from backend.organisations import queries
from backend.organisations.problems import OrganisationSirenInvalid
from backend.organisations.schemas import OrganisationEdit, OrganisationIn, OrganisationOut
from backend.organisations.sirens import siren_in
from backend.sealing.seals import address_look_up, keyring
from backend.settings import settings


async def create_organisation(session: AsyncSession, wanted: OrganisationIn) -> OrganisationOut:
    """Make an organisation and invite its first owner; the mail is queued.

    Raises OrganisationSirenInvalid; the database raises OrganisationSirenTaken, OrganisationTerritoryUnfit.
    """
    siren = siren_in(wanted.siren)
    if siren is None:
        raise OrganisationSirenInvalid
    look_up = address_look_up(keyring(), wanted.owner_email)
    invitation = Invitation(wanted.owner_email, new_token())
    made: UUID = await call(
        session,
        "create_organisation",
        organisation_name=wanted.name,
        organisation_kind=wanted.kind,
        organisation_siren=siren,
        territory=wanted.territory,
        address_lookup=look_up,
        sealed_invitation=invitation.sealed(settings(), look_up),
        new_token_hash=token_hash(invitation.token),
    )
    return (await queries.organisation(session, made))[0]


async def change_organisation(
    session: AsyncSession, organisation_id: UUID, edit: OrganisationEdit, versions: list[int] | None
) -> tuple[OrganisationOut, int]:
    """Rename an organisation or close it, and return it with its version.

    The database raises OrganisationNotFound, OrganisationClosed, PreconditionFailed.
    """
    if edit.name is not None or edit.status is not None:
        await call(
            session,
            "change_organisation",
            organisation=organisation_id,
            new_name=edit.name,
            new_status=edit.status,
            versions=versions,
        )
    return await queries.organisation(session, organisation_id)
