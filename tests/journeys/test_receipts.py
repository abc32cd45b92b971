"""A customer's receipt: the shop as seller, for whoever paid alone, frozen once it was read."""

import io

import pypdfium2

from tests.town import Town


def words(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in pages).split())


async def test_a_buyer_reads_their_receipt(town: Town) -> None:
    lot = await town.a_lot(price_cents=405)
    await town.changes("update app.shops set legal_name = 'Müller et fils', food_vat_bp = 550")
    marc = await town.a_customer()
    bought = await marc.buys(lot, 2)
    answer = await marc.asks("GET", f"/reservations/{bought.id}/receipt.pdf")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "attachment" in answer.headers["content-disposition"]
    text = words(answer.content)
    siret = await town.value("select siret from app.shops")
    spaced = f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}"
    for said in (
        "Müller et fils",
        spaced,
        "12 place du Marché, 67000 Strasbourg",
        "Panier du soir",
        "8,10 €",
        "TVA 5,5 %",
    ):
        assert said in text, said
    assert "Facture" not in text

    # It is frozen: whatever the shop is called later, the same bytes.
    await town.changes("update app.shops set legal_name = 'Autre nom'")
    again = await marc.asks("GET", f"/reservations/{bought.id}/receipt.pdf")
    assert again.content == answer.content
    stored = await town.rows("select sha256, stored_at from accounting.documents")
    assert len(stored) == 1


async def test_a_refund_makes_a_new_receipt(town: Town) -> None:
    lot = await town.a_lot(price_cents=405)
    marc = await town.a_customer()
    bought = await marc.buys(lot)
    first = await marc.asks("GET", f"/reservations/{bought.id}/receipt.pdf")
    await marc.cancels(bought)
    await town.worker_runs()
    second = await marc.asks("GET", f"/reservations/{bought.id}/receipt.pdf")
    assert "Remboursé" not in words(first.content)
    assert "Remboursé" in words(second.content)
    assert "-4,05 €" in words(second.content)


async def test_a_donor_reads_the_receipt_of_a_gift(town: Town) -> None:
    lot = await town.a_lot(price_cents=405)
    marc = await town.a_customer()
    given = await marc.gives(lot)
    answer = await marc.asks("GET", f"/reservations/{given.id}/receipt.pdf")
    assert "Lot suspendu" in words(answer.content)


async def test_others_and_free_lots_get_the_same_refusal(town: Town) -> None:
    lot = await town.a_lot()
    marc, lea, amina = await town.a_customer(), await town.a_customer("Léa"), await town.a_beneficiary()
    bought, held = await marc.buys(lot), await lea.reserves(lot)
    free = await amina.reserves(await town.a_free_lot())
    given = await marc.gives(lot)
    refusals = [
        await person.asks("GET", f"/reservations/{reservation}/receipt.pdf")
        for person, reservation in (
            (lea, bought.id),
            (lea, held.id),
            (amina, free.id),
            (amina, given.id),
            (lot.shop.merchant, bought.id),
            (await town.an_admin(), bought.id),
            (marc, "01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4"),
        )
    ]
    bodies = [{**answer.json(), "instance": None} for answer in refusals]
    assert all(answer.status_code == 404 for answer in refusals)
    assert all(body["code"] == "document.not_found" for body in bodies)
    assert len({str({**body, "request_id": None}) for body in bodies}) == 1
    assert await town.value("select count(*) from accounting.documents") == 0


async def test_a_shop_sees_no_receipt_among_its_papers(town: Town) -> None:
    lot = await town.a_lot()
    marc = await town.a_customer()
    bought = await marc.buys(lot)
    await marc.asks("GET", f"/reservations/{bought.id}/receipt.pdf")
    document = await town.value("select id from accounting.documents")
    merchant = lot.shop.merchant
    assert (await merchant.gets(f"/shops/{lot.shop.id}/documents"))["data"] == []
    assert (await merchant.asks("GET", f"/documents/{document}.pdf")).status_code == 404
    for person in (merchant, await town.an_admin(), marc):
        async with town.sql_as(person) as sql:
            assert await sql.fetchval("select count(id) from accounting.documents") == 0
