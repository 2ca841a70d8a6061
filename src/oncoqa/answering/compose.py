"""Evidence into claims: whole sentences of the releases, none rewritten."""

from collections.abc import Iterator

from oncoqa.answering.verify import SEPARATOR
from oncoqa.types import Claim, Query, Quote, Selection


class ExtractiveComposer:
    """One claim for each sentence; a list item comes with the sentence that introduces it."""

    def compose(self, _query: Query, selection: Selection) -> Iterator[Claim]:
        introduced = set()
        for item in selection.evidence:
            quotes = [Quote(item.passage, item.start, item.end)]
            introduction = item.passage.introduction
            if introduction is not None and introduction not in introduced:
                introduced.add(introduction)
                quotes.insert(0, Quote(item.passage, introduction.start, introduction.end))
            text = item.passage.release.text
            parts = [text[quote.start : quote.end] for quote in quotes]
            yield Claim(SEPARATOR.join(parts), tuple(quotes), item.highlight)
