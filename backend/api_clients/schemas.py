"""Request and response bodies for API clients and their tokens."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from backend.http.schemas import In, Out

Scope = Literal["figures:read", "beneficiaries:enrol", "funds:read", "webhooks"]
CLIENT = "01980c5e-6a10-7a53-b7f4-2f0d7c1e9d01"
SECRET = "eco_4Zk9wQ2mXc7Rt5Ly1Bn8Vp3Hs6Jd0Gf4Ka7Ue2Wi9Oq1Mx3Ez"  # noqa: S105  an example
_ENDS = "When it stops working; two years from now at most."
_TERRITORY = "The organisation's own territory unless you say one within it."


def _once_each(scopes: list[Scope]) -> list[Scope]:
    return sorted(set(scopes))


Scopes = Annotated[list[Scope], Field(min_length=1, max_length=4), AfterValidator(_once_each)]


class ClientOfPlaceIn(In):
    """A new API client of a shop or an association, which has the scope `webhooks`."""

    name: str = Field(min_length=1, max_length=100, examples=["Caisse du magasin"])
    expires_at: AwareDatetime = Field(description=_ENDS, examples=["2027-11-01T00:00:00Z"])


class ApiClientIn(In):
    """A new API client of an organisation."""

    name: str = Field(min_length=1, max_length=100, examples=["Logiciel du CCAS"])
    scopes: Scopes = Field(examples=[["figures:read", "beneficiaries:enrol"]])
    territory: str | None = Field(default=None, min_length=2, max_length=36, description=_TERRITORY, examples=["67482"])
    expires_at: AwareDatetime = Field(description=_ENDS, examples=["2027-11-01T00:00:00Z"])


class ApiClientOfIn(ApiClientIn):
    """A new API client of an organisation that an admin names."""

    organisation_id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9c01"])


class RotationIn(In):
    """How the second secret follows the first."""

    old_secret_days: int = Field(
        default=7, ge=0, le=30, description="How long the older secret still works; 0: not any more.", examples=[7]
    )
    expires_at: AwareDatetime | None = Field(
        default=None, description="The client's own new end, two years from now at most.", examples=[None]
    )


class SecretOut(Out):
    """A secret, by its first characters."""

    id: UUID = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9d02"])
    prefix: str = Field(examples=["eco_4Zk9wQ2m"])
    created_at: datetime = Field(examples=["2026-11-29T08:15:00Z"])
    expires_at: datetime | None = Field(description="Its own end, once there is a newer one.", examples=[None])
    revoked_at: datetime | None = Field(examples=[None])


class ApiClientOut(Out):
    """An API client."""

    id: UUID = Field(description="The `client_id` at `/oauth/token`.", examples=[CLIENT])
    name: str = Field(examples=["Logiciel du CCAS"])
    organisation_id: UUID | None = Field(examples=["01980c5e-6a10-7a53-b7f4-2f0d7c1e9c01"])
    shop_id: UUID | None = Field(examples=[None])
    association_id: UUID | None = Field(examples=[None])
    owner_name: str = Field(examples=["Ville de Strasbourg"])
    territory: str | None = Field(examples=["67482"])
    scopes: list[Scope] = Field(examples=[["beneficiaries:enrol", "figures:read"]])
    status: Literal["active", "expired", "revoked", "suspended"] = Field(
        description="`suspended`: its shop or association is not verified at present.", examples=["active"]
    )
    created_at: datetime = Field(examples=["2026-11-29T08:15:00Z"])
    expires_at: datetime = Field(examples=["2027-11-01T00:00:00Z"])
    revoked_at: datetime | None = Field(examples=[None])
    last_used_at: datetime | None = Field(description="To the hour.", examples=["2026-11-29T09:00:00Z"])
    secrets: list[SecretOut]


class ApiClientMade(ApiClientOut):
    """An API client with a secret that is shown only this once."""

    client_secret: str = Field(examples=[SECRET])


class TokenOut(Out):
    """An access token (RFC 6749, section 5.1)."""

    access_token: str = Field(examples=["eyJhbGciOiJFZERTQSIsImtpZCI6IjY1ZTE0YTM0In0.eyJhdWQiOiI…"])
    token_type: Literal["Bearer"] = Field(examples=["Bearer"])
    expires_in: int = Field(examples=[900])
    scope: str = Field(examples=["beneficiaries:enrol figures:read"])


class TokenRefused(Out):
    """Why there is no token (RFC 6749, section 5.2)."""

    error: Literal["invalid_request", "invalid_client", "invalid_scope", "unsupported_grant_type"] = Field(
        examples=["invalid_client"]
    )
    error_description: str = Field(examples=["The client or its secret is unknown, revoked or expired."])
