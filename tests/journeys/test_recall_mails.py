"""Mails about a recall: they reach every holder at every address, and by code whoever can speak to the others."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from backend.sealing.seals import SEALED_ADDRESS, address_look_up, keyring
from backend.written_times import written_day
from tests.town import Admin, Association, Beneficiary, Town
from tests.town.things import Reservation
from tests.visitors import Mail, read_mail

GTIN, AS_KEPT = "3017620422003", "03017620422003"
REASON = "Présence possible de Listeria."


async def recalled(town: Town, odile: Admin, **fields: Any) -> None:
    """Recall the food, and run the jobs that follow, and those that they queue."""
    await odile.posts("/admin/recalls", {"gtin": GTIN, "reason": REASON, **fields})
    for _ in range(3):
        await town.worker_runs()


def sent(town: Town, template: str = "lot_recalled") -> list[Mail]:
    """Return the mails made from a template, in the order of their addresses."""
    mails = [read_mail(file.read_bytes()) for file in (town.folder / "mails").glob(f"*-{template}.eml")]
    return sorted(mails, key=lambda mail: mail.to)


def codes_in(mail: Mail) -> set[str]:
    return set(re.findall(r"\d{4}-BEN-\d{5}", mail.subject + mail.text + mail.html))


async def enrolled(town: Town, association: Association, name: str, *, email: str | None = None) -> Beneficiary:
    """Enrol and verify somebody over HTTP; `email` is what the association writes down."""
    answer = await association.enrols(first_name=name, email=email)
    await association.verifies(answer["id"])
    return Beneficiary(town, UUID(answer["id"]), name, None).with_code(answer["code"])


async def gives_own_address(town: Town, person: Beneficiary, address: str) -> None:
    """Give a beneficiary an address of their own, which they have not confirmed."""
    row = (await town.rows("select wrapped, master_key from key_vault.data_keys where account_id = $1", person.id))[0]
    key = keyring().data_key(person.id, row["wrapped"], row["master_key"])
    await town.changes(
        "insert into app.sealed_addresses (account_id, sealed, lookup) values ($1, $2, $3)",
        person.id,
        key.seal(SEALED_ADDRESS, address.encode()),
        address_look_up(keyring(), address),
    )


async def test_a_recall_reaches_unconfirmed_and_suspended_holders(town: Town) -> None:
    odile, lot = await town.an_admin(), await town.a_lot(gtin=AS_KEPT)
    holders = [await town.a_customer(name) for name in ("Marc", "Jeanne", "Yanis")]
    for holder in holders:
        await holder.buys(lot)
    await town.changes("update app.accounts set email_verified_at = null where id = $1", holders[1].id)
    await odile.suspends_account(holders[2])

    await recalled(town, odile)

    assert [mail.to for mail in sent(town)] == sorted(str(holder.email) for holder in holders)


async def test_control_other_mails_do_not_go_to_unconfirmed_addresses(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot()
    await marc.buys(lot)
    await town.changes("update app.accounts set email_verified_at = null where id = $1", marc.id)
    await lot.shop.merchant.withdraws(lot)
    await town.worker_runs()

    assert sent(town, "lot_withdrawn") == []


async def test_a_recall_reaches_a_beneficiary_at_both_addresses(town: Town) -> None:
    relais, odile, lot = await town.an_association(), await town.an_admin(), await town.a_free_lot(gtin=AS_KEPT)
    amina = await enrolled(town, relais, "Amina", email="amina.b@example.org")
    await gives_own_address(town, amina, "amina@example.org")
    nour = await enrolled(town, relais, "Nour", email="Nour@example.org")
    await gives_own_address(town, nour, "nour@example.org")  # the same address
    for holder in (amina, nour):
        await holder.reserves(lot)

    await recalled(town, odile)

    assert [mail.to for mail in sent(town)] == ["amina.b@example.org", "amina@example.org", "nour@example.org"]
    (mail,) = sent(town, "recall_to_pass_on")  # as well, because neither of them confirmed an address
    assert (mail.to, codes_in(mail)) == (relais.email, {amina.code, nour.code})
    opened = await town.rows("select distinct subject_id from app.audit_entries where action = 'address.opened'")
    assert {row[0] for row in opened} == {amina.id, nour.id}


async def test_two_lots_of_one_title_can_be_told_apart_in_the_mails(town: Town) -> None:
    odile, marc = await town.an_admin(), await town.a_customer()
    lots = [await town.a_lot(gtin=AS_KEPT, batch=batch, title="Tartinade") for batch in ("L1", "L2")]
    await town.changes("update app.shops set name = 'Épicerie du Coin' where id = $1", lots[1].shop.id)
    for lot in lots:
        await marc.buys(lot)

    await recalled(town, odile)

    first, second = sorted(sent(town), key=lambda mail: "L2" in mail.text)
    day = f"Retrait : {written_day(lots[0].pickup_start.date(), 'fr')}"
    for mail, shop, batch in ((first, "Boulangerie du Marché", "L1"), (second, "Épicerie du Coin", "L2")):
        assert mail.subject == "Rappel : ne mangez pas « Tartinade »"
        for words in ("Tartinade", shop, batch, day, GTIN, REASON):
            assert words in mail.text, words
            assert words in mail.html, words
    assert "Épicerie" not in first.text
    assert "L1" not in second.text


async def test_supporters_are_told_by_code_who_has_no_confirmed_address(town: Town) -> None:
    relais, secours, odile = await town.an_association(), await town.an_association("Secours"), await town.an_admin()
    shop = await town.a_shop()
    food: dict[str, Any] = {"gtin": AS_KEPT, "batch": "L1", "shop": shop, "opens_in": timedelta(hours=-1)}
    lot, other_food = await town.a_free_lot(left=9, title="Tartinade", **food), await town.a_free_lot(shop=shop)
    taken: dict[str, Reservation] = {}
    people: dict[str, Beneficiary] = {}
    supporters: dict[str, Association] = {
        "Amina": relais,
        "Nour": relais,
        "Leila": relais,
        "Sami": secours,
        "Eva": odile,
    }
    for name, supporter in supporters.items():
        people[name] = await enrolled(town, supporter, name, email="leila@example.org" if name == "Leila" else None)
        taken[name] = await people[name].reserves(lot)
    unconcerned = await enrolled(town, relais, "Zoé")
    await unconcerned.reserves(other_food)
    await shop.merchant.hands_over(await people["Nour"].pass_for(taken["Nour"]))  # has the food already
    await town.changes("update app.accounts set locale = 'en', email_verified_at = null where id = $1", secours.id)

    await recalled(town, odile, batch="L1")

    assert [mail.to for mail in sent(town)] == ["leila@example.org"]  # who never confirmed it
    told = {mail.to: mail for mail in sent(town, "recall_to_pass_on")}
    assert {to: codes_in(mail) for to, mail in told.items()} == {
        str(relais.email): {people[name].code for name in ("Amina", "Nour", "Leila")},
        str(secours.email): {people["Sami"].code},
        str(odile.email): {people["Eva"].code},
    }
    assert told[str(relais.email)].subject == "Rappel de « Tartinade » : 3 personnes à prévenir"
    assert told[str(secours.email)].subject == 'Recall of "Tartinade": please tell one person'
    for mail in told.values():
        for words in ("Tartinade", "Boulangerie du Marché", "L1", GTIN, REASON):
            assert words in mail.text
        assert not [name for name in (*people, "Benali") if name in mail.text + mail.subject]


async def test_a_supporter_is_told_of_a_holder_with_an_unconfirmed_address(town: Town) -> None:
    relais, odile, lot = await town.an_association(), await town.an_admin(), await town.a_free_lot(gtin=AS_KEPT)
    amina, nour = await enrolled(town, relais, "Amina"), await enrolled(town, relais, "Nour")
    for holder, address in ((amina, "amina@example.org"), (nour, "nour@example.org")):
        await gives_own_address(town, holder, address)
        await holder.reserves(lot)
    await town.changes("update app.sealed_addresses set verified_at = now() where account_id = $1", nour.id)

    await recalled(town, odile)

    assert [mail.to for mail in sent(town)] == ["amina@example.org", "nour@example.org"]
    (mail,) = sent(town, "recall_to_pass_on")
    assert (mail.to, codes_in(mail)) == (relais.email, {amina.code})


async def test_recall_mails_to_supporters_do_not_tell_free_from_paid(town: Town) -> None:
    relais, odile, shop = await town.an_association(), await town.an_admin(), await town.a_shop()
    free, paid = await town.a_free_lot(shop=shop, gtin=AS_KEPT), await town.a_lot(shop=shop, gtin=AS_KEPT)
    amina, nour = await enrolled(town, relais, "Amina"), await enrolled(town, relais, "Nour")
    await amina.reserves(free)
    await nour.pays(await nour.reserves(paid))

    await recalled(town, odile)

    texts = {codes_in(mail).pop(): mail.text for mail in sent(town, "recall_to_pass_on")}
    assert texts[amina.code].replace(amina.code, "") == texts[nour.code].replace(nour.code, "")


async def test_a_merchant_learns_once_which_of_their_lots_are_recalled(town: Town) -> None:
    odile, marc, amina = await town.an_admin(), await town.a_customer(), await town.a_beneficiary()
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    first = await town.a_lot(shop=shop, gtin=AS_KEPT, batch="L1", title="Tartinade")
    await town.a_free_lot(shop=shop, gtin=AS_KEPT, title="Pâte à tartiner")
    await town.a_lot(shop=shop, gtin=AS_KEPT, batch="L9", title="Autre lot")
    given = await marc.gives(first, 1)
    await amina.reserves(await town.suspended_lot_of(first))
    await town.changes("update app.accounts set email_verified_at = null where id = $1", sophie.id)

    await recalled(town, odile, batch="L1")

    (mail,) = sent(town, "recall_for_shop")
    assert mail.to == sophie.email
    assert mail.text.count("Tartinade") == 1  # not the free lot beside it, where the gift was offered
    assert "Pâte à tartiner" in mail.text
    assert "Autre lot" not in mail.text
    assert not [word for word in ("offert", "gratuit", "suspendu", "0,00") if word in mail.text]
    assert await town.status_of(given) in ("given", "cancelled")


async def test_the_lot_of_a_withdrawn_reservation_is_named_in_full(town: Town) -> None:
    marc, lot = await town.a_customer(), await town.a_lot(batch="L2447A")
    await marc.buys(lot)
    await lot.shop.merchant.withdraws(lot)
    await town.worker_runs()

    (mail,) = sent(town, "lot_withdrawn")
    for words in ("Panier du soir", "Boulangerie du Marché", "12 place du Marché", "L2447A", "Retrait : "):
        assert words in mail.text


async def test_jobs_queued_by_the_release_before_still_tell_holders(town: Town) -> None:
    """They do not say which address is meant."""
    marc, odile, lot = await town.a_customer(), await town.an_admin(), await town.a_lot()
    held = await marc.reserves(lot)
    recall = await odile.posts("/admin/recalls", {"gtin": GTIN, "reason": REASON})
    await town.value(
        "select app.defer('recalls.tell_holder',"
        " jsonb_build_object('recall_id', $1::uuid, 'reservation_id', $2::uuid))",
        UUID(recall["id"]),
        held.id,
    )
    await town.worker_runs()

    assert [mail.to for mail in sent(town)] == [marc.email]
