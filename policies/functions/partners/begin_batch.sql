-- Begin a batch of people whom an API client sends; return its id, the association that it enrols them for, the day there
-- and an id for the account of each, because what is sealed is bound to it. `wanted`: that association; null if the client has one mandate.
-- Called by POST /v1/partners/beneficiaries, in the transaction that fills the batch. Raises what require_client raises,
-- EP403 without a mandate in force, EP422 if the client has several and names none.
-- Definer, because nobody may write batches; only the API may execute it.
create or replace function app.begin_batch(
    client uuid, wanted uuid, how_many int, out batch uuid, out association uuid, out today date, out ids uuid[])
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    theirs uuid[];
begin
    perform app.require_client(client, 'beneficiaries:enrol');
    theirs := array(select m.association_id from app.mandates m
                    where m.client_id = client and m.ended_at is null and app.association_works(m.association_id));
    association := coalesce(wanted, theirs[1]);
    if association is null or association <> all (theirs) then
        raise exception 'mandate.missing' using errcode = 'EP403';
    end if;
    if wanted is null and cardinality(theirs) > 1 then raise exception 'mandate.which' using errcode = 'EP422'; end if;
    insert into app.partner_batches (client_id, association_id, people, created_at)
    values (client, association, how_many, app.clock()) returning id into batch;
    today := app.local_day(app.clock(), (select a.time_zone from app.associations a where a.id = association));
    ids := app.new_account_ids(how_many);
    perform app.note('batch.begun', 'association', association,
                     jsonb_build_object('batch', batch, 'api_client', client, 'people', how_many));
end $$;
grant execute on function app.begin_batch(uuid, uuid, int) to ecopanier_api;
