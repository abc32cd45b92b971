"""Queries for figures. The database checks the period and sums it up in one statement."""

from datetime import date
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.figures.schemas import (
    FiguresOfShops,
    PlatformFigures,
    ShopDay,
    ShopFigures,
    ShopFiguresByItem,
    Step,
)
from backend.shops.queries import require_own

# As the caller: row-level security shows the lots that the shop listed, and agreements to owners only.
_DAY = text(
    """
    with here as (
        select s.id, date_trunc('day', app.clock() at time zone s.time_zone) at time zone s.time_zone as midnight
        from app.shops s where s.id = :shop)
    select json_build_object(
        'lots', (
            select coalesce(json_agg(n order by n.pickup_start, n.id), '[]')
            from (select l.id, l.title, l.kind, l.status, l.quantity, k.remaining, l.pickup_start, l.pickup_end,
                         coalesce(p.handed, 0) as handed, coalesce(p.awaited, 0) as awaited,
                         coalesce(p.late, '[]') as late
                  from app.lots l
                  join app.lot_stock k on k.lot_id = l.id
                  left join app.portions_of_lots(here.id, here.midnight, :lot) p on p.lot_id = l.id
                  where l.shop_id = here.id
                    and case when :lot is null then l.pickup_end > here.midnight
                                                    and l.status in ('published', 'paused', 'ended')
                        else l.id = :lot end
                  order by l.pickup_start, l.id limit 200) n),
        'to_do', (
            select coalesce(json_agg(json_build_object('kind', d.kind, 'id', d.id, 'title', d.title)
                                     order by d.place, d.id desc), '[]')
            from (select 1 as place, 'report' as kind, q.id, q.title
                  from app.problem_reports_seen(50, only_shop => here.id, only_status => 'open') q
                  union all
                  (select 2, 'recurring', g.id, g.title from app.recurring_listings g
                   where g.shop_id = here.id and g.active and g.last_problem is not null order by g.id limit 50)
                  union all
                  (select 3, 'agreement', a.id, n.name from app.agreements a
                   join app.associations n on n.id = a.association_id
                   where a.shop_id = here.id and a.status = 'proposed' order by a.id limit 50)
                  union all
                  (select 4, 'draft', l.id, l.title from app.lots l
                   where l.shop_id = here.id and l.status = 'draft' order by l.id desc limit 50)) d
            where :lot is null))
    from here
    """
).bindparams(bindparam("shop", type_=Uuid), bindparam("lot", type_=Uuid))


async def shop_figures(
    session: AsyncSession, shop_id: UUID, since: date | None, until: date | None, by: Step
) -> ShopFigures:
    """Return the figures of a shop. `since` and `until` are the first and the last day; None: the last 30 days.

    The database raises ShopNotFound and FiguresPeriodInvalid.
    """
    found = await call(session, "shop_figures", shop=shop_id, since=since, until=until, step=by)
    return ShopFigures.model_validate(found)


async def shop_figures_by_item(
    session: AsyncSession, shop_id: UUID, since: date | None, until: date | None, most: int
) -> ShopFiguresByItem:
    """Return the figures of a shop by item. The database raises ShopNotFound, PremiumNeeded, FiguresPeriodInvalid."""
    found = await call(session, "shop_figures_of_items", shop=shop_id, since=since, until=until, most=most)
    return ShopFiguresByItem.model_validate(found)


async def figures_of_own_shops(session: AsyncSession, since: date | None, until: date | None) -> FiguresOfShops:
    """Return the figures of the caller's shops with Premium.

    The database raises PremiumNeeded, FiguresPeriodInvalid.
    """
    return FiguresOfShops.model_validate(await call(session, "figures_of_own_shops", since=since, until=until))


async def shop_day(session: AsyncSession, shop_id: UUID, lot_id: UUID | None) -> ShopDay:
    """Return the day of a shop, or only one of its lots. Raises ShopNotFound unless the caller is owner or staff."""
    await require_own(session, shop_id, "staff")
    found = (await session.execute(_DAY, {"shop": shop_id, "lot": lot_id})).scalar_one()
    return ShopDay.model_validate(found)


async def platform_figures(session: AsyncSession, since: date | None, until: date | None, by: Step) -> PlatformFigures:
    """Return the figures of all shops and of the platform, as `shop_figures` does for one shop.

    The database raises FiguresPeriodInvalid.
    """
    found = await call(session, "admin_figures", since=since, until=until, step=by)
    return PlatformFigures.model_validate(found)
