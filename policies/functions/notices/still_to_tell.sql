-- Return whether the mail of a notice is still worth sending: what it says may be over when the mail server works again.
-- Called by delivery_to_send. The notice in the app stays.
-- Definer, because it reads everybody's rows; only the owner may execute it.
create or replace function app.still_to_tell(notice app.notices) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case
        when notice.event in ('reservation_confirmed', 'pickup_reminder') then exists (
            select from app.reservations r join app.lots l on l.id = r.lot_id
            where r.id = notice.subject and r.status = 'confirmed' and l.pickup_end > app.clock())
        when notice.event = 'portion_kept' then exists (
            select from app.waiting w where w.id = notice.subject and w.status = 'offered')
        when notice.event in ('problem_reported', 'allergen_reported') then exists (
            select from app.problem_reports q join app.members m on m.shop_id = q.shop_id
            where q.id = notice.subject
              and (notice.event = 'allergen_reported' or q.answered_at is null and q.decided_at is null)
              and m.account_id = notice.account_id and m.role in ('owner', 'staff'))
        when notice.event in ('shop_decided', 'association_decided', 'collector_decided') then not exists (
            select from app.decisions d join app.decisions later on later.subject_id = d.subject_id and later.id > d.id
            where d.id = notice.subject)
        when notice.event = 'right_ends' then
            app.right_to_remind_of(notice.account_id) is not distinct from (notice.facts ->> 'until')::date
        when notice.event in ('transfer', 'transfer_of_yours') then exists (
            select from app.transfers t where t.id = notice.subject
              and t.status = case when (notice.facts ->> 'accepted')::boolean then 'accepted' else 'pending' end)
        when notice.event = 'refund_failed' then not exists (
            select from accounting.corrections c join accounting.corrections later
                on later.payment_id = c.payment_id and later.id > c.id
            where c.id = (notice.facts ->> 'correction')::bigint)
        when notice.event = 'to_decide' and notice.facts ->> 'what' = 'recall' then exists (
            select from app.recall_matches m where m.notice_id = notice.subject and m.decided_at is null)
        when notice.event = 'collection_asked' then exists (
            select from app.collections c where c.id = notice.subject and c.status = 'requested')
        when notice.event = 'tour_offered' then exists (
            select from app.tours t
            where t.id = notice.subject and t.status = 'proposed' and t.collector_id = notice.account_id)
        when notice.event = 'tour_open' then exists (
            select from app.tours t where t.id = notice.subject and t.status = 'proposed' and t.collector_id is null)
        when notice.event in ('collection_accepted', 'collection_scheduled', 'collection_postponed') then exists (
            select from app.collections c
            where c.id = notice.subject and c.status in ('requested', 'accepted', 'scheduled')
              and c.window_end > app.clock())
        else true end;
end $$;
