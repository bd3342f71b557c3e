"""What keeps a measurement from being made."""


class BenchError(Exception):
    """The measurement cannot go on; the message says what is wrong."""
