from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiretell.errors import UsageError
from wiretell.sources.times import format_time, parse_duration, parse_time, parse_zone

NOON = datetime(2024, 4, 19, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("30s", 30),
        ("5m", 300),
        ("5min", 300),
        ("2h", 7200),
        ("1d", 86400),
        ("1.5 hours", 5400),
        ("0.1s", 0.1),
        ("250ms", 0.25),
    ],
)
def test_durations_have_units(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "5x", "-5m", "0", "m", "5 5", "1e9", "0.0000001s", "9" * 30 + "d"])
def test_what_is_no_duration_is_a_usage_error_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError, match="--interval") as caught:
        parse_duration(text)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "2024-04-19-12-00-00",
        "2024-04-19T12:00:00Z",
        "2024-04-19 14:00:00+02:00",
        "1713528000",
        "1713528000.0",
        "20240419T120000",
    ],
)
def test_times_are_read_in_three_ways(text: str) -> None:
    assert parse_time(text) == NOON


def test_a_time_without_offset_is_meant_in_the_zone() -> None:
    assert parse_time("2024-04-19-14-00-00", parse_zone("Europe/Berlin")) == NOON
    assert parse_time("1713528000", parse_zone("Europe/Berlin")) == NOON
    assert parse_time("2024-04-19", parse_zone("Europe/Berlin")) == NOON - timedelta(hours=14)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01-00-00-00", "2024-04-19-12-00", "1" * 30])
def test_what_is_no_time_is_a_usage_error_with_a_hint(text: str) -> None:
    with pytest.raises(UsageError, match="--max-time") as caught:
        parse_time(text, option="--max-time")
    assert caught.value.hint


def test_a_time_that_the_clocks_skip_is_told() -> None:
    with pytest.raises(UsageError, match="does not exist"):
        parse_time("2024-03-31-02-30-00", parse_zone("Europe/Berlin"))


def test_an_unknown_zone_is_told() -> None:
    for name in ("Nowhere/Else", "../etc", ""):
        with pytest.raises(UsageError, match="--tz"):
            parse_zone(name)


def test_times_are_shown_in_the_zone() -> None:
    assert format_time(NOON) == "2024-04-19 12:00:00"
    assert format_time(NOON, parse_zone("Asia/Kolkata")) == "2024-04-19 17:30:00"
    assert format_time(1_713_528_000_123_456_789, digits=6) == "2024-04-19 12:00:00.123456"
    assert format_time(1_713_528_000_999_999_999) == "2024-04-19 12:00:00"


def test_defect_12_without_a_zone_the_machine_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert parse_time("2024-04-19-12-00-00") == NOON
        assert format_time(NOON) == "2024-04-19 12:00:00"
        assert format_time(NOON, parse_zone("local")) == "2024-04-19 08:00:00"
        assert parse_time("2024-04-19-08-00-00", parse_zone("local")) == NOON
        assert parse_time("2024-01-19-07-00-00", parse_zone("local")) == datetime(2024, 1, 19, 12, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), ZoneInfo("Asia/Tokyo")]),
)
def test_what_is_shown_reads_back(moment: datetime, zone: timezone) -> None:
    assert parse_time(format_time(moment, zone, digits=6), zone) == moment
