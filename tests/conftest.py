"""What all tests share."""

import hypothesis

pytest_plugins = ("tests.actors", "tests.postgres", "tests.s3", "tests.clamd")

# Machines that run many things at once are slow by turns: an example has no deadline of its own.
hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")
