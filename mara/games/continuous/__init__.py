"""Games of sites in one market, with quantities for strategies."""
