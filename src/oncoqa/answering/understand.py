"""A question into a query, by rules: its language and its terms."""

import unicodedata

from oncoqa.errors import QuestionError
from oncoqa.stopwords import ENGLISH, FRENCH
from oncoqa.text import fold, terms, words
from oncoqa.types import Filters, Language, Query

MAX_CHARACTERS = 2_000

# Words of one language alone: those of both ("a", "on", "me") say nothing.
_FRENCH_ONLY = FRENCH - ENGLISH
_ENGLISH_ONLY = ENGLISH - FRENCH


def understand(question: str, *, language: Language | None = None, filters: Filters) -> Query:
    """Raises `QuestionError` for a question that cannot be read."""
    question = read_question(question)
    language = language or detect_language(question)
    return Query(
        question=question,
        language=language,
        terms=tuple(terms(question, language)),
        search_texts=(question,),
        filters=filters,
    )


def read_question(question: str) -> str:
    """A question as one line of NFC text. Raises `QuestionError`, in French: staff read it."""
    if any(unicodedata.category(c) in {"Cc", "Cs"} and not c.isspace() for c in question):
        raise QuestionError(
            "La question contient des caractères de contrôle\u00a0: retapez-la au clavier."
        )
    question = " ".join(unicodedata.normalize("NFC", question).split())
    if not question:
        raise QuestionError("La question est vide\u00a0: écrivez ce que vous voulez savoir.")
    if len(question) > MAX_CHARACTERS:
        raise QuestionError(
            f"La question compte {len(question)} caractères\u00a0: raccourcissez-la à "
            f"{MAX_CHARACTERS} au plus."
        )
    return question


def detect_language(question: str) -> Language:
    """French unless the words of grammar say English."""
    folded = [fold(question[word.start : word.end]) for word in words(question)]
    pieces = [piece for word in folded for piece in word.replace("-", "'").split("'")]
    english = sum(piece in _ENGLISH_ONLY for piece in pieces)
    french = sum(piece in _FRENCH_ONLY for piece in pieces)
    return "en" if english > french else "fr"
