-- Whether somebody gets the mails that they could do without: until they say that they do not want them.
create or replace function app.wants_notifications(account uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce((select c.given from app.consents c
                     where c.account_id = account and c.purpose = 'notifications' order by c.id desc limit 1), true);
end $$;
