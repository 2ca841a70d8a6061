"""The values that travel through oncoqa, in the order a question meets them.

Offsets are half-open ranges of characters in `Release.text`, which is normalised once (NFC, in
`corpus/parse.py`) and never rewritten. A quotation is always a slice of it, so it cannot misquote.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

Language = Literal["fr", "en"]
ReleaseStatus = Literal["published", "corrected", "withdrawn"]
Audience = Literal["public", "staff"]  # staff see releases under embargo
AnswerStatus = Literal["answered", "abstained"]
Reason = Literal["not_in_releases", "off_topic", "medical_advice", "unclear", "under_embargo"]
Asks = Literal["person", "date", "place", "number", "list", "definition", "reason", "other"]


class Span(NamedTuple):
    """A half-open range of characters of a release's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading, its sub-sections left out."""

    headings: tuple[str, ...]  # outermost first; empty before the first heading
    start: int  # of the body, after the heading's own line
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    id: str  # the file's stem; stable across rebuilds
    title: str
    publisher: str
    published: date | None  # None when the source gives no date: never invented
    language: Language
    text: str = field(repr=False)  # the Markdown body, NFC
    sections: tuple[Section, ...] = field(repr=False)
    place: str | None = None
    url: str | None = None
    status: ReleaseStatus = "published"
    embargo_until: datetime | None = None
    supersedes: str | None = None
    corrected: date | None = None  # when the text was corrected, if it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The unit that is indexed and found: a paragraph or a list item, within one section."""

    id: str  # release id and content hash: the same text keeps its id when others change
    release: Release
    start: int
    end: int
    headings: tuple[str, ...] = ()
    introduction: Span | None = None  # of a list item: the sentence that introduces its list
    furniture: bool = False  # links, contacts, "À propos": found, but never an answer

    @property
    def text(self) -> str:
        return self.release.text[self.start : self.end]

    @property
    def context(self) -> str:
        """What a reader has in mind on reaching the passage: the headings, the introduction."""
        parts = list(self.headings)
        if self.introduction is not None:
            parts.append(self.release.text[self.introduction.start : self.introduction.end])
        return "\n".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Bounds on the releases searched; None leaves that side open."""

    release_id: str | None = None
    published_from: date | None = None
    published_to: date | None = None  # inclusive

    def accept(self, release: Release) -> bool:
        if self.release_id is not None and release.id != self.release_id:
            return False
        if self.published_from is None and self.published_to is None:
            return True
        day = release.published
        if day is None:  # undated: it cannot be shown to lie within the bounds
            return False
        return (self.published_from or day) <= day <= (self.published_to or day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    question: str  # as typed, outer spaces removed
    language: Language
    asks: Asks  # the kind of thing asked for
    meant: str  # the question as understood: typos mended, what a follow-up carries put in
    search_texts: tuple[str, ...]  # the question first, then its rewordings; never empty
    reworded: str | None = None  # `meant` with its acronyms in full, or its long forms as acronyms
    names: tuple[str, ...] = ()  # trials, acronyms and people named or carried, as releases write
    compared: bool = False  # two names are set side by side: each wants its sentence
    carried: tuple[str, ...] = ()  # what comes from the turns before: names, or rare words
    carried_from: tuple[Passage, ...] = ()  # that the answer before cited, for a follow-up
    after: str = ""  # the questions that a follow-up comes after and does not repeat, oldest first
    refusal: Reason | None = None  # why no answer may be given, when the words alone say so
    filters: Filters = Filters()
    latest: bool = False  # the newest of the releases that answer is wanted: a sort, no filter


@dataclass(frozen=True, slots=True)
class Hit:
    passage: Passage
    score: float  # cosine and BM25 added up: comparable within one search only
    dense_rank: int | None  # 1-based; None when that search did not return the passage
    lexical_rank: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence of a passage, and how likely it is to answer."""

    passage: Passage
    start: int
    end: int
    score: float  # higher is better; `answering/rank.py` says of what it is made
    highlight: Span | None = None  # the words that answer, in the release's text

    @property
    def text(self) -> str:
        return self.passage.release.text[self.start : self.end]


class Reading(NamedTuple):
    """What reading a question and a sentence together found."""

    answers: float  # log-odds that the sentence answers
    span: Span  # the words that would, in the release's text


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is chosen to answer with, and how sure that is."""

    evidence: tuple[Evidence, ...]  # in the order of the answer; empty: oncoqa abstains
    confidence: float  # calibrated: how likely the evidence is to answer, kept or not
    names: tuple[str, ...] = ()  # what the answer is about, whom it names first
    reason: Reason | None = None  # why there is no evidence
    choices: tuple[str, ...] = ()  # for a question that is unclear: what could be meant


@dataclass(frozen=True, slots=True)
class Quote:
    """Where a claim says that its words stand."""

    passage: Passage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a composer asserts, and the ranges said to bear it out. Unverified."""

    text: str
    quotes: tuple[Quote, ...]
    highlight: Span | None = None  # in the text of the last quote's release


@dataclass(frozen=True, slots=True)
class Citation:
    """A located quotation."""

    passage: Passage
    start: int
    end: int

    @property
    def release(self) -> Release:
        return self.passage.release

    @property
    def quote(self) -> str:
        return self.release.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim that its sources bear out. Only `answering/verify.py` makes these."""

    text: str
    citations: tuple[Citation, ...]
    highlight: Span | None = None  # of `text`: the words that answer


@dataclass(frozen=True, slots=True)
class Sources:
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    question: str
    language: Language
    status: AnswerStatus
    reason: Reason | None  # why oncoqa abstains; None when it answers
    statements: tuple[Statement, ...]
    hits: tuple[Hit, ...]  # best first
    rejected: tuple[Claim, ...]  # claims that did not verify: never shown
    confidence: float
    understood: str | None  # what a follow-up was taken to be about, in the question's language
    choices: tuple[str, ...]  # when `unclear`: questions that could be meant
    names: tuple[str, ...]  # what the answer is about: a follow-up carries them
    index_generation: str
    timings_ms: dict[str, float] = field(compare=False)

    @property
    def nearest(self) -> tuple[Release, ...]:
        """The releases of the best hits, each once, best first, three at most."""
        releases = {hit.passage.release.id: hit.passage.release for hit in self.hits}
        return tuple(releases.values())[:3]


Event = Sources | Statement | Answer  # what a chat receives, in this order
