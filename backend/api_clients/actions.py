"""Make API clients, change their secrets and revoke them. The database keeps the rules."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.api_clients import queries
from backend.api_clients.client_secrets import new_secret, secret_hash, shown
from backend.api_clients.queries import ClientOwner
from backend.api_clients.schemas import ApiClientIn, ApiClientMade, ClientOfPlaceIn, RotationIn
from backend.database.sessions import call


async def add_api_client(
    session: AsyncSession, of: ClientOwner, wanted: ApiClientIn | ClientOfPlaceIn
) -> ApiClientMade:
    """Make an API client and return it with its secret, which is shown this once.

    The database raises OrganisationNotFound, ShopNotFound or AssociationNotFound, SecondFactorRequired, ExpiryInvalid,
    ClientTerritoryOutside, TooManyApiClients.
    """
    scopes, territory = (wanted.scopes, wanted.territory) if isinstance(wanted, ApiClientIn) else (["webhooks"], None)
    secret = new_secret()
    added: UUID = await call(
        session,
        "add_api_client",
        organisation=of.organisation,
        shop=of.shop,
        association=of.association,
        client_name=wanted.name,
        wanted_scopes=scopes,
        territory=territory,
        ends=wanted.expires_at,
        secret_prefix=shown(secret),
        secret_hash=secret_hash(secret),
    )
    return await _with_secret(session, added, secret)


async def rotate_secret(session: AsyncSession, client_id: UUID, wanted: RotationIn) -> ApiClientMade:
    """Add a second secret to an API client and let the older one end; return it with the new one, shown this once.

    The database raises ApiClientNotFound, SecondFactorRequired, ApiClientRevoked, TwoSecrets, ExpiryInvalid.
    """
    secret = new_secret()
    await call(
        session,
        "rotate_api_secret",
        client=client_id,
        secret_prefix=shown(secret),
        secret_hash=secret_hash(secret),
        old_days=wanted.old_secret_days,
        ends=wanted.expires_at,
    )
    return await _with_secret(session, client_id, secret)


async def revoke_secret(session: AsyncSession, client_id: UUID, secret_id: UUID) -> None:
    """Revoke a secret with the tokens that it was given.

    The database raises ApiClientNotFound, SecondFactorRequired, SecretNotFound.
    """
    await call(session, "revoke_api_secret", client=client_id, secret=secret_id)


async def revoke_api_client(session: AsyncSession, client_id: UUID) -> None:
    """Revoke an API client. The database raises ApiClientNotFound, SecondFactorRequired."""
    await call(session, "revoke_api_client", client=client_id)


async def _with_secret(session: AsyncSession, client_id: UUID, secret: str) -> ApiClientMade:
    made = await queries.api_client(session, client_id)
    return ApiClientMade(**made.model_dump(), client_secret=secret)
