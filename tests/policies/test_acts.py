"""Who may perform which act on whose data: each act of `acts.md` is executed as each person."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.reservations.passes import new_code
from tests.policies.readable import table_in
from tests.policies.scene import Scene, two_of_everybody
from tests.town import Association, Lot, Person, Town
from tests.town.databases import API, Connection, become

ACTS = {row["act"]: row for row in table_in("acts.md", "act", "customer")}
PEOPLE = [column for column in next(iter(ACTS.values())) if column != "act"]

# The API calls these as itself, with the caller's id; it calls all others with the caller's identity.
OF_THE_API = (
    "reserve a discounted lot",
    "reserve a free lot",
    "reserve a draft",
    "hand over",
    "keep a diet",
)


@dataclass(frozen=True)
class Things:
    """The data that the acts of the table act on; all belong to the first side of the scene."""

    scene: Scene
    discounted: Lot
    free: Lot
    draft: Lot
    of_customer: UUID
    of_beneficiary: UUID
    ready: str
    """The code of a pass whose window is open."""
    photo: UUID
    sold_out: Lot
    kept: UUID
    """The customer's place in a waiting list, with a portion kept for them."""
    gift: UUID
    place: UUID = field(default_factory=uuid4)
    """The customer's saved place."""
    proposed: UUID = field(default_factory=uuid4)
    """An agreement of the association that awaits a decision."""
    coming: UUID = field(default_factory=uuid4)
    """An agreement of the association whose document is not uploaded yet."""
    unagreed: UUID = field(default_factory=uuid4)
    """A shop without an agreement."""
    moving: UUID = field(default_factory=uuid4)
    """A beneficiary of the association for whom no transfer has been asked yet."""
    transfer: UUID = field(default_factory=uuid4)
    """A pending transfer of the scene's beneficiary to the second side's association."""
    notice: UUID = field(default_factory=uuid4)
    """A recall notice that may name the draft."""
    of_open: UUID = field(default_factory=uuid4)
    """A reservation of the beneficiary's whose window is open."""
    report: UUID = field(default_factory=uuid4)
    """A problem report of the customer's, which the merchant can answer."""

    def statement(self, act: str, who: Person) -> tuple[str, list[object]]:
        """Return an act's SQL and its arguments. The SQL gives one value; for `hand over`, a problem's code or null."""
        first = self.scene.first
        reserve = "select null from app.reserve($1, $2, 1, $3, '', $4)"
        lots = {"a discounted lot": self.discounted, "a free lot": self.free, "a draft": self.draft}
        if act.startswith("reserve "):
            return reserve, [who.id, lots[act.removeprefix("reserve ")].id, str(uuid4()), new_code()]
        statements: dict[str, tuple[str, list[object]]] = {
            "cancel the customer's": ("select app.cancel_reservation($1)", [self.of_customer]),
            "cancel the beneficiary's": ("select app.cancel_reservation($1)", [self.of_beneficiary]),
            "renew the beneficiary's pass": ("select app.renew_pass($1, $2)", [self.of_beneficiary, new_code()]),
            "wait for a free lot": ("select app.join_waiting($1, 1)", [self.sold_out.id]),
            "take what is kept for the customer": (
                "select null from app.take_offer($1, $2)",
                [self.kept, new_code()],
            ),
            "leave the customer's place": ("select app.leave_waiting($1)", [self.kept]),
            "hand the beneficiary's pass": (
                "select app.hand_pass($1, sha256($2::bytea), $3)",
                [self.of_beneficiary, uuid4().bytes, new_code()],
            ),
            "take back the beneficiary's": ("select app.take_back_pass($1, $2)", [self.of_beneficiary, new_code()]),
            "hand over": ("select problem from app.pick_up($1, $2, true)", [who.id, self.ready]),
            "suspend portions": (
                "select null from app.suspend_lot($1, 1, 'refund')",
                [self.discounted.id],
            ),
            "choose for the gift": ("select app.choose_if_unclaimed($1, 'move', null)", [self.gift]),
            "withdraw the lot": ("select app.withdraw_lot($1)", [self.discounted.id]),
            "begin a draft": ("select shop from app.begin_draft($1, true)", [self.discounted.shop.id]),
            "keep a draft": (
                "select app.keep_draft($1, $2, 'local', null, '{}', now())",
                [self.discounted.shop.id, self.photo],
            ),
            "enrol a beneficiary": (
                "select * from app.enrol_beneficiaries("
                "app.new_account_ids(1), array['2029-01-01'::date], array[null::int],"
                " array['\\x00'::bytea], array[sha256('A')], array[sha256('A')], 1, array['\\x00'::bytea], 'k',"
                " array[$1::bytea])",
                [uuid4().bytes],
            ),
            "verify the beneficiary": (
                "select app.set_beneficiary_status($1, 'verified')",
                [first["beneficiary"].id],
            ),
            "suspend the beneficiary": (
                "select app.set_beneficiary_status($1, 'suspended')",
                [first["beneficiary"].id],
            ),
            "erase the beneficiary": ("select app.erase_beneficiary($1)", [first["beneficiary"].id]),
            "renew the beneficiary": (
                "select app.renew_beneficiary($1, current_date + 300)",
                [first["beneficiary"].id],
            ),
            "make the beneficiary's card": (
                "select code from app.issue_cards(array[$1::uuid], array[sha256('B')])",
                [first["beneficiary"].id],
            ),
            "revoke the beneficiary's card": ("select app.revoke_card($1)", [first["beneficiary"].id]),
            "register a kiosk": ("select app.register_kiosk('Gare', sha256('C'))", []),
            "revoke the association's kiosk": ("select app.revoke_kiosk($1)", [first["association"].id]),
            "add a station": ("select app.add_station($1, 'Caisse', sha256('S'))", [self.discounted.shop.id]),
            "renew the activation": ("select app.renew_activation($1, $2)", [first["beneficiary"].id, uuid4().bytes]),
            "correct the person": (
                "select app.correct_person($1, 3, 'sealed', sha256('B'), sha256('B'), 1)",
                [first["beneficiary"].id],
            ),
            "transfer the beneficiary": (
                "select app.ask_transfer($1, $2)",
                [self.moving, self.scene.second["association"].id],
            ),
            "accept the transfer": ("select app.end_transfer($1, 'accepted')", [self.transfer]),
            "withdraw the transfer": ("select app.end_transfer($1, 'withdrawn')", [self.transfer]),
            "begin an import": ("select app.begin_import(1)", []),
            "verify the shop": ("select app.decide_shop($1, 'verified', null)", [self.discounted.shop.id]),
            "verify the association": (
                "select app.decide_association($1, 'verified', null)",
                [first["association"].id],
            ),
            "verify the collector": ("select app.decide_collector($1, 'verified', null)", [first["collector"].id]),
            "suspend the customer": ("select app.suspend_account($1, 'reported')", [first["customer"].id]),
            "change settings": ("select app.change_settings('{\"hold_minutes\": 5}', null)", []),
            "begin an agreement": (
                "select app.begin_agreement($1, current_date, null)",
                [self.unagreed],
            ),
            "propose the agreement": ("select app.propose_agreement($1, 1000)", [self.coming]),
            "confirm the agreement": ("select app.decide_agreement($1, 'confirmed')", [self.proposed]),
            "decline the agreement": ("select app.decide_agreement($1, 'declined')", [self.proposed]),
            "end the agreement": ("select app.end_agreement($1)", [self.proposed]),
            "find accounts": ("select count(*) from app.find_accounts(null, null, null, null, 9)", []),
            "find lots": ("select count(*) from app.find_lots(null, null, null, null, null, null, 9)", []),
            "see what to decide": ("select app.to_decide(9) is not null", []),
            "follow the shop": ("select app.add_favourite($1)", [self.discounted.shop.id]),
            "set the alert of the customer's": ("select app.set_alert($1, 500, '{}', null, 2)", [self.place]),
            "keep a diet": ("select app.keep_diet($1, 'sealed')", [who.id]),
            "take down the lot": ("select app.take_down_lot($1, 'reported')", [self.discounted.id]),
            "recall food": ("select lots from app.recall_food('03017620422003', null, 'Listeria')", []),
            "decide about a notice": (
                "select app.decide_recall_notice($1, true, '{}')",
                [self.notice],
            ),
            "report the beneficiary's": (
                "select app.report_problem($1, 'closed', 'x')",
                [self.of_open],
            ),
            "answer the report": ("select app.answer_problem($1, 'sorry', null, 'x')", [self.report]),
            "decide the report": ("select app.decide_problem($1, 'sorry', null, 'x')", [self.report]),
            "read the shop's reports": (
                "select count(*) from app.problem_reports_seen(1, null, null, $1)",
                [self.discounted.shop.id],
            ),
            "read figures of reports": ("select count(*) from app.problem_report_figures(null, null, null, 9)", []),
            "resume the shop": ("select app.resume_shop($1)", [self.discounted.shop.id]),
            "restore the customer": ("select app.restore_account($1, 'cleared up')", [first["customer"].id]),
        }
        return statements[act]


