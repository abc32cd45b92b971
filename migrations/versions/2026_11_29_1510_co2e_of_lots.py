"""Keep with each lot how much CO2e one portion saves: an estimate by the factor in force when the lot is written.

Lots of the time before get the factor that was in force when they were published. The cards are made anew at the end
of the migration.
"""

from alembic import op

revision = "2026_11_29_1510"
down_revision = "2026_11_29_1421"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.lots add column co2e_grams bigint;

        -- The migration has dropped the triggers, so this fires none.
        update app.lots l
        set co2e_grams = coalesce(l.weight_grams, m.value)::bigint * (
            select f.co2e_grams_per_meal from app.impact_factors f
            where (f.category is null or f.category = l.category)
            order by f.valid_from > (coalesce(l.published_at, now()) at time zone 'Europe/Paris')::date,
                     f.category nulls last, f.valid_from desc, f.id desc limit 1) / m.value
        from app.settings m where m.name = 'meal_grams';

        alter table app.lots alter column co2e_grams set not null;
    """)
