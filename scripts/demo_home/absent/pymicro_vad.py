"""Stands in for pymicro-vad, which has no wheel for this Python: the demo home has no microphone to listen to."""


class MicroVad:
    """Never made: no audio reaches it."""
