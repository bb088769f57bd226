"""The books: append-only, double entry, one atomic block a posting."""
