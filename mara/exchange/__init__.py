"""A stand-alone local server that speaks the MARA event API."""
