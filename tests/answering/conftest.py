"""What the releases teach, and a reading of questions by it."""

from collections.abc import Sequence

import pytest

from oncoqa.answering.lexicon import Lexicon
from oncoqa.answering.understand import Understanding
from oncoqa.types import Passage


@pytest.fixture(scope="session")
def lexicon(passages: Sequence[Passage]) -> Lexicon:
    return Lexicon.build(passages)


@pytest.fixture(scope="session")
def understand(lexicon: Lexicon) -> Understanding:
    return Understanding(lexicon)
