"""Let shops and associations present themselves to everybody, and be found by name, commune and place.

An association is public only if it chooses so, because the place of a shelter may have to stay secret.
"""

from alembic import op

revision = "2026_11_29_1530"
down_revision = "2026_11_29_1520"
branch_labels = None
depends_on = None


# As of app.shops.
OPENING_HOURS = """
    jsonb_typeof(opening_hours) = 'object'
    and opening_hours
        - array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] = '{}'
    and length(opening_hours::text) <= 4000
    and not jsonb_path_exists(opening_hours, 'strict $.* ? (@.type() != "array")', '{}', true)
    and not jsonb_path_exists(opening_hours, 'strict $.*[*] ? (!OPENING || OPENING is unknown)', '{}', true)
""".replace(
    "OPENING",
    """(
    @.type() == "object" && @.opens.type() == "string" && @.closes.type() == "string"
    && @.opens like_regex "^([01][0-9]|2[0-3]):[0-5][0-9]$"
    && @.closes like_regex "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
    && @.opens < @.closes)""",
)


def upgrade() -> None:
    op.execute(
        """
        set local lock_timeout = '10s';

        alter table app.shops
            add column description text not null default ''
                constraint shops_description_check check (char_length(description) <= 2000),
            add column photo_id uuid constraint shops_photo_id_fkey references app.photos,
            add column telephone text constraint shops_telephone_check
                check (telephone ~ '^[+]?[0-9][0-9 .()-]{4,24}$'),
            add column website text constraint shops_website_check
                check (website ~ '^https://[^[:space:]/?#@<>"\\\\]+([/?#][^[:space:]<>"\\\\]*)?$'
                       and char_length(website) <= 200),
            add column shows_impact boolean not null default false;
        create index shops_photo_id_idx on app.shops (photo_id) where photo_id is not null;
        create index shops_verified_place_idx on app.shops using gist (place) where status = 'verified';

        alter table app.associations
            add column is_public boolean not null default false,
            add column description text not null default ''
                constraint associations_description_check check (char_length(description) <= 2000),
            add column photo_id uuid constraint associations_photo_id_fkey references app.photos,
            add column opening_hours jsonb not null default '{}',
            add column latitude float8 constraint associations_latitude_check check (latitude between -85 and 85),
            add column longitude float8 constraint associations_longitude_check check (longitude between -180 and 180),
            -- Where a search finds it: its own coordinates, or else the centre of its commune.
            add column place point,
            add constraint associations_point_check check ((latitude is null) = (longitude is null));
        alter table app.associations add constraint associations_opening_hours_check check (HOURS);
        create index associations_photo_id_idx on app.associations (photo_id) where photo_id is not null;
        create index associations_public_place_idx on app.associations using gist (place)
            where status = 'verified' and is_public;

        -- The words of a name or of what somebody looks for, as in app.place_names: « St-Éloi » is « saint eloi ».
        create function app.name_words(written text) returns text[] language sql immutable parallel safe strict as $$
            select coalesce(array_agg(
                case w.word when 'st' then 'saint' when 'ste' then 'sainte' when 'sts' then 'saints'
                            when 'stes' then 'saintes' else w.word end order by w.at), '{}')
            from string_to_table(app.plain_text(written), ' ') with ordinality as w (word, at) where w.word <> ''
        $$;

        -- The keys that find a name, with their ranks: the whole name (0), the name without leading articles (1), and
        -- what follows from a later word on (2).
        create function app.name_keys(written text) returns table (key text, rank smallint)
        language sql immutable parallel safe strict as $$
            with words as (select app.name_words(written) as w)
            select left(array_to_string(w[at:], ' '), 120),
                   (case when at = 1 then 0
                         when w[1:at - 1] <@ array['le', 'la', 'les', 'l'] then 1 else 2 end)::smallint
            from words, generate_subscripts(w, 1) as at
            where at = 1
               or w[at] <> all ('{le,la,les,l,d,de,du,des,en,et,a,au,aux,sur,sous}')
            union all select '', 0::smallint from words where w = '{}'  -- found by its commune alone
        $$;
        comment on function app.name_words(text) is 'ground';
        comment on function app.name_keys(text) is 'ground';

        -- The keys of those that everybody may find. The commune is repeated here, so that a search reads one index.
        create table app.shop_names (
            shop_id uuid not null constraint shop_names_shop_id_fkey references app.shops,
            rank smallint not null constraint shop_names_rank_check check (rank between 0 and 2),
            key text collate "C" not null constraint shop_names_key_check check (key ~ '^[a-z0-9 ]*$'),
            insee_code text not null,
            constraint shop_names_pkey primary key (rank, key, shop_id)
        );
        create table app.association_names (
            association_id uuid not null constraint association_names_association_id_fkey references app.associations,
            rank smallint not null constraint association_names_rank_check check (rank between 0 and 2),
            key text collate "C" not null constraint association_names_key_check check (key ~ '^[a-z0-9 ]*$'),
            insee_code text,
            constraint association_names_pkey primary key (rank, key, association_id)
        );
        insert into app.shop_names (shop_id, rank, key, insee_code)
        select s.id, min(k.rank), k.key, s.insee_code
        from app.shops s cross join lateral app.name_keys(s.name) k
        where s.status = 'verified' group by s.id, k.key, s.insee_code;
        create index shop_names_shop_id_idx on app.shop_names (shop_id);
        create index shop_names_insee_code_idx on app.shop_names (insee_code, key, shop_id) where rank = 0;
        create index association_names_association_id_idx on app.association_names (association_id);
        create index association_names_insee_code_idx on app.association_names (insee_code, key, association_id)
            where rank = 0;
    """.replace("HOURS", OPENING_HOURS)
    )
