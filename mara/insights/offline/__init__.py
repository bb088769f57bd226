"""The offline stand-in: plain text composed from the facts, labelled as such."""
