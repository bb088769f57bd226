"""A local market and site server that speaks the MARA event API, for demonstrations and tests."""
