"""What ends a command, as a person reads it: one line or two, and the exit code that goes with it.

CliError (5)          something of ours is wrong
  CheckFailed (1)     the command ran, and a check or threshold failed
  UsageError (2)      wrong usage or configuration
  ContentError (3)    content, server or trace not reachable or not readable
  MachineError (4)    this machine lacks something; the advice names the package
"""

from __future__ import annotations


class CliError(Exception):
    """Ends the command with its message and `exit_code`; `advice` says what to do next."""

    exit_code = 5

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}\n  {self.advice}" if self.advice else self.message


class CheckFailed(CliError):
    """The command ran, and a check or threshold failed."""

    exit_code = 1


class UsageError(CliError):
    """The command line or the configuration is wrong."""

    exit_code = 2


class ContentError(CliError):
    """Content, server or trace cannot be reached or read."""

    exit_code = 3


class MachineError(CliError):
    """This machine lacks something; `advice` is the line that brings it."""

    exit_code = 4
