"""Fuzz one reader for as long as asked, and print how many inputs it was given, or the first that it failed on.

python -P tests/fuzz/run.py READER [--minutes 10] [--seed 1] [--coverage]

READER is one of those in `readers.py`, or `all`. Inputs are good ones, damaged (see `fuzzing.py`). An input that breaks
a bound or raises what is not promised is written to READER-SEED.crash in the current folder, and ends the run with
status 1. `--coverage` lets atheris, where it is installed, choose the inputs by the code that they reach.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fuzzing import Damage, Reader, check
from readers import READERS


def run(reader: Reader, minutes: float, seed: int) -> int:
    """Fuzz one reader; the exit status."""
    damage = Damage(reader.seeds + reader.refused, reader.tokens, seed)
    end_s = time.monotonic() + 60 * minutes
    given = good = largest = 0
    for data in reader.seeds + reader.refused:
        check(reader, data)
    while time.monotonic() < end_s:
        data = damage.next()
        try:
            read = check(reader, data)
        except Exception as error:  # whatever it is, it is what we came for
            return _failed(reader, data, seed, error)
        given, largest = given + 1, max(largest, len(data))
        if read:
            good += 1
            damage.keep(data)
    print(
        f"{reader.name}: {given} inputs in {minutes:g} min, {good} of them read, the largest {largest} bytes; "
        "none failed"
    )
    return 0


def _failed(reader: Reader, data: bytes, seed: int, error: Exception) -> int:
    path = Path(f"{reader.name}-{seed}.crash")
    path.write_bytes(data)
    print(f"{reader.name}: {type(error).__name__}: {error}\nthe input is in {path}", file=sys.stderr)
    return 1


def guided(reader: Reader, minutes: float, seed: int) -> int:
    """The same with atheris: inputs that reach new code are kept. It ends the process itself."""
    import atheris

    atheris.instrument_all()

    def one(data: bytes) -> None:
        check(reader, data)

    corpus = Path(f"{reader.name}.corpus")
    corpus.mkdir(exist_ok=True)
    for number, data in enumerate(reader.seeds):
        (corpus / f"seed-{number}").write_bytes(data)
    tokens = Path(f"{reader.name}.dict")
    escaped = ("".join(f"\\x{byte:02x}" for byte in token) for token in reader.tokens)
    tokens.write_text("".join(f'"{token}"\n' for token in escaped), encoding="ascii")
    limits = [
        f"-max_total_time={int(60 * minutes)}",
        f"-seed={seed}",
        "-max_len=65536",
        f"-dict={tokens}",
        "-rss_limit_mb=0",
    ]
    atheris.Setup([sys.argv[0], *limits, str(corpus)], one)
    atheris.Fuzz()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", choices=[*READERS, "all"])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--coverage", action="store_true")
    asked = parser.parse_args()
    chosen = list(READERS.values()) if asked.reader == "all" else [READERS[asked.reader]]
    fuzz = guided if asked.coverage else run
    return max(fuzz(reader, asked.minutes, asked.seed) for reader in chosen)


if __name__ == "__main__":
    sys.exit(main())
