"""Columns that several tables have."""

from datetime import UTC, datetime

from www.db import Column


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


class Timestamped:
    """When a row was made and last changed; whoever changes it sets `updated_at`."""

    created_at = Column(datetime, default=utc_now)
    updated_at = Column(datetime, default=utc_now)
