"""Homes of entities as they are reported of other systems, through REST."""
