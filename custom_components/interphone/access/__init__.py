"""Authorisation: grants, their tokens, and the private store that keeps them."""
