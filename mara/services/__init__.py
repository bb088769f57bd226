"""Use cases, one file a tab: all that pages, API and command line call."""
