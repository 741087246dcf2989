"""The one exception that a person can cause and mend."""


class InvalidInput(ValueError):
    """What was asked for cannot be done: the message names it, its value and the remedy."""
