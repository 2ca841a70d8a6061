"""An export as Markdown. What a mark of Markdown or HTML could be is escaped."""

import re

from oncoqa.web.document import Document, Paragraph

_MARKS = re.compile(r"([\\`*_\[\]<>#|~])")


def to_markdown(document: Document) -> bytes:
    blocks = [f"# {_escape(document.title)}", *(_block(p) for p in document.paragraphs)]
    return ("\n\n".join([*blocks, "---", _escape(document.colophon)]) + "\n").encode()


def _block(paragraph: Paragraph) -> str:
    text = _escape(paragraph.text)
    match paragraph.kind:
        case "question":
            return f"## {text}"
        case "heading":
            return f"### {text}"
        case "item":
            return f"- {text}"
        case "notice":
            return f"> {text}"
        case "reference":
            return f"{text}, <{paragraph.link}>"
        case _:
            return text


def _escape(text: str) -> str:
    """One line: a line of its own could begin a list or a heading."""
    text = _MARKS.sub(r"\\\1", " ".join(text.split("\n")))
    return re.sub(r"^(\s*)(\d+)([.)])|^(\s*)([-+])(?=\s)", _escape_start, text)


def _escape_start(match: re.Match[str]) -> str:
    if match[2] is not None:
        return f"{match[1]}{match[2]}\\{match[3]}"
    return f"{match[4]}\\{match[5]}"
