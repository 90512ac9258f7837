"""From a path, or `builtin:NAME`, to traces; the format is found by content, and never guessed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from abr.trace.answers import NOTHING_SAID, SIDECAR, Answers, beside
from abr.trace.columns import rate_units
from abr.trace.model import Step, Trace, TraceError
from abr.trace.readers import FORMATS, Format, oboe
from abr.trace.source import GapRule, Options, Source
from abr.trace.synthetic import BUILTIN_PREFIX, builtin

MAX_BYTES = 64 * 1024 * 1024
"""The largest recording in use is a few MB."""
MOST_FILES = 100_000


def read_trace(
    path: str | Path,
    format: str | None = None,  # noqa: A002  the word of the command line
    unit: str | None = None,
    gaps: GapRule | None = None,
    answers: Answers = NOTHING_SAID,
) -> Trace:
    """The one trace in a file; of a file with several profiles, the one named by `FILE#PROFILE`.

    Raises TraceError, with the file, the line, and the way out.
    """
    traces = read_traces(path, format, unit, gaps, answers)
    if len(traces) > 1:
        profiles = ", ".join(trace.name.partition("#")[2] for trace in traces[:8])
        raise TraceError(f"holds {len(traces)} profiles ({profiles}); name one as {path}#PROFILE", source=path)
    return traces[0]


def read_traces(
    path: str | Path,
    format: str | None = None,  # noqa: A002  the word of the command line
    unit: str | None = None,
    gaps: GapRule | None = None,
    answers: Answers = NOTHING_SAID,
) -> tuple[Trace, ...]:
    """All traces in a file, in its own order. What is said here wins over the folder's `evenflow-traces.json`."""
    if str(path).startswith(BUILTIN_PREFIX):
        return (builtin(str(path).removeprefix(BUILTIN_PREFIX)),)
    file, profile = _split(path)
    told = Answers(format, unit, gaps).over(answers)
    told.check()
    folder = beside(file)
    said = told.over(folder)
    source = Source(str(file), _text(file), said.options())
    chosen = said.format or detect_format(source)
    if chosen not in FORMATS:
        raise source.error(f"there is no format {chosen!r}; there are: {', '.join(FORMATS)}")
    if said.unit is not None and not FORMATS[chosen].takes_unit:
        if told.unit is not None:
            raise source.error(f"the {chosen} format says its own unit; leave --unit away")
        source = replace(source, options=replace(source.options, unit=None))
    if folder != NOTHING_SAID:
        source.note(f"with the answers of {SIDECAR}")
    return _build(source, file, chosen, profile)


def detect_format(source: Source) -> str:
    """The format's name; TraceError with the question to answer when the content does not tell."""
    for name, candidate in FORMATS.items():
        if candidate.detect(source):
            return name
    if oboe.looks_alike(source):
        question = "two columns in pairs of lines: milliseconds and kbit/s (--format oboe)?"
        raise source.error(f"does not say its unit. Are these {question}")
    try:
        source.two_columns()
    except TraceError as error:
        raise source.error(f"is in no format known by its content; --format takes {', '.join(FORMATS)}") from error
    said = sorted(rate_units(source.preamble()))
    if said:
        question = f"in {' or '.join(said)}, as the words above them have it (add --format cooked --unit UNIT)?"
        raise source.error(f"does not say its unit where it can be relied on. Are its rates {question}")
    question = "seconds and Mbit/s (--format cooked), in another unit (add --unit), or ms and kbit/s (--format oboe)?"
    raise source.error(f"does not say its unit. Are its two columns {question}")


def expand(paths: list[str]) -> list[str]:
    """Files as they are, folders as the sorted list of the files in them (hidden and *.txt notes left out)."""
    files: list[str] = []
    for path in paths:
        if not path.startswith(BUILTIN_PREFIX) and Path(path).is_dir():
            inside = sorted(str(file) for file in Path(path).rglob("*") if _is_recording(file))
            if not inside:
                raise TraceError("is a folder without traces", source=path)
            files += inside
        else:
            files.append(path)
    if len(files) > MOST_FILES:
        raise TraceError(f"{len(files)} files are more than the {MOST_FILES} that are read at once; name fewer")
    return files


def _is_recording(file: Path) -> bool:
    notes = file.suffix.lower() in {".txt", ".md"} and file.stem.lower() in {"source", "readme", "license", "formats"}
    return file.is_file() and not file.name.startswith(".") and not notes and file.name != SIDECAR


def _build(source: Source, file: Path, format_name: str, profile: str) -> tuple[Trace, ...]:
    chosen = FORMATS[format_name]
    family = file.resolve().parent.name
    profiles = chosen.read(source)
    if profile:
        if profile not in profiles:
            raise source.error(f"holds no profile {profile!r}; it has: {', '.join(filter(None, profiles)) or 'none'}")
        profiles = {profile: profiles[profile]}
    traces = []
    for name, steps in profiles.items():
        label = f"{file.name}#{name}" if name else file.name
        waiting, notes = _with_latency(source.options, steps)
        all_notes = (f"{format_name}, {_unit(chosen, source)}", chosen.note, *source.notes, *notes)
        try:
            traces.append(Trace(waiting, name=label, family=family, notes=all_notes))
        except TraceError as error:
            raise TraceError(str(error).partition(": ")[2], source=f"{file}#{name}" if name else file) from error
    return tuple(traces)


def _unit(chosen: Format, source: Source) -> str:
    if source.options.unit is not None:
        return f"{source.options.unit} as told"
    return f"{chosen.unit} assumed: the text does not say (--unit tells another)" if chosen.assumed else chosen.unit


def _with_latency(options: Options, steps: list[Step]) -> tuple[list[Step], tuple[str, ...]]:
    """The steps with the round trip that was told, where the recording carries none."""
    told_s = options.round_trip_s
    if any(step.latency_s > 0 for step in steps):
        return steps, ("its own latency is kept",) if told_s is not None else ()
    if told_s is None:
        return steps, ("no latency in it",)
    return [replace(step, latency_s=told_s) for step in steps], (f"latency {told_s * 1e3:g} ms as told",)


def _split(path: str | Path) -> tuple[Path, str]:
    """A file's own name may hold a `#`; only when there is no such file does it part the profile's name off."""
    file, hash_sign, profile = str(path).rpartition("#")
    return (Path(file), profile) if hash_sign and not Path(path).exists() else (Path(path), "")


def _text(file: Path) -> str:
    try:
        if file.is_dir():
            raise TraceError("is a folder; name one of its files", source=file)
        if file.stat().st_size > MAX_BYTES:
            raise TraceError(f"is larger than {MAX_BYTES // 2**20} MiB; cut it", source=file)
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TraceError(f"cannot be read: {error.strerror or error}", source=file) from error
    except UnicodeDecodeError as error:
        raise TraceError("is not text, so it is no trace in a known format", source=file) from error
    if not text.strip():
        raise TraceError("is empty", source=file)
    return text
