"""The composition root: the only place that makes clocks, generators, clients, executors.

Nothing is imported here: a worker process that needs one module of it does not load all.
"""
