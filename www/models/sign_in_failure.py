"""SignInFailure: how often a sign-in failed lately, per account name and per address."""

from datetime import datetime

from www.db import Column, Table


class SignInFailure(Table):
    """A counter behind the growing waits; `key` is `name:...` or `address:...`."""

    key = Column(str, max_length=200, primary_key=True)
    failures = Column(int, default=0)
    last_at = Column(datetime, index=True)
