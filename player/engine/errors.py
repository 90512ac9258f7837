"""What can end a session. Everything else is recovered from on the way, and told as a `Problem`."""

from __future__ import annotations

from abr.checked import ControllerFailed
from player.engine.snapshot import Problem


class SessionError(Exception):
    """The session can't go on.

    SessionError
    |- ContentUnreadable  the manifest or the media is not what it should be, on every edge; another title may play
    |- NetworkGone        nothing was reached for `give_up_s`; the same title plays once the network is back
    |- BroadcastStalled   a live title has stopped growing and nobody waits for it; it may go on later
    |- ControllerBroken   a controller of others raised, or answered what is no answer; another one would play
    `- NotAuthorised      the authorisation ran out and could not be renewed; the viewer signs in again
    """

    code = "session"

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    @property
    def problem(self) -> Problem:
        return Problem(self.code, self.message, self.advice, fatal=True)


class ContentUnreadable(SessionError):
    code = "content-unreadable"


class NetworkGone(SessionError):
    code = "network-gone"


class BroadcastStalled(SessionError):
    code = "broadcast-stalled"


class NotAuthorised(SessionError):
    code = "not-authorised"


class ControllerBroken(SessionError):
    code = "controller"


ENDING = (SessionError, ControllerFailed)
"""What ends a session in an orderly way."""


def session_error(error: SessionError | ControllerFailed) -> SessionError:
    """The same as an error of the session."""
    if isinstance(error, SessionError):
        return error
    return ControllerBroken(str(error), "Repair it, or play with another: --controller dynamic.")
