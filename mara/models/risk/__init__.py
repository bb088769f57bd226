"""Risk of the site's margin: value at risk, its backtests, stress and contributions."""
