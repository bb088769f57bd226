"""How good forecasts are: errors, intervals, tests of difference, rolling evaluation."""
