"""Pairing: a code that the home's displays show is typed into a website, which is then granted access."""
