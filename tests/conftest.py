"""What all tests share."""

import hypothesis

pytest_plugins = ("tests.actors", "tests.postgres", "tests.s3", "tests.clamd")

# Machines that run many things at once are slow by turns: an example has no deadline of its own.
# The same examples each time, so that what fails has failed by the change that is tested;
# `make test-random` looks for new ones.
hypothesis.settings.register_profile("random", deadline=None, print_blob=True, max_examples=1000)
hypothesis.settings.register_profile("house", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.load_profile("house")
