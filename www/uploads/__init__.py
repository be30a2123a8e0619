"""Files that come in over many requests: tus 1.0.0 and the IETF's draft, on one core."""
