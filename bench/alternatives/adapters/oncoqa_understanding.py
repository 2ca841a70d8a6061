"""The search as the assistant asks it: spelling mended, names known, rewordings searched too.

A rewording is encoded even where the question's vector is given.
"""

from collections.abc import Sequence

from bench.alternatives.adapters import oncoqa
from oncoqa.answering.lexicon import Lexicon
from oncoqa.answering.understand import Understanding
from oncoqa.types import Query

make_encoder = oncoqa.make_encoder


class Search(oncoqa.Search):
    def index(self, texts: Sequence[str]) -> None:
        super().index(texts)
        self._understand = Understanding(Lexicon.build(self.passages))

    def query(self, question: str) -> Query:
        return self._understand(question)
