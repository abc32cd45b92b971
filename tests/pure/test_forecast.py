"""The forecast of the next collection at a point, on made-up pasts."""

from datetime import date, timedelta

from backend.collection_points.forecast import METHODS, Past, backtested, by_rates, by_reports, forecast

MONDAY = date(2026, 9, 7)


def every(days: int, grams: int, times: int) -> list[tuple[date, int]]:
    return [(MONDAY + timedelta(days=days * n), grams) for n in range(times)]


def test_too_few_collections_forecast_nothing() -> None:
    told = forecast(Past(every(7, 9000, 2), [], None), MONDAY + timedelta(days=9))

    assert (told.due_on, told.grams, told.method, told.mean_error_days, told.mean_error_grams) == (None,) * 5


def test_a_steady_rhythm_is_forecast_without_error() -> None:
    past = Past(every(5, 20_000, 12), [], None)

    told = forecast(past, past.collections[-1][0] + timedelta(days=1))

    assert told.due_on == past.collections[-1][0] + timedelta(days=5)
    assert (told.grams, told.method, told.mean_error_days, told.mean_error_grams) == (20_000, "rates", 0.0, 0)


def test_the_quantity_is_as_wrong_as_it_was_in_the_past() -> None:
    grams = [10_000, 10_000, 10_000, 10_000, 16_000, 10_000]
    past = Past([(MONDAY + timedelta(days=7 * n), one) for n, one in enumerate(grams)], [], None)

    told = forecast(past, past.collections[-1][0] + timedelta(days=1))

    # 10 kg were foreseen each time, and once there were 16: wrong by 0, 6 and 0 kg.
    assert (told.grams, told.mean_error_grams) == (10_000, 2_000)


def test_fixed_weekdays_beat_rates() -> None:
    days = [MONDAY + timedelta(days=7 * n + more) for n in range(6) for more in (0, 3)]  # Mondays and Thursdays
    past = Past([(day, 10_000 + 3_000 * (n % 3)) for n, day in enumerate(days)], [], None)

    told = forecast(past, days[-1] + timedelta(days=1))

    assert (told.method, told.due_on) == ("weekday", days[-1] + timedelta(days=4))
    assert backtested(METHODS["weekday"], past) < backtested(METHODS["rates"], past)  # type: ignore[operator]


def test_one_unusual_week_hardly_moves_the_forecast_by_rates() -> None:
    steady = every(6, 12_000, 9)
    unusual = [*steady[:-1], (steady[-1][0], 48_000)]
    last = steady[-1][0]

    assert by_rates(Past(unusual, [], None), last) == by_rates(Past(steady, [], None), last)


def test_a_report_since_the_last_collection_says_when_it_is_full() -> None:
    emptied = MONDAY
    past = Past([(emptied, 30_000)], [(emptied + timedelta(days=3), 50)], 60_000)

    assert by_reports(past, emptied + timedelta(days=3)) == emptied + timedelta(days=6)


def test_a_report_from_before_the_last_collection_is_ignored() -> None:
    past = Past([(MONDAY, 30_000)], [(MONDAY - timedelta(days=1), 90)], 60_000)

    assert by_reports(past, MONDAY + timedelta(days=1)) is None


def test_a_point_that_is_overdue_is_due_today() -> None:
    past = Past(every(5, 20_000, 8), [], None)
    today = past.collections[-1][0] + timedelta(days=20)

    assert forecast(past, today).due_on == today
