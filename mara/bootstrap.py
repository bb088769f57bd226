"""The composition root: the only place that makes clocks, generators, clients, executors."""
