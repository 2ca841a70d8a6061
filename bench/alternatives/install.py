"""`python -m bench.alternatives.install [NAME…]`: a virtual environment for each alternative.

Its versions are pinned in `requirements/NAME.txt`, the libraries that they need included. One that
asks for a later Python than this one is made with `--python`, or with the first that is found.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE / ".environments"
LATER = {"haiku": (3, 13)}  # the least Python of those that need more than the project
NAMES = sorted(path.stem for path in (HERE / "requirements").glob("*.txt"))


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def python_of(name: str) -> Path:
    """Of an alternative's environment, installed or not."""
    return ENVIRONMENTS / name / "bin" / "python"


def install(name: str, python: str) -> None:
    folder, requirements = ENVIRONMENTS / name, HERE / "requirements" / f"{name}.txt"
    stamp, wanted = folder / ".installed", hashlib.sha256(requirements.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(python_of(name)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", str(requirements)], check=True)
    stamp.write_text(wanted, encoding="utf-8")


def interpreter(least: tuple[int, int], named: str | None) -> str | None:
    """One of at least this version: the one that is named, this one, or one on the path."""
    later = [f"python3.{minor}" for minor in range(least[1], least[1] + 4)]
    for candidate in filter(None, [named, sys.executable, *later]):
        if (found := shutil.which(candidate)) and version(found) >= least:
            return found
    return None


def version(python: str) -> tuple[int, ...]:
    """Of an interpreter; of none, when it does not run."""
    asked = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    told = subprocess.run(asked, capture_output=True, text=True)
    return tuple(int(part) for part in told.stdout.split()) if told.returncode == 0 else ()


def installed() -> Iterator[str]:
    return (name for name in NAMES if (ENVIRONMENTS / name / ".installed").exists())


def main() -> None:
    parser = argparse.ArgumentParser(description="Virtual environments of the alternatives.")
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--python", help="an interpreter for those that need a later one")
    arguments = parser.parse_args()
    for name in arguments.names:
        least = LATER.get(name, (3, 11))
        python = interpreter(least, arguments.python if name in LATER else None)
        if python is None:
            say(f"{name}: left out, it needs Python {least[0]}.{least[1]}; name one with --python")
            continue
        install(name, python)
        say(f"{name}: installed")


if __name__ == "__main__":
    main()
