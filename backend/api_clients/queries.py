"""Reads of API clients. The act decides who sees which."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.api_clients.problems import ApiClientNotFound
from backend.api_clients.schemas import ApiClientOut, SecretOut

_COLUMNS = (
    "id",
    "name",
    "organisation_id",
    "shop_id",
    "association_id",
    "owner_name",
    "territory_code",
    "scopes",
    "status",
    "created_at",
    "expires_at",
    "revoked_at",
    "last_used_at",
    "secrets",
)


@dataclass(frozen=True)
class ClientOwner:
    """The organisation, the shop or the association whose API clients are meant; none: of all organisations."""

    organisation: UUID | None = None
    shop: UUID | None = None
    association: UUID | None = None


async def api_clients(session: AsyncSession, of: ClientOwner, after: UUID | None, limit: int) -> list[ApiClientOut]:
    """Return up to `limit + 1` API clients, oldest first.

    The database raises OrganisationNotFound, ShopNotFound or AssociationNotFound unless the caller keeps them.
    """
    return await _clients(session, of, limit + 1, after, None)


async def api_client(session: AsyncSession, client_id: UUID) -> ApiClientOut:
    """Return an API client that the caller keeps. Raises ApiClientNotFound."""
    found = await _clients(session, ClientOwner(), 1, None, client_id)
    if not found:
        raise ApiClientNotFound
    return found[0]


async def _clients(
    session: AsyncSession, of: ClientOwner, most: int, after: UUID | None, wanted: UUID | None
) -> list[ApiClientOut]:
    found = func.app.api_clients_of(
        cast(of.organisation, Uuid),
        cast(of.shop, Uuid),
        cast(of.association, Uuid),
        cast(most, Integer),
        cast(after, Uuid),
        cast(wanted, Uuid),
    )
    return [_client(row) for row in await session.execute(select(found.table_valued(*_COLUMNS)))]


def _client(row: Any) -> ApiClientOut:
    return ApiClientOut(
        id=row.id,
        name=row.name,
        organisation_id=row.organisation_id,
        shop_id=row.shop_id,
        association_id=row.association_id,
        owner_name=row.owner_name,
        territory=row.territory_code,
        scopes=row.scopes,
        status=row.status,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        secrets=[SecretOut.model_validate(secret) for secret in row.secrets],
    )
