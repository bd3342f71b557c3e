"""The home's devices as websites see them: what is shared, how it is read, how it is commanded."""
