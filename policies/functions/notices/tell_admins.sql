-- Tell all admins that something waits for their decision: a shop, an association, a collector, a recall notice or a
-- problem report.
-- Called by own_shop, register_account, ask_admins and tell_admins_of_report. `about` is the person, with whom the notice
-- is erased. `once` is by default the subject: then they are told of it once.
-- Definer, because it reads accounts; only the owner may execute it.
create or replace function app.tell_admins(what text, subject uuid, name text, about uuid default null, once text default null)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(a.id, 'to_decide', jsonb_build_object('what', what, 'name', name), coalesce(once, subject::text), about, subject)
    from app.accounts a where a.role = 'admin' and a.status = 'active' order by a.id;
end $$;
