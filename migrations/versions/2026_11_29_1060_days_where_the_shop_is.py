"""Count days where the shop is, and a beneficiary's quota where their association is, instead of in Paris.

The zone follows from the INSEE code. Rows carry what acts compare: shops, associations and quotas their zone, lots the
moment at which their food date ends.
"""

from alembic import op

revision = "2026_11_29_1060"
down_revision = "2026_11_29_1091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- Returns the time zone of a commune by its INSEE code; Paris if there is none. Legal times: décret 2017-292.
        create function app.zone_of(insee_code text) returns text language sql immutable parallel safe as $$
            select case left(insee_code, 3)
                when '971' then 'America/Guadeloupe'
                when '972' then 'America/Martinique'
                when '973' then 'America/Cayenne'
                when '974' then 'Indian/Reunion'
                when '975' then 'America/Miquelon'
                when '976' then 'Indian/Mayotte'
                when '977' then 'America/Guadeloupe'  -- Saint-Barthélemy
                when '978' then 'America/Guadeloupe'  -- Saint-Martin
                when '984' then case insee_code
                    when '98413' then 'Indian/Reunion'  -- Crozet
                    when '98414' then 'Antarctica/DumontDUrville'
                    when '98415' then 'Indian/Reunion'  -- Îles Éparses, which lie on both sides of its border
                    else 'Indian/Kerguelen' end
                when '986' then 'Pacific/Wallis'
                when '987' then case
                    when insee_code in ('98718', '98723', '98731', '98746', '98756', '98757') then 'Pacific/Marquesas'
                    when insee_code = '98719' then 'Pacific/Gambier'
                    else 'Pacific/Tahiti' end
                when '988' then 'Pacific/Noumea'
                when '989' then 'Etc/GMT+8'  -- Clipperton: 8 hours behind UTC
                else 'Europe/Paris' end
        $$;
        -- A generated column uses it, so `ecopanier migrate` must not drop it.
        comment on function app.zone_of(text) is 'ground';
        grant execute on function app.zone_of(text) to authenticated;

        alter table app.shops
            add column time_zone text not null generated always as (app.zone_of(insee_code)) stored;
        alter table app.associations
            add column time_zone text not null generated always as (app.zone_of(insee_code)) stored,
            -- Since when it is not Paris. Months before it stay as they were counted and published.
            add column time_zone_since timestamptz;
        update app.associations set time_zone_since = now() where time_zone <> 'Europe/Paris';

        -- Kept by triggers and not generated: the zone is the shop's.
        alter table app.lots add column food_date_ends_at timestamptz;
        update app.lots l set food_date_ends_at = (l.food_date + 1)::timestamp at time zone s.time_zone
        from app.shops s where s.id = l.shop_id and l.food_date is not null;
        -- Windows on offer that would go on after the use-by date where the shop is end with it. Where nothing would be
        -- left of the window, nobody may collect: the worker gives back and tells, as for a shop that was suspended.
        update app.lots set
            status = case when pickup_start < food_date_ends_at or status = 'draft' then status else 'paused' end,
            pickup_start = least(pickup_start, food_date_ends_at - interval '1 minute'),
            pickup_end = food_date_ends_at,
            becomes_free_at = case when becomes_free_at < food_date_ends_at then becomes_free_at end,
            version = version + 1
        where date_kind = 'use_by' and status in ('draft', 'published', 'paused') and pickup_end > food_date_ends_at;
        alter table app.lots
            add constraint lots_food_date_ends_at_check check ((food_date is null) = (food_date_ends_at is null)),
            -- What is over stays as it was.
            drop constraint lots_use_by_check,
            add constraint lots_use_by_check check (
                date_kind <> 'use_by' or pickup_end <= food_date_ends_at
                or status in ('withdrawn', 'recalled', 'ended'));

        -- Where the day was begun: a beneficiary may come to an association in another zone.
        alter table app.free_portions add column time_zone text not null default 'Europe/Paris';
    """)
