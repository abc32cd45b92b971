-- Report what was wrong with a reservation of the caller's, once; return the report.
-- Called by POST /v1/reservations/{reservation_id}/problem-report. The time runs from the pickup or, if nothing was
-- collected, from the end of the window; a closed door can be reported from the beginning of the window on. Owners and
-- staff of the shop are told, and admins at once of an allergen. Nothing that the shop reads of it depends on the kind
-- of the lot.
-- Definer, because nobody may write reports: only about the caller's own reservation.
-- Locks: the shop if its door was closed, so that of several reports at once each counts the others; its lots if they
-- pause (pause_shop); then the photo (policies/LOCKS.md). A unique constraint refuses a second report.
create or replace function app.report_problem(
    reservation uuid, wanted_kind text, said text, photo uuid default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    holder uuid := app.caller();
    r      app.reservations;
    l      app.lots;
    listed uuid;
    made   app.problem_reports;
begin
    select x.* into r from app.reservations x
    where x.id = reservation and x.account_id = holder and x.purpose = 'collect';
    if not found then raise exception 'reservation.not_found' using errcode = 'EP404'; end if;
    select y.* into l from app.lots y where y.id = r.lot_id;
    listed := coalesce(l.suspended_from, l.id);
    if wanted_kind = 'closed' then
        perform from app.shops s where s.id = l.shop_id for no key update;
        select x.* into r from app.reservations x where x.id = reservation;
    end if;

    if r.status not in ('confirmed', 'picked_up', 'no_show') and not (r.status = 'cancelled' and r.ended_because = 'holder_late'
                                                                      and r.ended_at >= l.pickup_start) then
        raise exception 'reservation.over' using errcode = 'EP409';
    end if;
    if r.status = 'picked_up' and wanted_kind = 'closed' or r.status <> 'picked_up' and wanted_kind in ('quality', 'allergen') then
        raise exception 'problem_report.kind_does_not_fit' using errcode = 'EP409';
    end if;
    if r.status = 'confirmed' and moment < l.pickup_start then
        raise exception 'problem_report.too_early' using errcode = 'EP409';
    end if;
    if moment > (case r.status when 'picked_up' then r.ended_at else l.pickup_end end)
                + make_interval(hours => app.setting_int('report_hours')) then
        raise exception 'problem_report.too_late' using errcode = 'EP409';
    end if;

    -- Before the report is written: writing it locks the lot's row for its foreign key, and lots are locked in order.
    if wanted_kind = 'closed' then perform app.pause_if_closed(l.shop_id, holder); end if;

    insert into app.problem_reports
        (reservation_id, account_id, lot_id, shop_id, kind, words, photo_id, reported_at, answer_by)
    values (r.id, holder, listed, l.shop_id, wanted_kind, said, photo, moment,
            moment + make_interval(hours => app.setting_int('report_answer_hours')))
    returning * into made;
    if photo is not null then
        -- A photo that a lot shows is public, so no report may use it.
        update app.photos p set used = true
        where p.id = photo and p.account_id = holder and p.status = 'kept' and not p.used;
        if not found then raise exception 'problem_report.photo_unknown' using errcode = 'EP422'; end if;
    end if;

    perform app.note('problem_report.made', 'problem_report', made.id, jsonb_build_object('kind', wanted_kind));
    perform app.notify(m.account_id,
                       case wanted_kind when 'allergen' then 'allergen_reported' else 'problem_reported' end,
                       jsonb_build_object('lot', app.lot_told(listed), 'kind', wanted_kind, 'answer_by', made.answer_by),
                       made.id::text, holder, made.id)
    from app.members m
    where m.shop_id = l.shop_id and m.role in ('owner', 'staff') and m.account_id is not null
    order by m.account_id;
    if wanted_kind = 'allergen' then perform app.tell_admins_of_report(made.id); end if;
    return made.id;
end $$;
grant execute on function app.report_problem(uuid, text, text, uuid) to authenticated;
