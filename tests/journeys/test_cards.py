"""Beneficiaries' cards: printed in sheets of ten, revoked when lost, and made again."""

import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.cards.secrets import secret_hash
from tests.town import Association, Beneficiary, Person, Town
from tests.town.answers import accepted, refusal_in
from tests.town.paper import Sheet, printed


async def asks_for_cards(asker: Person, holders: list[Beneficiary], key: str | None = None) -> Any:
    """Ask for a sheet and return the answer, whatever its status."""
    return await asker.asks(
        "POST", "/beneficiaries/cards", {"beneficiary_ids": [str(one.id) for one in holders]}, key=key
    )


async def prints(asker: Person, holders: list[Beneficiary], key: str | None = None) -> list[Sheet]:
    return printed(accepted(await asks_for_cards(asker, holders, key)).content)


async def enrolled(town: Town, count: int) -> tuple[Association, list[Beneficiary]]:
    association = await town.an_association()
    return association, [await town.a_beneficiary(f"Amina{n}", association=association) for n in range(count)]


async def test_a_printed_sheet_has_ten_cards_that_a_camera_reads(town: Town) -> None:
    association, people = await enrolled(town, 11)

    answer = accepted(await asks_for_cards(association, people))
    first, second = printed(answer.content)

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert (round(first.width, 1), round(first.height, 1)) == (210.0, 297.0)
    # Ten cards on the first page, one on the second. Each has its own secret: 130 bits in letters a camera reads well.
    assert (len(first.qrs), len(second.qrs)) == (10, 1)
    secrets = first.secrets + second.secrets
    assert len(set(secrets)) == 11
    assert all(
        s.startswith("EC1:") and len(s) == 30 and set(s[4:]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for s in secrets
    )
    # Cards of 85.6 × 54 mm side by side, inside the margin that any printer leaves white.  # noqa: RUF003
    columns = {round(x - first.qrs[0][0], 0) for x, _, _ in first.qrs}
    rows = sorted({round(y) for _, y, _ in first.qrs})
    assert columns == {0, 86}
    assert [rows[n + 1] - rows[n] for n in range(4)] == [54] * 4
    assert all(x > 19.4 and y > 13.5 for x, y, _ in first.qrs)
    # The codes are in the requested order, sentences have their accents, and no name or account id is printed.
    assert [first.words.count(one.code) for one in people] == [1] * 10 + [0]
    assert "Présentez cette carte à la borne" in first.words
    assert first.words.count("À imprimer en taille réelle (100 %)") == 1
    assert "Prévenez votre association : elle la bloque et vous en remet une autre, aussitôt." in first.words
    for one in people:
        assert one.name not in first.words
        assert str(one.id) not in "".join(secrets) + first.words
    # The database keeps only hashes: no secret is stored anywhere in it.
    kept = {row["secret_hash"]: row["beneficiary_id"] for row in await town.rows("select * from app.cards")}
    assert [kept[secret_hash(s)] for s in secrets] == [one.id for one in people]
    noted = await town.rows("select subject_id, detail::text from app.audit_entries where action = 'card.made'")
    assert {row["subject_id"] for row in noted} == {one.id for one in people}
    everything = json.dumps(
        [dict(row) for row in await town.rows("select * from app.idempotency_keys, app.audit_entries")], default=str
    )
    assert not any(s[4:] in everything for s in secrets)


async def test_a_repeated_request_prints_the_same_cards_while_active(town: Town) -> None:
    association, people = await enrolled(town, 2)

    first = await prints(association, people, key="sheet of today")
    again = await prints(association, people, key="sheet of today")
    assert again[0].secrets == first[0].secrets
    assert await town.value("select count(*) from app.cards") == 2
    # The control: without the key each sheet has new cards, and the former cards are revoked.
    [other] = await prints(association, people[:1])
    assert other.secrets[0] not in first[0].secrets
    cards = await town.rows("select status from app.cards where beneficiary_id = $1 order by id", people[0].id)
    assert [card["status"] for card in cards] == ["revoked", "active"]
    # A sheet with a revoked card is not printed again.
    refusal = refusal_in(await asks_for_cards(association, people, key="sheet of today"))
    assert (refusal.status, refusal.code) == (409, "card.replaced")
    assert (
        refusal_in(await asks_for_cards(association, people[:1], key="sheet of today")).code == "idempotency.mismatch"
    )
    # The same key of another association makes other secrets.
    elsewhere = await town.an_association("Ailleurs")
    theirs = await town.a_beneficiary(association=elsewhere)
    [sheet] = await prints(elsewhere, [theirs], key="sheet of today")
    assert sheet.secrets[0] not in first[0].secrets


async def test_only_the_enrolling_association_makes_cards_and_admins_revoke(town: Town) -> None:
    association, [amina, other] = await enrolled(town, 2)
    stranger = await town.an_association("Ailleurs")
    path = f"/beneficiaries/{amina.id}/card"
    assert refusal_in(await association.asks("GET", path)).code == "card.not_found"
    assert refusal_in(await association.asks("POST", f"{path}/revoke")).code == "card.not_found"

    await prints(association, [amina])
    made = await association.gets(path)
    assert (made["status"], made["revoked_at"]) == ("active", None)
    assert made.keys() == {"id", "status", "made_at", "revoked_at"}
    shown = await association.gets(f"/beneficiaries/{amina.id}")
    assert (shown["card"], shown["card_made_at"]) == ("active", made["made_at"])
    for nosy, code in (
        (stranger, "beneficiary.not_found"),
        (amina, "access.forbidden"),
        (await town.a_merchant(), "access.forbidden"),
    ):
        assert refusal_in(await nosy.asks("GET", path)).code == code
        assert refusal_in(await nosy.asks("POST", f"{path}/revoke")).code == code
        assert refusal_in(await asks_for_cards(nosy, [amina])).code == code
    # One person of another association on the sheet, and nobody gets a card.
    foreign = await town.a_beneficiary(association=stranger)
    assert refusal_in(await asks_for_cards(association, [other, foreign])).code == "beneficiary.not_found"
    await town.changes("update app.associations set status = 'pending' where id = $1", association.id)
    assert refusal_in(await asks_for_cards(association, [amina])).code == "access.forbidden"
    await town.changes("update app.associations set status = 'verified' where id = $1", association.id)
    assert await town.value("select count(*) from app.cards") == 1

    revoked = await association.posts(f"{path}/revoke")
    assert revoked["id"] == made["id"]
    assert revoked["status"] == "revoked"
    assert (await association.posts(f"{path}/revoke")) == revoked
    assert (await association.gets(f"/beneficiaries/{amina.id}"))["card"] == "revoked"
    admin = await town.an_admin()
    by_an_admin = await town.a_beneficiary()
    for holder in (amina, by_an_admin):
        assert refusal_in(await asks_for_cards(admin, [holder])).code == "access.forbidden"
        async with town.sql_as(admin) as sql:
            with pytest.raises(asyncpg.PostgresError, match=r"access\.forbidden"):
                await sql.execute("select app.issue_cards($1, $2)", [holder.id], [secret_hash("mine")])
    await prints(association, [amina])
    assert (await association.gets(f"/beneficiaries/{amina.id}"))["card"] == "active"
    assert (await admin.posts(f"{path}/revoke"))["id"] != made["id"]
    done = await town.rows(
        "select action, actor_role, detail->>'why' from app.audit_entries"
        " where action like 'card.%' and subject_id = $1 order by id",
        amina.id,
    )
    assert [tuple(row) for row in done] == [
        ("card.made", "association", None),
        ("card.revoked", "association", "lost"),
        ("card.made", "association", None),
        ("card.revoked", "admin", "lost"),
    ]


async def test_a_sheet_is_for_1_to_100_distinct_beneficiaries(town: Town) -> None:
    association, [amina] = await enrolled(town, 1)
    for wrong in ([], [amina, amina], [amina] * 101):
        assert refusal_in(await asks_for_cards(association, wrong)).code == "request.invalid"
    nobody = await association.asks("POST", "/beneficiaries/cards", {"beneficiary_ids": [str(uuid4())]})
    assert refusal_in(nobody).code == "beneficiary.not_found"
    assert await town.value("select count(*) from app.cards") == 0


async def test_a_card_is_visible_like_its_beneficiary_but_never_its_hash(town: Town) -> None:
    association, [amina, other] = await enrolled(town, 2)
    await prints(association, [amina, other])
    seen: dict[str, list[UUID]] = {}
    for who in (
        amina,
        association,
        await town.an_association("Ailleurs"),
        await town.a_customer(),
        await town.an_admin(),
    ):
        async with town.sql_as(who) as connection:
            seen[repr(who)] = [
                row[0] for row in await connection.fetch("select beneficiary_id from app.cards order by 1")
            ]
            hashes = await connection.fetchval("select has_column_privilege('app.cards', 'secret_hash', 'select')")
            assert hashes is False
    both = sorted([amina.id, other.id])
    assert list(seen.values()) == [[amina.id], both, [], [], both]


async def test_an_erased_beneficiary_has_no_card_and_gets_none(town: Town) -> None:
    association, [amina, other] = await enrolled(town, 2)
    await prints(association, [amina, other])
    await town.value("select app.erase_account($1, 'asked')", amina.id)

    left = await town.rows("select beneficiary_id from app.cards")
    assert [row[0] for row in left] == [other.id]
    assert refusal_in(await asks_for_cards(association, [amina])).code == "beneficiary.not_found"
    for asker in (association, await town.an_admin()):
        refusal = refusal_in(await asker.asks("POST", f"/beneficiaries/{amina.id}/card/revoke"))
        assert refusal.code == "beneficiary.not_found"
    await prints(association, [other])  # the control
