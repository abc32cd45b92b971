-- Return accounts in the order of ids: all, or those that a text finds, of one role or state; erased ones are left out.
-- Called by GET /v1/admin/accounts, as an admin, to suspend or to help somebody. Up to `most` come after `beyond`.
-- The text is an e-mail address, a SIRET, a beneficiary code, the id of an account, or the first letters of words of a
-- shop's name. A beneficiary is found by code or id alone, and comes without name and address: an address must not tell
-- that somebody is one.
-- Definer, because each search is noted in the audit log, without its text. Only an admin gets through.
create or replace function app.find_accounts(
    words text, wanted_role text, wanted_status text, beyond uuid, most int,
    out id uuid, out role text, out status text, out status_reason text, out display_name text, out email text,
    out email_verified boolean, out code text, out association text, out shops jsonb, out created_at timestamptz)
returns setof record language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    bare    text := upper(regexp_replace(words, '\s', '', 'g'));
    way     text := case when words is null then 'list'
                         when bare like '%@%' then 'email'
                         when bare ~ '^[0-9]{4}-BEN-[0-9]{5}$' then 'code'
                         when bare ~ '^[0-9]{14}$' then 'siret'
                         when bare ~ '^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$' then 'id'
                         else 'shop' end;
    -- Prefixes of words without accents, for the index shops_name_idx. A text without a letter or digit finds nothing.
    starts  tsquery := (select string_agg(quote_literal(w.word) || ':*', ' & ')::tsquery
                        from regexp_split_to_table(
                            lower(translate(words, 'ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜàâäçéèêëîïôöùûü', 'AAACEEEEIIOOUUUaaaceeeeiioouuu')),
                            '[^[:alnum:]]+') as w (word) where w.word <> '');
    filters text := case way
        when 'email' then ' and lower(a.email) = lower($1) and a.role <> ''beneficiary'''
        when 'code' then ' and a.id = (select b.id from app.beneficiaries b where b.code = $1)'
        when 'id' then ' and a.id = $1::uuid'
        when 'siret' then ' and a.id = any (array(
            select s.owner_id from app.shops s where s.siret = $1 and s.status <> ''closed''
            union select c.owner_id from app.associations c where c.siret = $1))'
        when 'shop' then ' and a.id = any (array(
            select s.owner_id from app.shops s
            where to_tsvector(''pg_catalog.simple'', translate(s.name,
                ''ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜàâäçéèêëîïôöùûü'', ''AAACEEEEIIOOUUUaaaceeeeiioouuu'')) @@ $2 and s.status <> ''closed''))'
        else '' end
        || case when wanted_role is not null then ' and a.role = $3' else '' end
        || case when wanted_status is not null then ' and a.status = $4' else '' end
        || case when beyond is not null then ' and a.id > $5' else '' end;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    perform app.note('account.sought', 'account', null, jsonb_build_object('by', way));
    return query execute
        'select a.id, a.role, a.status, a.status_reason,
                case when a.role <> ''beneficiary'' then a.display_name end,
                case when a.role <> ''beneficiary'' then a.email end,
                a.role <> ''beneficiary'' and a.email_verified_at is not null,
                (select b.code from app.beneficiaries b where b.id = a.id),
                (select string_agg(c.name, '', '' order by c.id) from app.associations c where c.owner_id = a.id),
                coalesce((select jsonb_agg(jsonb_build_object(''id'', s.id, ''name'', s.name, ''siret'', s.siret,
                                                              ''status'', s.status) order by s.id)
                          from app.shops s where s.owner_id = a.id), ''[]''),
                a.created_at
         from app.accounts a where a.status <> ''erased''' || filters || ' order by a.id limit $6'
        using case way when 'email' then btrim(words) else bare end, starts, wanted_role, wanted_status, beyond, most;
end $$;
grant execute on function app.find_accounts(text, text, text, uuid, int) to authenticated;
