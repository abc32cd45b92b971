-- Let no recalled food be published, not even while its recall is being issued: that holds the number's lock alone,
-- publications share it until they end. One that meets a recall under way does not wait for it, because the recall may
-- be waiting for the very lot; it is refused and may be tried again.
create or replace function app.refuse_recalled(wanted_gtin text, wanted_batch text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not pg_try_advisory_xact_lock_shared(hashtextextended('recall ' || wanted_gtin, 0)) then
        raise exception 'try_again' using errcode = 'EP503';
    end if;
    if app.is_recalled(wanted_gtin, wanted_batch) then raise exception 'lot.recalled' using errcode = 'EP409'; end if;
end $$;
