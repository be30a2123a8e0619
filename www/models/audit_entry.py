"""AuditEntry: what an administrator did, and when."""

from datetime import datetime

from www.db import Column, Table
from www.models.mixins import utc_now
from www.models.user import User


class AuditEntry(Table, name="audit_entries"):
    """One action; the actor's name stays readable when the account is gone."""

    id = Column(int, primary_key=True, autoincrement=True)
    actor_id = Column(
        int, nullable=True, references=lambda: User.id, on_delete="set null", index=True
    )
    actor_name = Column(str, max_length=64)
    action = Column(str, max_length=50)
    target = Column(str, max_length=200)
    at = Column(datetime, default=utc_now)
