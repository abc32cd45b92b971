-- Tell the owners of the association and of the organisation that a mandate was granted, or has ended.
-- Called by grant_mandate and end_mandate. Only the owner may execute it. Locks: those of notify.
create or replace function app.tell_mandate(mandate uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(m.account_id, 'mandate_changed', t.facts, mandate::text || (t.facts ->> 'granted'))
    from (select x.association_id, c.organisation_id, jsonb_build_object(
                     'granted', x.ended_at is null, 'association', a.name, 'organisation', o.name, 'client', c.name) as facts
          from app.mandates x
          join app.associations a on a.id = x.association_id
          join app.api_clients c on c.id = x.client_id
          join app.organisations o on o.id = c.organisation_id
          where x.id = mandate) t
    join lateral (select distinct n.account_id from app.members n
                  where (n.association_id = t.association_id or n.organisation_id = t.organisation_id)
                    and n.role = 'owner' and n.account_id is not null order by n.account_id) m on true;
end $$;
