"""The administrators' door: people, invitations, and the log of what administrators did."""
