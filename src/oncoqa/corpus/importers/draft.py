"""The values of an import."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from oncoqa.types import Language

Kind = Literal["heading", "paragraph", "item"]


@dataclass(frozen=True, slots=True)
class Block:
    kind: Kind
    text: str
    level: int = 0  # of a heading: 1 to 6; of an item: how deep, from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a format says of a release, before it is understood."""

    blocks: tuple[Block, ...]
    title: str | None = None
    published: date | None = None
    language: str | None = None
    url: str | None = None
    notes: tuple[str, ...] = ()  # for whoever reviews the import

    def as_json(self) -> dict[str, Any]:
        return {
            "blocks": [[block.kind, block.text, block.level] for block in self.blocks],
            "title": self.title,
            "published": self.published.isoformat() if self.published else None,
            "language": self.language,
            "url": self.url,
            "notes": self.notes,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Found":
        day = data["published"]
        return cls(
            blocks=tuple(Block(*block) for block in data["blocks"]),
            title=data["title"],
            published=date.fromisoformat(day) if day else None,
            language=data["language"],
            url=data["url"],
            notes=tuple(data["notes"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A release as understood, for someone to look over."""

    title: str
    blocks: tuple[Block, ...] = field(repr=False)
    language: Language
    published: date | None = None
    place: str | None = None
    url: str | None = None
    embargo_until: datetime | None = None
    notes: tuple[str, ...] = ()

    @property
    def headings(self) -> list[str]:
        return [block.text for block in self.blocks if block.kind == "heading"]

    @property
    def words(self) -> list[str]:
        """Of the title and the text: two imports of the same words are the same release."""
        return [word for text in (self.title, *self.texts()) for word in text.split()]

    def texts(self) -> Iterator[str]:
        return (block.text for block in self.blocks)


def markdown(blocks: Sequence[Block]) -> str:
    """The body of a release file: a blank line between blocks, none between items."""
    lines: list[str] = []
    for before, block in zip([None, *blocks], blocks, strict=False):
        if before is not None and not (before.kind == block.kind == "item"):
            lines.append("")
        match block.kind:
            case "heading":
                lines.append(f"{'#' * block.level} {' '.join(block.text.split())}")
            case "item":
                indent = "  " * (block.level - 1)
                lines.append(f"{indent}- " + block.text.replace("\n", f"\n{indent}  "))
            case _:
                lines.append(block.text)
    return "\n".join(lines) + "\n"
