"""Who is let in: grants, their tokens, and the private store that keeps them."""
