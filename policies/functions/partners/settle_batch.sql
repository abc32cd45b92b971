-- Count what is left of a batch and return it. When nothing is, the batch is done, and whoever enrols people for the
-- association is told if some of them are enrolled elsewhere (`more_elsewhere`, added up).
-- The webhooks of the client's organisation are told that people were accepted, and that people were refused; who is
-- enrolled elsewhere changes neither.
-- Called by enrol_batch, under the lock of the batch. Only the owner may execute it. Locks: those of notify.
create or replace function app.settle_batch(batch uuid, more_elsewhere int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    left_ int := (select count(*) from key_vault.partner_people i where i.batch_id = batch and i.outcome is null);
    done  app.partner_batches;
begin
    update app.partner_batches x
    set elsewhere = x.elsewhere + more_elsewhere,
        status = case when left_ = 0 then 'done' else 'queued' end,
        ended_at = case when left_ = 0 then app.clock() end
    where x.id = batch returning * into done;
    if left_ = 0 and done.elsewhere > 0 then
        perform app.notify(m.account_id, 'enrolled_elsewhere', t.facts, batch::text)
        from (select jsonb_build_object('people', done.elsewhere, 'client', c.name, 'organisation', o.name) as facts
              from app.api_clients c join app.organisations o on o.id = c.organisation_id where c.id = done.client_id) t,
             (select n.account_id from app.members n
              where n.association_id = done.association_id and n.role in ('owner', 'staff') and n.account_id is not null
              order by n.account_id) m;
    end if;
    if left_ = 0 then
        perform app.tell_webhooks('organisation', c.organisation_id, 'beneficiary.' || o.outcome || '.v1',
                                  '/v1/partners/batches/' || batch)
        from app.api_clients c, (select distinct i.outcome from key_vault.partner_people i where i.batch_id = batch) o
        where c.id = done.client_id;
    end if;
    return left_;
end $$;