@pytest.fixture(scope="module")
async def things(lasting_town: Town) -> Things:
    town = lasting_town
    scene = await two_of_everybody(town)
    await town.changes("update app.settings set value = 9 where name = 'free_portions_per_day'")
    merchant = scene.first["merchant"]
    shop = (await town.a_lot()).shop
    await town.changes("update app.shops set owner_id = $1 where id = $2", merchant.id, shop.id)
    await town.changes("update app.members set account_id = $1 where shop_id = $2", merchant.id, shop.id)
    discounted, free = await town.a_lot(shop=shop), await town.a_free_lot(shop=shop)
    open_now = await town.a_free_lot(shop=shop, opens_in=timedelta(hours=-1))
    async with town.copy.connection(API) as api:
        of_customer, _ = await _reserved(api, scene.first["customer"], discounted)
        of_beneficiary, _ = await _reserved(api, scene.first["beneficiary"], free)
        of_open, ready = await _reserved(api, scene.first["beneficiary"], open_now)
        async with api.transaction():
            await become(api, scene.first["customer"].id)
            gift = await api.fetchval("select reservation_id from app.suspend_lot($1, 1, 'refund')", discounted.id)
    draft = await town.a_lot(shop=shop, status="draft")
    photo = await town.value("insert into app.photos (account_id) values ($1) returning id", merchant.id)
    sold_out = await town.a_free_lot(shop=shop)
    await town.changes("update app.lot_stock set remaining = 0 where lot_id = $1", sold_out.id)
    kept = await town.value(
        "insert into app.waiting (lot_id, account_id, quantity, status, offered, offer_until)"
        " values ($1, $2, 1, 'offered', 1, app.clock() + interval '15 minutes') returning id",
        discounted.id,
        scene.first["customer"].id,
    )
    await town.changes("update app.lot_stock set remaining = remaining - 1 where lot_id = $1", discounted.id)
    association = scene.first["association"]
    proposed = await town.an_agreement(association, shop.id)
    coming = await town.an_agreement(association, (await town.a_shop()).id, status="coming")
    unagreed = (await town.a_shop()).id
    assert isinstance(association, Association)
    moving = await town.a_beneficiary("Moving", association=association)
    transfer = await town.value(
        "update app.transfers set to_association_id = $1 where from_association_id = $2 returning id",
        scene.second["association"].id,
        association.id,
    )
    notice = await town.value(
        "insert into app.recall_notices (number, version, published_at, title, reason, names, fades_at, read_at)"
        " values ('asked', 0, now(), 'Tartinade', 'Listeria', '', now(), now()) returning id"
    )
    await town.changes(
        "insert into app.recall_matches (notice_id, lot_id, because, found_at) values ($1, $2, 'name', now())",
        notice,
        draft.id,
    )
    report = await town.value(
        "insert into app.problem_reports"
        " (reservation_id, account_id, lot_id, shop_id, kind, words, reported_at, answer_by)"
        " values ($1, $2, $3, $4, 'other', '-', now(), now() + interval '1 day') returning id",
        of_customer,
        scene.first["customer"].id,
        discounted.id,
        shop.id,
    )
    place = await town.value("select id from app.saved_places where account_id = $1", scene.first["customer"].id)
    mine = (scene, discounted, free, draft, of_customer, of_beneficiary, ready, photo, sold_out, kept, gift)
    return Things(
        *mine,
        place=place,
        moving=moving.id,
        transfer=transfer,
        notice=notice,
        proposed=proposed,
        coming=coming,
        unagreed=unagreed,
        of_open=of_open,
        report=report,
    )


