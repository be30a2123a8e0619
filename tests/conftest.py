"""What all tests share."""

import hypothesis

from tests.actors import admin, alice, app, bob, client, engine, make_actor, server, settings  # noqa: F401  fixtures
from tests.postgres import postgres  # noqa: F401  a fixture too

# Machines that run many things at once are slow by turns: an example has no deadline of its own.
hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")
