"""The commands `ecopanier as` and `ecopanier admin`, as an operator types them."""

from urllib.parse import urlencode

import httpx2
import pytest

from backend.database.ask_as import Answer, NotDone, Refused, account_called, ask_as, refusal_text
from backend.settings import settings
from tests.journeys.test_second_factors import Holder
from tests.startup.commands import ecopanier
from tests.town import Person, Town
from tests.town.answers import accepted, refusal_in, refused
from tests.town.databases import API
from tests.visitors import PASSWORD as OWN

PASSWORD = "trois chats dorment au soleil"


async def asks(town: Town, who: Person | None, statement: str, *, commit: bool = False) -> Answer:
    """Do what `ecopanier as` does, without starting a process."""
    return await ask_as(who.id if who else None, statement, settings(), town.copy.url(API), commit=commit)


async def refusal_of(town: Town, who: Person | None, statement: str) -> str:
    """Return the words in which a statement is refused."""
    with pytest.raises(Refused) as caught:
        await asks(town, who, statement)
    return refusal_text(caught.value)


async def test_sql_as_a_person_returns_the_rows_that_they_may_see(town: Town) -> None:
    amina, marc = await town.a_beneficiary(), await town.a_customer()
    await town.a_free_lot()
    await town.a_lot()
    kinds = "select kind, count(*) from lots group by kind order by kind"

    as_amina = await ecopanier(town, "as", amina.code.lower(), "--", kinds)
    as_nobody = await ecopanier(town, "as", "anon", "--", *kinds.split(), ECOPANIER_OWNER_DATABASE_URL="")
    as_marc = await asks(town, marc, kinds)

    assert (as_amina.status, as_nobody.status) == (0, 0)
    assert "free" in as_amina.text
    assert "2 rows, as beneficiary" in as_amina.text
    assert "free" not in as_nobody.text
    assert "1 row, as anon" in as_nobody.text
    assert (as_marc.role, list(as_marc.columns), [tuple(row) for row in as_marc.rows]) == (
        "customer",
        ["kind", "count"],
        [("discounted", 1)],
    )


async def test_sql_as_a_person_is_rolled_back_without_commit(town: Town) -> None:
    merchant, rival = await town.a_merchant("Sophie"), await town.a_merchant("Rival")
    own, other = await town.a_shop(merchant), await town.a_shop(rival)
    names = "select array_agg(name order by id) from app.shops where id = any($1)"
    rename = "update shops set name = 'Chez nous'"

    undone = await asks(town, merchant, rename)
    smuggled = await refusal_of(town, merchant, f"{rename}; commit")
    before = await town.value(names, [own.id, other.id])
    kept = await ecopanier(town, "as", str(merchant.email).upper(), "--commit", "--", rename)

    assert undone.changed == 1
    assert smuggled == "One statement at a time, please."
    assert before == ["Boulangerie du Marché"] * 2
    assert (kept.status, kept.text) == (0, "1 row changed, as merchant, committed.\n")
    assert await town.value("select name from app.shops where id = $1", own.id) == "Chez nous"
    assert await town.value("select name from app.shops where id = $1", other.id) == "Boulangerie du Marché"


async def test_errors_of_the_database_are_explained_in_words(town: Town) -> None:
    marc, ghost = await town.a_customer(), await town.a_customer("Ghost")
    lot = await town.a_lot()
    await town.changes("update app.accounts set status = 'suspended' where id = $1", ghost.id)

    typed = await ecopanier(town, "as", str(marc.email), "--", f"select app.withdraw_lot('{lot.id}')")
    assert typed.status == 1
    assert typed.text.startswith("Refused (lot.not_found): ")
    assert "Traceback" not in typed.text

    assert "permission denied for table credentials" in await refusal_of(town, marc, "select * from credentials")
    assert 'syntax error at or near "selec"' in await refusal_of(town, marc, "selec 1")
    with pytest.raises(NotDone, match="suspended"):
        await asks(town, ghost, "select 1")
    with pytest.raises(NotDone, match="could bypass row-level security"):
        await ask_as(None, "select 1", settings(), town.copy.url(), commit=False)
    with pytest.raises(NotDone, match=r"Nobody signs in as who@example\.org"):
        await account_called("who@example.org", town.copy.url())


async def test_looking_up_an_account_needs_the_owners_database_url(town: Town) -> None:
    marc = await town.a_customer()

    refused = await ecopanier(town, "as", str(marc.email), "--", "select 1", ECOPANIER_OWNER_DATABASE_URL="")

    assert refused.status == 1
    assert "ECOPANIER_OWNER_DATABASE_URL is needed" in refused.text


