"""Replaces pymicro-vad, which has no wheel for this Python. The demo home processes no audio."""


class MicroVad:
    """Never instantiated: no audio is processed."""
