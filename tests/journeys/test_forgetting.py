"""What has had its time is forgotten, a bounded number of rows at a time, and nothing else is."""

from tests.town import Town


async def test_what_has_had_its_time_goes_and_the_rest_stays(town: Town) -> None:
    marc = await town.a_customer()
    for days in (1, 40, 50, 60):
        await town.changes(
            "with s as (insert into app.sessions (account_id, created_at)"
            " values ($1, now() - make_interval(days => $2))"
            " returning id) insert into app.refresh_tokens (token_hash, session_id, expires_at)"
            " select sha256($3), id, now() + make_interval(days => 30 - $2) from s",
            marc.id,
            days,
            str(days).encode(),
        )
        await town.changes(
            "insert into app.idempotency_keys (scope, key, fingerprint, busy_until, created_at)"
            " values ($1, $2, '', now(), now() - make_interval(days => $3))",
            marc.id,
            f"key {days}",
            days,
        )

    # Two of each kind at a time: tokens and keys first, the sessions they leave behind as they become free.
    went = []
    while gone := await town.value("select app.prune(2)"):
        went.append(gone)

    assert len(went) > 1
    assert sum(went) == 9
    assert await town.value("select count(*) from app.sessions") == 1
    assert await town.value("select count(*) from app.refresh_tokens") == 1
    assert await town.value("select array_agg(key) from app.idempotency_keys") == ["key 1"]
