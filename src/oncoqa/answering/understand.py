"""A question into a query, by rules: language, spelling, names, what is asked, what is carried."""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from datetime import date

from oncoqa.answering.acronyms import reworded
from oncoqa.answering.dictionary import exists
from oncoqa.answering.follow_up import resolve
from oncoqa.answering.guard import refusal
from oncoqa.answering.intent import any_of, asks_for, plain, without_doubled_subjects
from oncoqa.answering.lexicon import Lexicon
from oncoqa.answering.spelling import mend_spelling
from oncoqa.answering.when import latest, with_dates, without_dates
from oncoqa.errors import QuestionError
from oncoqa.stopwords import ENGLISH, FRENCH
from oncoqa.text import fold, words
from oncoqa.types import Answer, Filters, Language, Query, Reason

MAX_CHARACTERS = 2_000
MAX_UNCLEAR = 3  # content words of a question that may be too vague to answer

# Words of one language alone: those of both ("a", "on", "me") say nothing.
_FRENCH_ONLY = FRENCH - ENGLISH
_ENGLISH_ONLY = ENGLISH - FRENCH
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# To somebody whom the question does not name; "il y a", "il faut" point to nobody.
_POINTS_BACK = any_of(r"""
    elles?
    ils? (?!y a|faut|s agit|est possible)\w+
    (?:celle|celui|ceux|celles) (?:ci|la)
    he
    she
    they
    his
    her
""")
_DEFINES = any_of(r"""
    c est quoi une?
    qu est ce qu une?
    what is an?
    what s an?
""")
# Releases name an office by its noun, "Président d'Unicancer"; "préside" meets "copréside" first.
_OFFICES = (
    (re.compile(r"\bpr[eé]side\b(?!-)", re.IGNORECASE), "est président de"),
    (re.compile(r"\bdirige\b(?!-)", re.IGNORECASE), "est directeur de"),
    (re.compile(r"\b(?:presides over|chairs)\b", re.IGNORECASE), "is president of"),
    (re.compile(r"\b(?<=who )(?:heads|directs)\b", re.IGNORECASE), "is director of"),
)


class Understanding:
    """Reads questions with the words that the releases have taught."""

    def __init__(self, lexicon: Lexicon, today: Callable[[], date] = date.today) -> None:
        """`today` says which day "l'an dernier" is reckoned from."""
        self._lexicon = lexicon
        self._today = today

    def __call__(
        self,
        question: str,
        *,
        language: Language | None = None,
        filters: Filters | None = None,
        history: Sequence[Answer] = (),
    ) -> Query:
        """Raises `QuestionError` for a question that cannot be read."""
        question = read_question(question)
        language = language or detect_language(question, self._lexicon.names)
        spelt = mend_spelling(question, language, self._lexicon)
        if language == "en":  # "13,800" as the releases write it
            spelt = _THOUSANDS.sub("\u00a0", spelt)
        spelt = _with_offices(spelt)
        refused = refusal(question)
        resolved = resolve(spelt, language, () if refused else history, self._lexicon)
        leans = bool(resolved.carried or resolved.carried_from)
        if not refused and not leans:
            refused = self._out_of_reach(spelt, language)
        meant = resolved.meant
        asks = asks_for(spelt)
        if meant != spelt:  # words of the turn before may be in it: as typed then
            meant = _with_offices(mend_spelling(meant, language, self._lexicon))
            if asks == "other":
                asks = asks_for(meant)  # "Et TRIFLUOX-DP ?" asks what was asked before
        given = filters or Filters()
        bounds = with_dates(given, question, self._today())
        newest, meant = latest(without_dates(meant) if bounds != given else meant)
        other = reworded(meant, self._lexicon.acronyms)
        texts = dict.fromkeys((question, spelt, meant, *([other] if other else [])))
        return Query(
            question=question,
            language=language,
            asks=asks,
            meant=meant,
            reworded=other,
            search_texts=tuple(texts),
            names=resolved.names,
            compared=self._lexicon.sets_side_by_side(spelt),
            carried=resolved.carried,
            carried_from=resolved.carried_from,
            after=resolved.after,
            refusal=refused,
            filters=bounds,
            latest=newest,
        )

    def _out_of_reach(self, question: str, language: Language) -> Reason | None:
        """For want of a telling word: "Quels sont les résultats de l'étude ?"; or of any known one.

        English words are strange to French releases whatever the subject.
        """
        content = [word for word in words(question, language) if not word.stop]
        terms = [word.terms[0] for word in content]
        strange = [term for term in terms if term not in self._lexicon.frequency]
        if any(term in self._lexicon.names for term in terms):
            return None
        said = without_doubled_subjects(plain(question))
        if _DEFINES.search(said):  # "c'est quoi une cohorte ?", however common the word
            return None
        pointing = _POINTS_BACK.search(said) is not None
        if len(terms) <= MAX_UNCLEAR and (
            all(self._lexicon.is_vague(term) for term in terms)
            or pointing
            or len(terms) == len(strange) == 1
        ):
            return "unclear"
        return "off_topic" if language == "fr" and len(strange) == len(terms) else None


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


def detect_language(question: str, names: Collection[str] = ()) -> Language:
    """French unless the words of grammar say English; `names` are terms of no language."""
    folded = [fold(question[word.start : word.end]) for word in words(question)]
    pieces = [piece for word in folded for piece in re.split(r"['-]", word)]
    english = sum(piece in _ENGLISH_ONLY for piece in pieces)
    french = sum(piece in _FRENCH_ONLY for piece in pieces)
    if english == french:  # keywords: the dictionaries decide
        common = [word for word in words(question) if word.terms[0] not in names]
        lower = [question[word.start : word.end].casefold() for word in common]
        english += sum(exists(word, "en") and not exists(word, "fr") for word in lower)
        french += sum(exists(word, "fr") and not exists(word, "en") for word in lower)
    return "en" if english > french else "fr"


def _with_offices(question: str) -> str:
    for verb, office in _OFFICES:
        question = verb.sub(office, question)
    return question
