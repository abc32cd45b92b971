"""Members of a shop: what owners, staff and readers may do there, until they are removed."""

from datetime import timedelta

from tests.town import Merchant, Shop, Town, refused


async def _joins(town: Town, person: Merchant, shop: Shop, role: str) -> None:
    await town.rows(
        "insert into app.members (shop_id, account_id, role, joined_at) values ($1, $2, $3, now())",
        shop.id,
        person.id,
        role,
    )


async def test_staff_publish_and_hand_over_until_they_are_removed(town: Town) -> None:
    lea, amina = await town.a_merchant("Léa"), await town.a_customer()
    shop = await town.a_shop()
    await _joins(town, lea, shop, "staff")

    listed = await lea.lists(shop)
    lot = await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5))
    shown = await amina.pass_for(await amina.buys(lot))
    await lea.hands_over(shown)
    other = await amina.pass_for(await amina.buys(lot))
    await town.rows("delete from app.members where account_id = $1", lea.id)

    assert (await lea.tries_to_hand_over(other)).code == "pass.unknown"
    assert (await refused(lea.lists(shop))).code == "shop.not_found"
    assert (await refused(lea.posts(f"/lots/{listed['id']}/withdraw"))).code == "lot.not_found"


async def test_readers_see_a_shops_figures_and_publish_nothing(town: Town) -> None:
    lea, amina = await town.a_merchant("Léa"), await town.a_customer()
    shop = await town.a_shop()
    await _joins(town, lea, shop, "reader")
    lot = await town.a_lot(shop=shop, opens_in=-timedelta(minutes=5))
    shown = await amina.pass_for(await amina.buys(lot))

    assert (await lea.gets(f"/impact/shops/{shop.id}"))["meals"] == 0
    assert (await refused(lea.lists(shop))).code == "shop.not_found"
    assert (await lea.tries_to_hand_over(shown)).code == "pass.unknown"
    assert (await refused(lea.posts(f"/lots/{lot.id}/withdraw"))).code == "lot.not_found"


async def test_registering_a_shop_makes_its_owner_a_member(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = await sophie.registers_shop()

    [member] = await town.rows("select account_id, role from app.members where shop_id = $1::text::uuid", shop["id"])

    assert (member["account_id"], member["role"]) == (sophie.id, "owner")
