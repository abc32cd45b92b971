-- Return whether an account gets mails that are not necessary: yes, unless its latest consent says no.
-- Called by open_address. Definer, because it reads consents; only the owner may execute it.
create or replace function app.wants_notifications(account uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce((select c.given from app.consents c
                     where c.account_id = account and c.purpose = 'notifications' order by c.id desc limit 1), true);
end $$;
