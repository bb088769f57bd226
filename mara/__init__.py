"""MARA: the operating console of a flexible-compute energy site."""
