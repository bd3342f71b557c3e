"""A reference website for Interphone: accounts, places, pairing by the code on the home's display, control."""
