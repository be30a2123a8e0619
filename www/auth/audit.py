"""The audit log: one row for everything that an administrator does to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from www.models import AuditEntry, User

if TYPE_CHECKING:
    from datetime import datetime

    from www.db import Connection


async def note(conn: Connection, actor: User, action: str, target: str, *, now: datetime) -> None:
    """Write down that `actor` did `action` to `target`, in the transaction that does it."""
    entry = AuditEntry(
        actor_id=actor.id, actor_name=actor.name, action=action, target=target[:200], at=now
    )
    await conn.insert(entry)
