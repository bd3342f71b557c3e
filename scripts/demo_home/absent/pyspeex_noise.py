"""Stands in for pyspeex-noise, which has no wheel for this Python: the demo home has no microphone to clear."""


class AudioProcessor:
    """Never made: no audio reaches it."""
