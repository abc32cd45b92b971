"""One plain form for every text that is searched and every search, the same on each Postgres whatever its locale.

The functions live here and not in policies/, because what they return is stored: whoever changes them has to compute
the words of all lots anew, in a migration.
"""

from alembic import op

revision = "2026_11_29_1020"
down_revision = "2026_11_29_1030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(r"""
        set local lock_timeout = '10s';

        -- A text's words in ASCII, lower case, with one space between them: "D’œufs – frais" is "d oeufs frais".
        -- ASCII, because what a letter is beyond it, and which is its small one, depends on the server's locale.
        -- The lists of Latin letters are those of the library anyascii, which a test compares. Letters of other scripts
        -- become words such as u431u43e, from their code points.
        create function app.plain_text(written text) returns text language plpgsql immutable parallel safe strict as $$
        declare
            plain   text := normalize(written, NFKD);
            several text[];
        begin
            if plain ~ '[^\x01-\x7f]' then
                -- Accents, and characters that nobody sees.
                plain := regexp_replace(plain, '[\u00ad\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f'
                    || '\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]', '', 'g');
                plain := translate(plain,
                    'ƧƨƼƽƄƅȺɅɐɑɒʌƀƁƂƃɃɓʙƇƈǀȻȼɕÐðĐđƉƊƋƌȡɖɗẟƎƏƐǝɆɇɘəɛɜƑƒɸƓƔǤǥɠɡɢɣʛĦħɦɧʜıƖƗɨɩɪɿʅȷɈɉɟʄʝƘƙʞ'
                    || 'ŁłƚƛȴȽɫɬɭʟɱƝƞȠȵɲɳɴ'
                    || 'ØøƆƟɔɞɵƤƥĸǃɊɋʗʠƦɌɍɹɺɻɼɽɾʀʁȿʂẜẝŦŧƫƬƭƮȶȾʇʈƱɄɤɷʉʊƲʋỼỽƜƿǷɯɰʍǁʖƳƴȜȝɎɏɥʎʏʮʯỾỿƍƵƶȤȥɀʐʑ'
                    || 'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣςΤΥΦΧΨΩАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЂЄЅІЈЉЊЋЏҐ',
                    '225566aaaaaabbbbbbbccccccddddddddddddeeeeeeeeeefffggggggggghhhhhiiiiiiiijjjjjjkkkllllllllllmnnnnnnn'
                    || 'oooooooppqqqqqqrrrrrrrrrrrssssttttttttttuuuuuuvvvvwwwwwwxxyyyyyyyyyyyyyzzzzzzzz'
                    || 'αβγδεζηθικλμνξοπρσστυφχψωабвгдежзиклмнопрстуфхцчшщъыьэюяђєѕіјљњћџґ');
                foreach several slice 1 in array array[
                    ['[Ææ]', 'ae'], ['[Œœɶʚ]', 'oe'], ['[ßẞ]', 'ss'], ['[Þþ]', 'th'], ['[Ŋŋ]', 'ng'], ['[Ʒƺʒʓ]', 'zh'],
                    ['[Ʃƪʃʆ]', 'sh'], ['[Ƣƣ]', 'gh'], ['[Ȣȣ]', 'ou'], ['[Ƕƕ]', 'hw'], ['[Ỻỻ]', 'll'], ['[ƻʣʥ]', 'dz'],
                    ['[ƾʦ]', 'ts'], ['ʧ', 'tsh'], ['ʤ', 'dzh'], ['ʨ', 'tc'], ['[ɚɝ]', 'er'], ['ɮ', 'lzh'], ['ʩ', 'fng'],
                    ['ʪ', 'ls'], ['ʫ', 'lz'], ['ʬ', 'ww'], ['ʘ', 'pc'], ['ǂ', 'qc'], ['ȸ', 'db'], ['ȹ', 'qp']]
                loop
                    plain := regexp_replace(plain, several[1], several[2], 'g');
                end loop;
                -- Signs, spaces, pictures: everything outside the blocks of letters that other scripts have.
                plain := regexp_replace(plain, '[\u0080-\u036f\u2000-\u2bff\u2e00-\u2e7f\u3000-\u303f\ue000-\uf8ff'
                    || '\ufe10-\ufe6f\uff00-\uffff\U0001d000-\U0001ffff]+', ' ', 'g');
                if plain ~ '[^\x01-\x7f]' then
                    select string_agg(case when sign <= '~' collate "C" then sign
                                           else 'u' || to_hex(ascii(sign)) end, '' order by place) into plain
                    from string_to_table(plain, null) with ordinality as signs (sign, place);
                end if;
            end if;
            return btrim(regexp_replace(lower(plain collate "C"), '[^a-z0-9]+', ' ', 'g'));
        end $$;

        -- A text as the French stemmer takes it. Without accents it would not know that "salee" is a form of "sale",
        -- nor that "a" is the "à" which it leaves out of every search.
        create function app.search_text(written text) returns text language sql immutable parallel safe strict as $$
            select regexp_replace(regexp_replace(app.plain_text(written), 'ee(s?)\M', 'e\1', 'g'), '\ma\M', '', 'g')
        $$;

        comment on function app.plain_text(text) is 'ground';
        comment on function app.search_text(text) is 'ground';
        grant execute on function app.plain_text(text), app.search_text(text) to authenticated;
        drop function app.without_accents(text);

        -- Lots that are over never come back into the search, so theirs may stay as they are.
        update app.lots l set words = n.words
        from (select o.id, to_tsvector('pg_catalog.french', app.search_text(o.title || ' ' || o.description)) as words
              from app.lots o where o.status not in ('withdrawn', 'recalled', 'ended')) n
        where l.id = n.id and l.words <> n.words;
    """)  # noqa: RUF001  letters that look alike are what it is about
