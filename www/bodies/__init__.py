"""Request bodies of any size, poured into a function that runs in a thread.

Everybody who takes large bodies (forms with files, resumable uploads) asks `Bodies.pour`; where
the bytes come from is decided there. Reading, parsing, hashing and writing happen off the loop.
"""

from www.bodies.expecting import expect_later, send_continue
from www.bodies.lending import Lender
from www.bodies.pouring import Bodies, Feed, Room, TooLong

__all__ = ["Bodies", "Feed", "Lender", "Room", "TooLong", "expect_later", "send_continue"]
