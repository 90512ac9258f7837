"""The keyboard as one table. Shortcuts, the `?` sheet, the documentation and a test are all read from here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Where(StrEnum):
    """On which page a key works."""

    PLAYER = "player"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the table: the action, Qt key sequences that do it, how they are printed, and what they do.

    `argument` goes with the action; `repeats` says that holding the key down does it again.
    """

    action: str
    sequences: tuple[str, ...]
    shown: str
    text: str
    where: Where = Where.PLAYER
    argument: float = 0.0
    repeats: bool = False
    group: str = "Playback"


KEYS: tuple[Key, ...] = (
    Key("toggle-pause", ("Space", "K"), "Space or K", "Play or pause"),
    Key("skip", ("Left", "J"), "Left or J", "Back 10 seconds", argument=-10, repeats=True),
    Key("skip", ("Right", "L"), "Right or L", "Forward 10 seconds", argument=10, repeats=True),
    Key("skip", ("Shift+Left",), "Shift+Left", "Back 1 second", argument=-1, repeats=True),
    Key("skip", ("Shift+Right",), "Shift+Right", "Forward 1 second", argument=1, repeats=True),
    Key("seek-start", ("Home",), "Home", "To the start"),
    Key("seek-end", ("End",), "End", "To the end"),
    *(Key("seek-tenth", (str(n),), "0 to 9", "Jump to 0 to 90 %", argument=n / 10) for n in range(10)),
    Key("speed-step", ("<", "Shift+<", "[", "Shift+,"), "< or [", "Slower", argument=-1),
    Key("speed-step", (">", "Shift+>", "]", "Shift+."), "> or ]", "Faster", argument=1),
    Key("speed-reset", ("Backspace",), "Backspace", "Normal speed"),
    Key("volume-step", ("Up",), "Up", "Louder", argument=5, repeats=True, group="Sound and words"),
    Key("volume-step", ("Down",), "Down", "Quieter", argument=-5, repeats=True, group="Sound and words"),
    Key("toggle-mute", ("M",), "M", "Mute", group="Sound and words"),
    Key("toggle-subtitles", ("C",), "C", "Subtitles on or off", group="Sound and words"),
    Key("next-subtitles", ("V",), "V", "Next subtitles", group="Sound and words"),
    Key("next-audio", ("B",), "B", "Next audio language", group="Sound and words"),
    Key("search", ("/", "Ctrl+F"), "/ or Ctrl+F", "Search", Where.ANYWHERE, group="Window"),
    Key("toggle-full-screen", ("F", "F11"), "F or F11", "Full screen", Where.ANYWHERE, group="Window"),
    Key("toggle-stats", ("I", "Ctrl+Shift+Alt+D"), "I", "Statistics", group="Window"),
    Key("copy-stats", ("Ctrl+Shift+C",), "Ctrl+Shift+C", "Copy statistics", group="Window"),
    Key("toggle-help", ("?", "Shift+?", "Shift+/"), "?", "This list", Where.ANYWHERE, group="Window"),
    Key("escape", ("Esc",), "Esc", "Close, leave full screen, then back", Where.ANYWHERE, group="Window"),
    Key("back", ("Q",), "Q", "Back to browsing", group="Window"),
    Key("quit", ("Ctrl+Q",), "Ctrl+Q", "Quit", Where.ANYWHERE, group="Window"),
)


def sheet() -> list[tuple[str, list[tuple[str, str]]]]:
    """The `?` sheet: groups of (keys as printed, what they do), each line once, in the table's order."""
    groups: dict[str, dict[str, str]] = {}
    for key in KEYS:
        groups.setdefault(key.group, {})[key.shown] = key.text
    return [(name, list(lines.items())) for name, lines in groups.items()]
