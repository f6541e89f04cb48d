"""Numbers as people read them."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.hand_made import T0_US
from wiretell.cli.progress import line
from wiretell.reports.blocks import pairs
from wiretell.reports.console import console
from wiretell.reports.numbers import clock, count, duration, many, moment, rate, share, span, volume, window_start
from wiretell.reports.sparkline import bars, columns


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (99_999, "99,999"), (100_000, "100 k"), (1_812_345, "1.81 M"), (999_999, "1.00 M")],
)
def test_counts_are_whole_up_to_a_hundred_thousand(value: float, text: str) -> None:
    assert count(value) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.50 kB"), (918_300_000, "918 MB")])
def test_volumes_have_decimal_units(value: float, text: str) -> None:
    assert volume(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0, "0 bit/s"), (-0.0, "0 bit/s"), (1_000_000, "1.00 Mbit/s"), (999_600, "1.00 Mbit/s")],
)
def test_a_rate_is_decimal_and_never_minus_zero(value: float | None, text: str) -> None:
    assert rate(value) == text


def test_a_small_share_is_not_nothing() -> None:
    assert [share(value) for value in (0.0, 0.0001, 0.3333, 1.0)] == ["0.0%", "<0.1%", "33.3%", "100.0%"]


def test_durations_say_their_two_largest_units() -> None:
    seconds = (0, 0.0123, 3.5, 71, 3600, 3725, 90_000)
    texts = ["0 s", "12.3 ms", "3.5 s", "1 min 11 s", "1 h", "1 h 2 min", "1 d 1 h"]
    assert [duration(value) for value in seconds] == texts


def test_times_are_in_the_zone_and_say_it() -> None:
    assert moment(T0_US, UTC) == "2026-11-21 09:00:00 UTC"
    assert moment(T0_US, ZoneInfo("America/New_York")) == "2026-11-21 04:00:00 EST"
    assert span(T0_US, T0_US + 60_000_000) == "2026-11-21 09:00:00 – 09:01:00 UTC"
    assert span(T0_US, T0_US + 1_500_000) == "2026-11-21 09:00:00.000 – 09:00:01.500 UTC"
    assert span(T0_US - 1, T0_US + 36 * 10**8).startswith("2026-11-21 08:59:59 – 10")
    assert span(None, None) == "no traffic"


def test_a_window_is_told_to_the_minute_or_as_exactly_as_it_begins() -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    starts = [noon, noon + timedelta(seconds=10), noon + timedelta(seconds=0.5)]
    assert [clock(start) for start in starts] == ["12:00", "12:00:10", "12:00:00.500000"]
    assert window_start(noon, ZoneInfo("Europe/Berlin"), named=True) == "2026-11-21 13:00 CET"


def test_a_time_that_no_calendar_has_is_said_in_seconds() -> None:
    assert "after 1970" in moment(2**62)


def test_one_is_singular() -> None:
    assert (many(1, "flow"), many(2, "flow"), many(0, "flow")) == ("1 flow", "2 flows", "0 flows")


def test_a_sparkline_shows_the_highest_full_and_nothing_blank() -> None:
    heights = columns([(0, 1.0), (9, 8.0)], 0, 10, 5)
    assert heights == [1.0, 0, 0, 0, 8.0]
    assert bars(heights) == "▂   █"
    assert bars([]) == ""


def test_the_progress_line_says_share_rate_and_time_left() -> None:
    text = line(25, 100, 5000, 1.0)
    assert " 25%" in text
    assert "5,000/s" in text
    assert "3 s left" in text
    assert "%" not in line(25, None, 5000, 1.0)


def test_a_line_never_ends_between_a_number_and_its_unit() -> None:
    text = "IPv4 839 k, fragments 915 first, 1,262 later, don't-fragment bit 781 k, 43.1 MB at 5.84 Mbit/s, 1 h 32 min"
    for width in range(32, 120):
        shown = console(io.StringIO(), width)
        with shown.capture() as capture:
            shown.print(pairs([("Network", text)], width))
        lines = [line.strip() for line in capture.get().splitlines()]
        assert " ".join(lines).split() == ["Network", *text.split()]
        assert not [line for line in lines if re.match(r"(k|MB|Mbit/s|h|min)\b", line)], width
