"""The home's devices as websites see them: exposure, description, state and commands."""
