"""Add indexes for lists of admins and of a shop's lots, and check the form of opening hours."""

from alembic import op

revision = "2026_11_22_0950"
down_revision = "2026_11_22_0940"
branch_labels = None
depends_on = None

OPENING = """(
    @.type() == "object" && @.opens.type() == "string" && @.closes.type() == "string"
    && @.opens like_regex "^([01][0-9]|2[0-3]):[0-5][0-9]$"
    && @.closes like_regex "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
    && @.opens < @.closes)"""


def upgrade() -> None:
    op.execute(f"""
        set local lock_timeout = '10s';

        create index associations_status_idx on app.associations (status, id);
        create index collectors_status_idx on app.collectors (status, id);
        -- Without this index the planner reads all of lots_words_idx for a shop's lots on offer, because its condition
        -- matches.
        create index lots_on_offer_idx on app.lots (shop_id, id) where status = 'published';

        -- Per weekday a list of {{opens, closes}} as HH:MM. The API checks that they do not overlap.
        alter table app.shops add constraint shops_opening_hours_check check (
            jsonb_typeof(opening_hours) = 'object'
            and opening_hours
                - array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] = '{{}}'
            and length(opening_hours::text) <= 4000
            and not jsonb_path_exists(opening_hours, 'strict $.* ? (@.type() != "array")', '{{}}', true)
            and not jsonb_path_exists(
                opening_hours, 'strict $.*[*] ? (!{OPENING} || {OPENING} is unknown)', '{{}}', true));
    """)
