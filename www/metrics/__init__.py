"""Figures for Prometheus: requests, the database, the process; `Metrics` holds them together.

What grows with every request is counted here; everything else is asked when somebody looks.
"""

from www.metrics.metrics import Metrics

__all__ = ["Metrics"]
