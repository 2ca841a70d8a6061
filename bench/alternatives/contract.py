"""What an alternative has to offer. Read in every virtual environment: no library is needed."""

from collections.abc import Sequence
from typing import Protocol

K = 10  # passages wanted for a question
DEPTH = 50  # how far each ranking is read before they are fused, where a library lets one say


class Search(Protocol):
    """Made with the encoder; a module of `adapters` calls its own `Search`.

    It may also have `fresh()`, called before each round: whatever would answer a question from
    memory because an earlier round asked it is dropped. And `search_many(questions)`, where the
    library has a door for many questions at once: throughput then goes through it.
    """

    def index(self, texts: Sequence[str]) -> None: ...

    def search(self, question: str) -> list[int]:
        """The rows of the `K` best of the texts, best first."""
