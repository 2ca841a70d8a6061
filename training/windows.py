"""What a reader reads: a question, what stands before a sentence, the sentence; as tokens.

A window is `<s> query: Q </s> title, headings, sentence before </s> sentence </s>`, as
`oncoqa.retrieval.reader` makes it; a follow-up's Q ends with the questions before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from oncoqa.retrieval.reader import END, Shown, asked_ids, fed

PAD = 1
WIDTHS = (48, 64, 80, 96, 112, 128, 160, 208, 280)
TOKENS = 3072  # of a batch with its padding


@dataclass(frozen=True, slots=True)
class Window:
    """`ids` with `held`, where the sentence's own tokens stand in it, and `answer`, the first and
    last of those that answer, or -1, -1."""

    ids: list[int]
    held: tuple[int, int]
    answer: tuple[int, int] = (-1, -1)


@dataclass(frozen=True, slots=True)
class Group:
    """The windows of one question; the first answers, where `answered`, and no other does."""

    windows: list[Window]
    answered: bool = True


class Windows:
    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()

    def of(
        self, question: str, shown: Shown, answers: Sequence[str] = (), after: str = ""
    ) -> Window:
        """`answers` are accepted words of the sentence; the first that stands there is marked.

        `after` holds the questions before, where this one leans on them.
        """
        ids, own, offsets = fed(self.tokenizer, asked_ids(self.tokenizer, question, after), shown)
        for text in answers:
            at = shown.text.find(text)
            inside = [
                i for i, (a, b) in enumerate(offsets) if at >= 0 and a < at + len(text) and b > at
            ]
            if inside:
                return Window(ids, own, (own[0] + inside[0], own[0] + inside[-1]))
        return Window(ids, own)


def changed(shown: Shown, change: Callable[[str], str]) -> Shown:
    return Shown(change(shown.title), change(shown.around), change(shown.text))


def spliced(asked: Window, shown: Window) -> Window:
    """The question of one window over the sentence of another."""
    head = asked.ids[: asked.ids.index(END)]
    cut = shown.ids.index(END)
    moved = len(head) - cut
    return Window(head + shown.ids[cut:], (shown.held[0] + moved, shown.held[1] + moved))


def padded(windows: Sequence[Window]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, mask and the sentence's own tokens, each (rows, width)."""
    width = width_of(windows)
    # A CPU kernel is compiled for each new shape, which costs more than empty rows do.
    ids = torch.full((max(TOKENS // width, len(windows)), width), PAD)
    mask, held = torch.zeros_like(ids), torch.zeros_like(ids)
    mask[:, 0] = 1
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = torch.tensor(window.ids)
        mask[row, : len(window.ids)] = 1
        held[row, slice(*window.held)] = 1
    return ids, mask, held


def width_of(windows: Sequence[Window]) -> int:
    most = max(len(window.ids) for window in windows)
    return next(width for width in WIDTHS if width >= most)


def batches_of(windows: Sequence[Window]) -> Iterator[list[int]]:
    """Numbers of windows of like width, at most `TOKENS` with their padding."""
    rows: list[int] = []
    for i in sorted(range(len(windows)), key=lambda i: len(windows[i].ids)):
        if rows and (len(rows) + 1) * width_of([windows[i]]) > TOKENS:
            yield rows
            rows = []
        rows.append(i)
    if rows:
        yield rows


def batches_of_groups(groups: Sequence[Group]) -> list[list[Group]]:
    """Groups of like width, never cut, at most `TOKENS` with their padding."""
    batches: list[list[Group]] = []
    waiting: dict[int, list[Group]] = {width: [] for width in WIDTHS}
    for group in groups:
        width = width_of(group.windows)
        held = sum(len(other.windows) for other in waiting[width])
        if (held + len(group.windows)) * width > TOKENS:
            batches.append(waiting[width])
            waiting[width] = []
        waiting[width].append(group)
    return batches + [groups for groups in waiting.values() if groups]
