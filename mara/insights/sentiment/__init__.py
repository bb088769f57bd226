"""What headlines mean to a buyer of power: a lexicon classifier, and an index over time."""
