"""The one error that every reader of a title raises."""

from __future__ import annotations

ADVICE = "Check the address, or ask whoever serves the title to check the playlist."
NOT_YET = "Choose another title, or another version of this one."
PROTECTED = "Play it where its keys are, or choose a title without protection."


class PresentationError(Exception):
    """A title that cannot be read or is not supported yet. `advice` says what to do next."""

    def __init__(self, message: str, advice: str = ADVICE) -> None:
        super().__init__(message)
        self.advice = advice
