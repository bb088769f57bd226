"""Claude as a narrator: the only package that imports the SDK, and only when it is used."""
