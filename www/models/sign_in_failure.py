"""SignInFailure: how often something failed lately that is counted by `www.auth.throttle`."""

from datetime import datetime

from www.db import Column, Table


class SignInFailure(Table):
    """A counter behind the growing waits; `key` says of whom and where."""

    key = Column(str, max_length=200, primary_key=True)
    failures = Column(int, default=0)
    last_at = Column(datetime, index=True)
