"""API clients and their tokens over HTTP."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import TypeAdapter

from backend.api_clients import actions, oauth, queries
from backend.api_clients.problems import (
    ApiClientNotFound,
    ApiClientRevoked,
    ClientTerritoryOutside,
    ExpiryInvalid,
    SecretNotFound,
    TooManyApiClients,
    TwoSecrets,
)
from backend.api_clients.queries import ClientOwner
from backend.api_clients.schemas import (
    ApiClientIn,
    ApiClientMade,
    ApiClientOfIn,
    ApiClientOut,
    ClientOfPlaceIn,
    RotationIn,
    TokenOut,
)
from backend.associations.problems import WHICH
from backend.associations.queries import require_association
from backend.database.sessions import ActsDep, AsAdmin, AsAssociationMember, AsShopMember, SignedIn
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.routing import Router
from backend.identity.client_tokens import ClientTokens
from backend.organisations.problems import OrganisationNotFound
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound

router = Router(tags=["API clients"])

CURSOR = TypeAdapter(tuple[UUID])
MADE = (ExpiryInvalid, TooManyApiClients)


async def _client_tokens(request: Request) -> ClientTokens:
    return cast(ClientTokens, request.app.state.identities.client_tokens)


@router.post(
    "/oauth/token",
    response_model=TokenOut,
    responses=oauth.REFUSALS,
    openapi_extra=oauth.FORM,
)
async def issue_client_token(
    request: Request, acts: ActsDep, tokens: Annotated[ClientTokens, Depends(_client_tokens)]
) -> Response:
    """Get an access token as an API client, by OAuth 2.0 client credentials (RFC 6749, section 4.4).

    Send `client_id` and `client_secret` by HTTP Basic or in the form. `scope` may name some of the client's scopes. The
    token works for 15 minutes, and no longer than its client and its secret. Refusals have the form that the RFC gives
    them.
    """
    return await oauth.token(request, acts, tokens)


@router.post(
    "/admin/api-clients",
    status_code=201,
    responses=may_answer(OrganisationNotFound, ClientTerritoryOutside, *MADE),
)
async def add_api_client(wanted: ApiClientOfIn, session: AsAdmin, once: OnceDep) -> ApiClientMade:
    """Make an API client of an organisation, as an admin. Its secret is shown only this once."""
    of = ClientOwner(organisation=wanted.organisation_id)
    return await once(session, actions.add_api_client(session, of, wanted), 201)


@router.get("/admin/api-clients", responses=may_answer(OrganisationNotFound, CursorInvalid))
async def list_api_clients(
    session: AsAdmin,
    organisation_id: Annotated[UUID | None, Query(examples=[None])] = None,
    limit: Limit = 20,
    after: After = None,
) -> Page[ApiClientOut]:
    """List the API clients of all organisations or of one, oldest first."""
    return await _listed(session, ClientOwner(organisation=organisation_id), limit, after)


@router.get("/organisations/{organisation_id}/api-clients", responses=may_answer(OrganisationNotFound, CursorInvalid))
async def list_api_clients_of_organisation(
    organisation_id: UUID, session: SignedIn, limit: Limit = 20, after: After = None
) -> Page[ApiClientOut]:
    """List the API clients of an organisation that you own, oldest first."""
    return await _listed(session, ClientOwner(organisation=organisation_id), limit, after)


@router.post(
    "/organisations/{organisation_id}/api-clients",
    status_code=201,
    responses=may_answer(OrganisationNotFound, ClientTerritoryOutside, *MADE),
)
async def add_api_client_of_organisation(
    organisation_id: UUID, wanted: ApiClientIn, session: SignedIn, once: OnceDep
) -> ApiClientMade:
    """Make an API client of an organisation that you own, with a second factor. Its secret is shown only this once."""
    of = ClientOwner(organisation=organisation_id)
    return await once(session, actions.add_api_client(session, of, wanted), 201)


@router.get("/shops/{shop_id}/api-clients", responses=may_answer(ShopNotFound, CursorInvalid))
async def list_api_clients_of_shop(
    shop_id: UUID, session: AsShopMember, limit: Limit = 20, after: After = None
) -> Page[ApiClientOut]:
    """List the API clients of a shop that you own, oldest first."""
    return await _listed(session, ClientOwner(shop=shop_id), limit, after)


@router.post("/shops/{shop_id}/api-clients", status_code=201, responses=may_answer(ShopNotFound, *MADE))
async def add_api_client_of_shop(
    shop_id: UUID, wanted: ClientOfPlaceIn, session: AsShopMember, once: OnceDep
) -> ApiClientMade:
    """Make an API client of a shop that you own, with the scope `webhooks`. Its secret is shown only this once."""
    return await once(session, actions.add_api_client(session, ClientOwner(shop=shop_id), wanted), 201)


@router.get("/associations/me/api-clients", responses=may_answer(*WHICH, CursorInvalid))
async def list_api_clients_of_association(
    session: AsAssociationMember, limit: Limit = 20, after: After = None
) -> Page[ApiClientOut]:
    """List the API clients of an association that you own, oldest first."""
    of = ClientOwner(association=await require_association(session, "owner"))
    return await _listed(session, of, limit, after)


@router.post("/associations/me/api-clients", status_code=201, responses=may_answer(*WHICH, *MADE))
async def add_api_client_of_association(
    wanted: ClientOfPlaceIn, session: AsAssociationMember, once: OnceDep
) -> ApiClientMade:
    """Make an API client of an association that you own, with the scope `webhooks`.

    Its secret is shown only this once.
    """
    of = ClientOwner(association=await require_association(session, "owner"))
    return await once(session, actions.add_api_client(session, of, wanted), 201)


@router.get("/api-clients/{client_id}", responses=may_answer(ApiClientNotFound))
async def read_api_client(client_id: UUID, session: SignedIn) -> ApiClientOut:
    """Read an API client that you keep: as an owner of its organisation, shop or association, or as an admin."""
    return await queries.api_client(session, client_id)


@router.delete("/api-clients/{client_id}", status_code=204, responses=may_answer(ApiClientNotFound))
async def revoke_api_client(client_id: UUID, session: SignedIn) -> None:
    """Revoke an API client for good. Its next request is refused, whatever token it holds."""
    await actions.revoke_api_client(session, client_id)


@router.post(
    "/api-clients/{client_id}/secrets",
    status_code=201,
    responses=may_answer(ApiClientNotFound, ApiClientRevoked, TwoSecrets, ExpiryInvalid),
)
async def rotate_api_secret(client_id: UUID, wanted: RotationIn, session: SignedIn, once: OnceDep) -> ApiClientMade:
    """Add a second secret, shown only this once, to an API client, and let the older one end.

    At most two secrets work at a time. `expires_at` lets the client itself work longer.
    """
    return await once(session, actions.rotate_secret(session, client_id, wanted), 201)


@router.delete(
    "/api-clients/{client_id}/secrets/{secret_id}",
    status_code=204,
    responses=may_answer(ApiClientNotFound, SecretNotFound),
)
async def revoke_api_secret(client_id: UUID, secret_id: UUID, session: SignedIn) -> None:
    """Revoke a secret of an API client. It and the tokens that it was given are refused at once."""
    await actions.revoke_secret(session, client_id, secret_id)


async def _listed(session: SignedIn, of: ClientOwner, limit: int, after: str | None) -> Page[ApiClientOut]:
    beyond = cursor_key(after, CURSOR)[0] if after else None
    return page_of(await queries.api_clients(session, of, beyond, limit), limit, lambda found: (found.id,))
