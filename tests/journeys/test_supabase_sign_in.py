"""Sign-in by Supabase Auth: registration with its tokens, and the sign-in routes of our own that are turned off."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from backend import main
from backend.settings import settings
from tests.supabase_project import EC_KEY, RSA_KEY, SHARED_SECRET, SupabaseProject
from tests.town import Town
from tests.town.answers import accepted, refusal_in
from tests.visitors import mails


class Product:
    """The product on a town's database, set up for a Supabase project."""

    def __init__(self, client: httpx2.AsyncClient, project: SupabaseProject) -> None:
        self._client = client
        self.project = project

    async def asks(self, method: str, path: str, json: Any = None, *, token: str | None = None) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._client.request(method, path, json=json, headers=headers)

    async def registers(self, token: str | None, **fields: Any) -> httpx2.Response:
        wanted = {"role": "customer", "display_name": "Amina B.", "consents": {"terms": "2026-01"}, **fields}
        return await self.asks("POST", "/v1/auth/register", wanted, token=token)


@pytest.fixture
async def product(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Product]:
    async with SupabaseProject() as project:
        monkeypatch.setenv("ECOPANIER_AUTH", "supabase")
        monkeypatch.setenv("SUPABASE_URL", project.url)
        monkeypatch.setenv("SUPABASE_SECRET_KEY", "sb_secret_x")
        monkeypatch.setenv("SUPABASE_JWT_SECRET", SHARED_SECRET)
        settings.cache_clear()
        app = main.create_app()
        async with (
            main.connected(app),
            httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://product") as client,
        ):
            yield Product(client, project)


@pytest.mark.parametrize(
    ("key", "key_id"), [(RSA_KEY, "rsa"), (EC_KEY, "ec"), (SHARED_SECRET, None)], ids=["RS256", "ES256", "HS256"]
)
async def test_a_visitor_registers_with_a_token_of_supabase(
    town: Town, product: Product, key: Any, key_id: str | None
) -> None:
    account_id = uuid4()
    token = product.project.token(key, key_id, sub=str(account_id), email="amina@example.org")

    before = await product.asks("GET", "/v1/me", token=token)
    registered = accepted(await product.registers(token, role="merchant"))
    me = accepted(await product.asks("GET", "/v1/me", token=token)).json()

    assert refusal_in(before).code == "access.unauthenticated"
    assert registered.status_code == 201
    assert {**registered.json(), "beneficiary": None} == me
    assert (me["id"], me["email"], me["email_verified"], me["role"]) == (
        str(account_id),
        "amina@example.org",
        True,
        "merchant",
    )
    assert await town.value("select count(*) from app.credentials") == 0
    assert await mails(town) == []


async def test_registering_again_is_refused_and_changes_nothing(town: Town, product: Product) -> None:
    token = product.project.token(email="amina@example.org")
    accepted(await product.registers(token))
    somebody_else = product.project.token(email="Amina@example.org")

    again = refusal_in(await product.registers(token, role="merchant"))
    taken = refusal_in(await product.registers(somebody_else))

    assert (again.code, taken.code) == ("account.already_registered", "account.email_taken")
    assert [row[0] for row in await town.rows("select role from app.accounts")] == ["customer"]
    assert await mails(town) == []


async def test_registering_needs_a_valid_token_and_an_open_role(town: Town, product: Product) -> None:
    good = product.project.token()

    assert refusal_in(await product.registers(None)).code == "access.unauthenticated"
    assert refusal_in(await product.registers(product.project.token(aud="anon"))).code == "access.unauthenticated"
    for wrong in ({"role": "admin"}, {"role": "beneficiary"}, {"id": str(uuid4())}, {"email": "b@example.org"}):
        assert refusal_in(await product.registers(good, **wrong)).status == 422
    assert await town.value("select count(*) from app.accounts") == 0


async def test_roles_claimed_in_a_token_are_ignored(town: Town, product: Product) -> None:
    account_id = uuid4()
    token = product.project.token(
        sub=str(account_id), role="service_role", user_metadata={"role": "admin"}, app_metadata={"role": "admin"}
    )
    accepted(await product.registers(token))

    assert accepted(await product.asks("GET", "/v1/me", token=token)).json()["role"] == "customer"
    assert refusal_in(await product.asks("GET", "/v1/admin/shops", token=token)).status in (403, 404, 405)


async def test_a_suspended_account_is_refused_at_once(town: Town, product: Product) -> None:
    account_id = uuid4()
    token = product.project.token(sub=str(account_id))
    accepted(await product.registers(token))

    await town.changes("update app.accounts set status = 'suspended' where id = $1", account_id)
    refusal = refusal_in(await product.asks("GET", "/v1/me", token=token))
    await town.changes("update app.accounts set status = 'active' where id = $1", UUID(str(account_id)))

    assert refusal.code == "account.suspended"
    accepted(await product.asks("GET", "/v1/me", token=token))


@pytest.mark.parametrize(
    "path",
    ["token", "refresh", "logout", "verify-email", "forgot-password", "reset-password", "activate", "card"],
)
async def test_our_own_sign_in_routes_point_to_supabase(product: Product, path: str) -> None:
    refusal = refusal_in(await product.asks("POST", f"/v1/auth/{path}", {}))

    assert (refusal.status, refusal.code) == (409, "auth.elsewhere")
    assert refusal.body["where"] == f"{product.project.url}/auth/v1"


async def test_our_own_public_key_is_not_published(product: Product) -> None:
    assert refusal_in(await product.asks("GET", "/.well-known/jwks.json")).code == "auth.elsewhere"


async def test_unreachable_keys_are_answered_503_and_not_as_a_bad_token(product: Product) -> None:
    product.project.answer = lambda: b""

    refusal = refusal_in(await product.asks("GET", "/v1/me", token=product.project.token()))

    assert (refusal.status, refusal.code, refusal.headers["Retry-After"]) == (503, "auth.keys_unavailable", "30")


async def test_the_openapi_description_matches_the_sign_in(product: Product) -> None:
    described = (await product.asks("GET", "/openapi.json")).json()

    register = described["paths"]["/v1/auth/register"]["post"]
    assert register["security"]
    assert "RegistrationWithSupabaseIn" in str(register["requestBody"])
    assert list(described["paths"]["/v1/auth/token"]["post"]["responses"]) == ["409", "429", "500", "503"]
