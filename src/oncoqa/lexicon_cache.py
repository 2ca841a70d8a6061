"""What the releases teach about words, kept between starts when there are many of them.

Reading 40,000 passages for names and spellings takes a minute, and a restart may take five seconds.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from oncoqa import stopwords, text
from oncoqa.answering import lexicon
from oncoqa.answering.lexicon import Lexicon
from oncoqa.files import replace
from oncoqa.types import Passage

WORTH_KEEPING = 2_000  # passages; below it a few seconds do
KEPT = 4


def load_lexicon(passages: Sequence[Passage], folder: Path, generation: str) -> Lexicon:
    """The lexicon of the passages of a generation. A folder that cannot be written is no matter."""
    if len(passages) < WORTH_KEEPING:
        return Lexicon.build(passages)
    path = folder / f"lexicon-{generation}-{_code()}.json"
    try:
        return Lexicon(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        built = Lexicon.build(passages)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace(path, json.dumps(asdict(built), ensure_ascii=False).encode())
        for old in sorted(folder.glob("lexicon-*.json"), key=_age)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        pass
    return built


def _code() -> str:
    """Of the modules that decide what a lexicon holds: one made by others is not used."""
    digest = hashlib.sha256()
    for module in (stopwords, text, lexicon):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:12]


def _age(path: Path) -> float:
    return path.stat().st_mtime