async def sign_in(town: Town, email: str, password: str) -> httpx2.Response:
    form = urlencode({"username": email, "password": password}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return await town.request("POST", "/v1/auth/token", content=form, headers=kind)


async def test_creating_an_admin_again_replaces_the_password(town: Town) -> None:
    made = await ecopanier(town, "admin", "create", "--email", "Odile@Example.org", "--password", PASSWORD)
    first = accepted(await sign_in(town, "odile@example.org", PASSWORD)).json()
    again = await ecopanier(
        town, "admin", "create", "--email", "odile@example.org", ECOPANIER_ADMIN_PASSWORD="un vélo bleu sous la pluie"
    )

    assert (made.status, again.status) == (0, 0), made.text + again.text
    assert PASSWORD not in made.text
    assert await town.value("select array_agg(role) from app.accounts") == ["admin"]
    assert (await sign_in(town, "odile@example.org", PASSWORD)).status_code == 401
    accepted(await sign_in(town, "odile@example.org", "un vélo bleu sous la pluie"))
    spent = await town.request("POST", "/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert refusal_in(spent).code == "auth.session_over"


async def test_the_last_admin_s_second_factor_is_removed_by_command(town: Town) -> None:
    odile = Holder(town)
    odile.email = "odile@example.org"
    await ecopanier(town, "admin", "create", "--email", odile.email, "--password", OWN)
    odile.tokens = await odile.signs_in(odile.email)
    await odile.adds()
    session = await odile.sends(await odile.is_challenged(), code=await odile.shown())

    done = await ecopanier(town, "admin", "reset-second-factor", "--email", "Odile@Example.org")
    again = await ecopanier(town, "admin", "reset-second-factor", "--email", odile.email)
    nobody = await ecopanier(town, "admin", "reset-second-factor", "--email", "nobody@example.org")
    over = await refused(odile.refreshes(accepted(session).json()))
    await odile.signs_in(odile.email)

    assert (done.status, again.status, nobody.status) == (0, 1, 1), done.text
    assert "has no second factor" in again.text
    assert "nobody is an admin under this address" in nobody.text
    assert over.code == "auth.session_over"
    (entry,) = await town.rows("select actor_role from app.audit_entries where action = 'second_factor.reset'")
    assert entry["actor_role"] == "operator"


async def test_no_sql_is_run_as_an_admin_where_a_factor_is_required(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    odile = await town.an_admin()
    monkeypatch.setenv("ECOPANIER_SECOND_FACTOR", "admins")
    settings.cache_clear()

    with pytest.raises(NotDone, match="second factor"):
        await asks(town, odile, "select 1")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--email", "odile@example.org", "--password", "too short"], "10 to 128 characters"),
        (["--email", "odile@example.org", "--password", "motdepasse123"], "easy to guess"),
        (["--email", "nobody", "--password", PASSWORD], "not an e-mail address"),
        (["--email", "marc@example.org", "--password", PASSWORD], "an account that is not an admin"),
    ],
)
async def test_creating_an_admin_with_invalid_arguments_is_refused(
    lasting_town: Town, words: list[str], sentence: str
) -> None:
    await lasting_town.changes(
        "insert into app.accounts (role, email, display_name) values ('customer', 'marc@example.org', 'Marc')"
        " on conflict do nothing"
    )

    refused = await ecopanier(lasting_town, "admin", "create", *words)

    assert refused.status == 1
    assert sentence in refused.text
    assert await lasting_town.value("select count(*) from app.accounts where role = 'admin'") == 0
    assert await lasting_town.value("select count(*) from app.credentials") == 0


async def test_an_admin_with_supabase_auth_has_its_id_and_no_password(town: Town) -> None:
    theirs = "5b0f7a52-7a3e-4a3d-9c57-0d0f6a7f2b11"
    supabase = {
        "ECOPANIER_AUTH": "supabase",
        "SUPABASE_URL": "https://project.supabase.co",
        "SUPABASE_SECRET_KEY": "sb_secret_x",
    }

    without = await ecopanier(town, "admin", "create", "--email", "o@example.org", "--password", PASSWORD, **supabase)
    made = await ecopanier(town, "admin", "create", "--email", "o@example.org", "--supabase-id", theirs, **supabase)

    assert (without.status, made.status) == (1, 0), without.text + made.text
    assert str(await town.value("select id from app.accounts where role = 'admin'")) == theirs
    assert await town.value("select count(*) from app.credentials") == 0
