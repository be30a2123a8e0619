"""Accounts: register, sign in and out, one-time links, the profile and the devices of a person."""