async def _reserved(api: Connection, holder: Person, lot: Lot) -> tuple[UUID, str]:
    code = new_code()
    reservation: UUID = await api.fetchval(
        "select reservation_id from app.reserve($1, $2, 1, $3, '', $4)", holder.id, lot.id, str(uuid4()), code
    )
    return reservation, code


def person(scene: Scene, column: str) -> Person:
    return scene.second[column.removeprefix("other ")] if column.startswith("other ") else scene.first[column]


async def outcome(town: Town, things: Things, act: str, who: Person) -> str:
    """Perform the act as this person, roll it back, and return `ok` or the problem's code."""
    statement, arguments = things.statement(act, who)
    async with town.sql_as(who) as connection:
        if act in OF_THE_API:
            await connection.execute(
                "select set_config('role', 'none', true), set_config('request.jwt.claims', '', true)"
            )
        try:
            returned = await connection.fetchval(statement, *arguments)
        except asyncpg.PostgresError as refusal:
            assert (refusal.sqlstate or "").startswith("EP"), refusal  # noqa: PT017 - any other error is a failure
            return str(refusal)
    return returned if act == "hand over" and returned else "ok"


@pytest.mark.parametrize("act", ACTS)
async def test_an_act_answers_each_person_as_the_table_says(lasting_town: Town, things: Things, act: str) -> None:
    found = {column: await outcome(lasting_town, things, act, person(things.scene, column)) for column in PEOPLE}

    assert found == {column: ACTS[act][column] for column in PEOPLE}


