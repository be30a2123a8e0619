"""Dates, numbers and sizes in both languages and the site's time zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from www.i18n import Formats

LATE = datetime(2026, 11, 22, 23, 5, tzinfo=UTC)
ENGLISH = Formats("en", ZoneInfo("UTC"))
CHINESE = Formats("zh-Hans", ZoneInfo("Asia/Shanghai"))


def test_dates():
    assert ENGLISH.date(LATE) == "22 November 2026"
    assert ENGLISH.short_date(LATE) == "22 Nov 2026"
    assert ENGLISH.date_time(LATE) == "22 November 2026, 23:05"
    assert CHINESE.date(LATE) == "2026年11月23日"
    assert CHINESE.short_date(LATE) == "2026-11-23"
    assert CHINESE.date_time(LATE) == "2026年11月23日 07:05"
    assert CHINESE.iso(LATE) == "2026-11-23T07:05:00+08:00"


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1500, "1.5 kB"),
        (9960, "10 kB"),
        (12_345, "12 kB"),
        (999_999, "1 MB"),
        (999_949, "1 MB"),
        (2**20, "1 MB"),
        (4 * 2**30, "4.3 GB"),
        (20 * 2**30, "21 GB"),
        (10**21, "1000 EB"),
    ],
)
def test_sizes(size_bytes, text):
    assert ENGLISH.size(size_bytes) == text


def test_numbers():
    assert ENGLISH.number(1234567) == "1,234,567"
