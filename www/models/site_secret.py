"""SiteSecret: random bytes that this site signs with; they never leave the server."""

from www.db import Column, Table


class SiteSecret(Table):
    """A secret by what it is for, drawn when it is first needed and the same for all processes."""

    name = Column(str, max_length=50, primary_key=True)
    value = Column(bytes, max_length=32)
