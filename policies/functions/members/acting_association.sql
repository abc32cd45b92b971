-- Return the association for which the caller acts with at least this role (`reader`, `staff` or `owner`); null if they
-- have this role at none.
-- Called by acts and routes that do not name somebody or something of one association. Whoever has the role at several
-- says which they mean (`?association=`, the setting app.association); EP422 if they do not, EP404 if they have not
-- the role where they say.
-- Definer, because nobody may read members; it tells the caller about themselves only.
create or replace function app.acting_association(at_least text) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    named  uuid := nullif(current_setting('app.association', true), '')::uuid;
    theirs uuid[] := array(select app.associations_of(app.caller(), at_least));
begin
    if named is null then
        if cardinality(theirs) > 1 then raise exception 'association.which' using errcode = 'EP422'; end if;
        return theirs[1];
    end if;
    if named <> all (theirs) then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    return named;
end $$;
grant execute on function app.acting_association(text) to authenticated;
