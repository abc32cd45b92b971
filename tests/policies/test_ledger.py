"""The ledger in SQL: one act posts, once and balanced, nobody changes it, and commissions are rounded as agreed."""

from uuid import uuid4

import asyncpg
import pytest

from tests.town import Town

POST = """
    select app.post($1, $2, null, now(), array(
        select app.ledger_account(k) from unnest($3::text[]) with ordinality x (k, n) order by n), $4)
"""


@pytest.mark.parametrize(
    ("amount", "basis_points", "least", "commission", "vat"),
    [
        (399, 1000, 30, 40, 8),
        (405, 1000, 30, 41, 8),  # 40.5 is rounded up
        (810, 1000, 30, 81, 16),
        (1197, 1000, 30, 120, 24),
        (599, 1000, 30, 60, 12),
        (200, 1000, 30, 30, 6),  # the least commission
        (50, 1000, 30, 30, 6),
        (36, 1000, 30, 30, 6),  # all of it
        (35, 1000, 30, 29, 6),
        (3, 1000, 30, 2, 0),  # no commission and its VAT come to 3 cents
        (399, 0, 0, 0, 0),
        (399, 5000, 0, 200, 40),
    ],
)
async def test_a_commission_is_rounded_half_up_within_the_price(
    lasting_town: Town, amount: int, basis_points: int, least: int, commission: int, vat: int
) -> None:
    (said,) = await lasting_town.rows("select * from app.commission_of($1, $2, $3)", amount, basis_points, least)
    assert tuple(said) == (commission, vat)


async def test_a_commission_with_its_vat_never_exceeds_the_price(lasting_town: Town) -> None:
    wrong = await lasting_town.rows("""
        select a, c.* from generate_series(1, 3000) a, unnest(array[0, 1, 30, 500]) l, app.commission_of(a, 1000, l) c
        where c.commission + c.vat > a or c.vat <> round(c.commission / 5.0) or c.commission < 0
           -- Nor is it less than was agreed while there is room for one cent more.
           or c.commission < greatest(round(a / 10.0), l) and c.commission + 1 + round((c.commission + 1) / 5.0) <= a
    """)
    assert wrong == []


@pytest.mark.parametrize("parts", [[405, 405], [1, 808, 1], [270, 270, 270]])
async def test_shares_of_refunds_come_to_the_whole(lasting_town: Town, parts: list[int]) -> None:
    so_far, given_back = 0, []
    for part in parts:
        given_back.append(
            await lasting_town.value(
                "select app.share_of(81, $2, 810) - app.share_of(81, $1, 810)", so_far, so_far + part
            )
        )
        so_far += part
    assert sum(given_back) == 81
    if parts == [405, 405]:
        assert given_back == [41, 40]


async def test_a_posting_is_written_once_by_kind_and_source(town: Town) -> None:
    first = await town.value(POST, "sale", "pi_1", ["stripe", "held"], [399, -399])
    assert await town.value(POST, "sale", "pi_1", ["stripe", "held"], [500, -500]) == first
    assert await town.value(POST, "refund", "pi_1", ["held", "stripe"], [399, -399]) != first
    assert await town.value("select sum(cents) from accounting.lines where posting_id = $1 and cents > 0", first) == 399
    assert await town.value("select count(*) from accounting.postings") == 2


async def test_a_posting_of_nothing_is_not_written(town: Town) -> None:
    assert await town.value(POST, "sale", "pi_1", ["stripe", "held"], [0, 0]) is None
    assert await town.value(POST, "sale", "pi_1", ["stripe", "stripe"], [5, -5]) is None
    assert await town.value("select count(*) from accounting.postings") == 0


@pytest.mark.parametrize(("accounts", "cents"), [(["stripe", "held"], [399, -398]), (["stripe"], [1])])
async def test_a_posting_that_does_not_balance_is_refused(town: Town, accounts: list[str], cents: list[int]) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="balance"):
        await town.value(POST, "sale", "pi_1", accounts, cents)
    assert await town.value("select count(*) from accounting.postings") == 0


async def test_each_book_balances_by_itself(town: Town) -> None:
    shop, other = uuid4(), uuid4()
    across = "select app.post('payout', 'po_1', null, now(), array[{}], '{{351,-351}}')"
    for accounts in (
        "app.ledger_account('connected', $1, 'shop'), app.ledger_account('earned', $2, 'shop')",  # two shops' books
        "app.ledger_account('bank'), app.ledger_account('connected', coalesce($1::uuid, $2::uuid), 'shop')",
    ):
        with pytest.raises(asyncpg.CheckViolationError, match="balance"):
            await town.value(across.format(accounts), shop, other)
    one = "coalesce($1::uuid, $2::uuid), 'shop'"
    within = f"app.ledger_account('connected', {one}), app.ledger_account('earned', {one})"
    assert await town.value(across.format(within), shop, other) is not None


async def test_lines_need_an_account_and_come_with_their_posting(town: Town) -> None:
    posting = await town.value(POST, "sale", "pi_1", ["stripe", "held"], [399, -399])
    later = "insert into accounting.lines select $1, id, cents from accounting.ledger_accounts join (values"
    more = later + " ('vat', 5), ('fees', -5)) as x (kind, cents) using (kind)"
    with pytest.raises(asyncpg.CheckViolationError, match="balance"):
        await town.changes(more, posting)
    with pytest.raises(asyncpg.CheckViolationError, match="balance"):
        await town.value("select app.post('sale', 'pi_3', null, now(), '{-1,-2}', '{5,-5}')")


@pytest.mark.parametrize(
    "statement",
    [
        "update accounting.lines set cents = cents + 1",
        "delete from accounting.lines",
        "truncate accounting.lines",
        "update accounting.postings set source = 'x'",
        "delete from accounting.postings",
        "truncate accounting.postings cascade",
        "update accounting.ledger_accounts set kind = 'held'",
        "delete from accounting.ledger_accounts",
        "truncate accounting.ledger_accounts",
    ],
)
async def test_nobody_changes_the_ledger_not_even_its_owner(town: Town, statement: str) -> None:
    await town.value(POST, "sale", "pi_1", ["stripe", "held"], [399, -399])
    with pytest.raises(asyncpg.PostgresError, match=r"record.append_only|foreign key"):
        await town.changes(statement)
    assert await town.value("select sum(abs(cents)) from accounting.lines") == 798


async def test_control_without_the_trigger_a_posting_need_not_balance(town: Town) -> None:
    await town.changes("alter table accounting.lines disable trigger check_lines")
    await town.value(POST, "sale", "pi_1", ["stripe", "held"], [399, -398])
    assert await town.value("select sum(cents) from accounting.lines") == 1
