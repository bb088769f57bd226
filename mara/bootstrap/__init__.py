"""The composition root: the only place that makes clocks, generators, clients, executors."""

from mara.bootstrap.platform import Platform, start_platform

__all__ = ["Platform", "start_platform"]
