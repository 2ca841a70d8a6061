"""The only door between what a composer claims and what a reader sees."""

from oncoqa.types import Citation, Claim, Span, Statement

SEPARATOR = "\n"  # between an introduction and its list item


def verify(claim: Claim) -> Statement | None:
    """Accept a claim that is, word for word, the ranges that it points at; else None.

    Each range must lie in its passage, or be the introduction of that passage's list. What this
    cannot prove: that the sentence is true, or that it answers the question.
    """
    citations = []
    for quote in claim.quotes:
        passage = quote.passage
        inside = passage.start <= quote.start < quote.end <= passage.end
        if not inside and passage.introduction != (quote.start, quote.end):
            return None
        citations.append(Citation(passage, quote.start, quote.end))
    if not citations or claim.text != SEPARATOR.join(citation.quote for citation in citations):
        return None
    return Statement(claim.text, tuple(citations), _highlight(claim, citations[-1]))


def _highlight(claim: Claim, last: Citation) -> Span | None:
    """The answering words as a range of the statement's text, when they lie in the last quote."""
    span = claim.highlight
    if span is None or not last.start <= span.start < span.end <= last.end:
        return None
    shift = len(claim.text) - len(last.quote) - last.start
    return Span(span.start + shift, span.end + shift)