@pytest.mark.parametrize("act", [act for act in ACTS if act not in OF_THE_API])
async def test_an_act_without_an_identity_is_denied(lasting_town: Town, things: Things, act: str) -> None:
    statement, arguments = things.statement(act, things.scene.first["admin"])
    async with lasting_town.sql_as(None) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval(statement, *arguments)


@pytest.mark.parametrize("act", ACTS)
async def test_a_suspended_person_is_refused_every_act_at_once(lasting_town: Town, things: Things, act: str) -> None:
    allowed = [column for column in PEOPLE if ACTS[act][column] == "ok"]
    for column in allowed:
        who = person(things.scene, column)
        await lasting_town.changes("update app.accounts set status = 'suspended' where id = $1", who.id)
        try:
            assert await outcome(lasting_town, things, act, who) != "ok", column
        finally:
            await lasting_town.changes("update app.accounts set status = 'active' where id = $1", who.id)


@pytest.mark.parametrize(
    ("fault", "act"),
    [
        ("caller_role() returns text", "verify the shop"),
        ("is_current_beneficiary(account uuid) returns boolean", "reserve a free lot"),
    ],
)
async def test_control_an_act_that_checks_no_role_is_noticed(town: Town, fault: str, act: str) -> None:
    answer = "'admin'" if "text" in fault else "true"
    await town.changes(
        f"create or replace function app.{fault} language plpgsql stable security definer"
        f" set search_path = pg_catalog, pg_temp as $$ begin return {answer}; end $$"
    )
    scene = await two_of_everybody(town)
    lot = await town.a_free_lot()
    things = Things(scene, lot, lot, lot, uuid4(), uuid4(), "", uuid4(), lot, uuid4(), uuid4())
    await town.changes("update app.beneficiaries set status = 'pending'")
    await town.changes("update app.settings set value = 9 where name = 'free_portions_per_day'")

    asking = scene.first["beneficiary" if "free" in act else "customer"]
    assert await outcome(town, things, act, asking) == "ok"
