"""Meters of the whole system, and of what it is compared with. Run by `scripts/bench`."""
