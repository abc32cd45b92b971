-- Refuse to publish food that is recalled, or whose recall is being issued at this moment.
-- Called by the trigger guard_lot. With `lenient`, for a lot that was on offer already and for the gifts beside it, a
-- notice of the public feed counts only if it certainly names the food: an admin is asked about the others.
-- Definer, because it answers whoever writes a lot; only the owner may execute it.
-- Locks: an advisory lock on the trade number, shared among publications until they end; issue_recall and
-- take_recall_notice take it alone. A publication that meets a recall under way is refused (EP503, to be tried again)
-- instead of waiting, because the recall may be waiting for the very same lot.
create or replace function app.refuse_recalled(
    wanted_gtin text, wanted_batch text, wanted_date date, lenient boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not pg_try_advisory_xact_lock_shared(hashtextextended('recall ' || wanted_gtin, 0)) then
        raise exception 'try_again' using errcode = 'EP503';
    end if;
    if app.is_recalled(wanted_gtin, wanted_batch, wanted_date, lenient) then
        raise exception 'lot.recalled' using errcode = 'EP409';
    end if;
end $$;
