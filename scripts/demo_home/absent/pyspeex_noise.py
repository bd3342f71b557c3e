"""Replaces pyspeex-noise, which has no wheel for this Python. The demo home processes no audio."""


class AudioProcessor:
    """Never instantiated: no audio is processed."""
