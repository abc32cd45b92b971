"""Accounts that an earlier release opened without confirming their address: how whoever reads the mail gets them."""

import pytest

from tests.journeys.test_confirming import ANOTHER, OWNER, STRANGERS, an_old_account
from tests.town import Town, refused
from tests.visitors import PASSWORD, Visitor, mails


async def test_an_old_account_is_asked_to_confirm_at_its_next_sign_in(town: Town) -> None:
    account, amina, stranger = await an_old_account(town), Visitor(town), Visitor(town)

    wrong_password = await stranger.tries_to_sign_in(password=STRANGERS)
    assert await mails(town) == []
    right_password = await amina.tries_to_sign_in()
    (mail,) = await mails(town)
    held = {"email": "Amina@example.org", "code": mail.code}
    without = await refused(amina.posts("/auth/verify-email", held))
    tokens = await amina.posts("/auth/verify-email", {**held, "password": ANOTHER})

    assert {**wrong_password.body, "request_id": None} == {**right_password.body, "request_id": None}
    assert mail.subject == "Confirmez votre adresse e-mail"
    assert mail.link.startswith("/confirm/")  # the page that asks for a password
    assert (without.status, without.code) == (422, "auth.password_missing")
    assert (await amina.sees_me(tokens))["id"] == str(account)
    await amina.signs_in(password=ANOTHER)


@pytest.mark.parametrize("password", [ANOTHER, PASSWORD], ids=["another password", "the same password"])
async def test_confirming_an_old_account_ends_its_sessions(town: Town, password: str) -> None:
    """A stranger may have opened it with somebody's address, and signs in so that its owner gets the mail."""
    account, stranger, owner = await an_old_account(town, OWNER), Visitor(town), Visitor(town)
    async with town.copy.connection() as sql:
        await sql.execute("select app.open_session($1, sha256('a token'), now() + interval '1 day')", account)
    await stranger.tries_to_sign_in(OWNER, PASSWORD)
    (mail,) = await mails(town, OWNER)

    await owner.posts("/auth/verify-email", {"token": mail.token, "password": password})

    assert (await refused(stranger.refreshes({"refresh_token": "a token"}))).code == "auth.session_over"
    await owner.signs_in(OWNER, password)
    if password != PASSWORD:
        assert (await stranger.tries_to_sign_in(OWNER, PASSWORD)).code == "auth.wrong_credentials"


@pytest.mark.parametrize("role", ["customer", "merchant", "collector", "association"])
async def test_a_registration_at_an_old_account_s_address_gets_its_role_and_name(town: Town, role: str) -> None:
    account, stranger, owner = await an_old_account(town, OWNER), Visitor(town), Visitor(town)
    async with town.copy.connection() as sql:
        await sql.execute("select app.open_session($1, sha256('a token'), now() + interval '1 day')", account)

    await owner.registers(OWNER, password=ANOTHER, role=role, display_name="Les Halles")
    me = await owner.sees_me(await owner.confirms(OWNER))

    assert (me["role"], me["display_name"], me["email_verified"]) == (role, "Les Halles", True)
    assert (me["id"] == str(account)) is (role == "customer")  # an account of another role only loses the address
    await owner.signs_in(OWNER, ANOTHER)
    assert (await refused(stranger.refreshes({"refresh_token": "a token"}))).code == "auth.session_over"
    assert (await stranger.tries_to_sign_in(OWNER, PASSWORD)).code == "auth.wrong_credentials"
    if role != "customer":
        assert await town.value("select count(*) from app.credentials where account_id = $1", account) == 0
        assert await town.value("select email from app.accounts where id = $1", account) is None


async def test_an_old_account_gets_at_most_five_mails_an_hour(town: Town) -> None:
    await an_old_account(town)
    for _ in range(7):
        await Visitor(town).sends_sign_in()

    assert len(await mails(town)) == 5


async def test_registering_again_confirms_an_old_account_and_ends_its_sessions(town: Town) -> None:
    """Somebody may have opened it with a stranger's address: the address's owner gets it, with their own password."""
    account, stranger, owner = await an_old_account(town, OWNER), Visitor(town), Visitor(town)
    async with town.copy.connection() as sql:
        await sql.execute(
            "select app.open_session($1, sha256('a token'), now() + interval '1 day')",
            account,
        )

    registered = await owner.registers(OWNER, password=ANOTHER)
    tokens = await owner.confirms(OWNER)

    assert registered["id"] != str(account)
    assert (await owner.sees_me(tokens))["id"] == str(account)
    await owner.signs_in(OWNER, ANOTHER)
    assert (await refused(stranger.refreshes({"refresh_token": "a token"}))).code == "auth.session_over"
    assert (await stranger.tries_to_sign_in(OWNER, PASSWORD)).code == "auth.wrong_credentials"


async def test_a_suspended_account_is_not_entered_by_a_code(town: Town) -> None:
    account, amina = await an_old_account(town), Visitor(town)
    await amina.tries_to_sign_in()
    (mail,) = await mails(town)
    await town.changes("update app.accounts set status = 'suspended' where id = $1", account)

    refusal = await refused(amina.posts("/auth/verify-email", {"token": mail.token, "password": ANOTHER}))

    assert refusal.code == "account.suspended"
    assert await town.value("select email_verified_at from app.accounts") is None
