"""Leaves on the standard library: each knows nothing of the rest."""
