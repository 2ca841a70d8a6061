"""`oncoqa import`: releases from files, folders and addresses, looked over before they are kept."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oncoqa.commands.terminal import print_line, progress_bar
from oncoqa.errors import CorpusError, ImportRefused, OncoqaError

if TYPE_CHECKING:
    from oncoqa.corpus.importers.draft import Found
    from oncoqa.corpus.importers.library import Original, Plan
    from oncoqa.settings import Settings
    from oncoqa.types import Release

OUTCOMES = {"new": "nouveau", "known": "déjà présent", "version": "nouvelle version de"}


def import_releases(
    sources: Annotated[list[str], typer.Argument(help="Fichiers, dossiers ou adresses https.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Accepter sans demander.")] = False,
    publisher: Annotated[str, typer.Option(help="L'émetteur.")] = "Unicancer",
    title: Annotated[str | None, typer.Option(help="Le titre, pour un seul fichier.")] = None,
    embargo: Annotated[
        str | None, typer.Option(help="Fin d'embargo : 2025-11-28T10:00, heure de Paris.")
    ] = None,
    replaces: Annotated[
        str | None, typer.Option(help="Identifiant du communiqué que celui-ci remplace.")
    ] = None,
) -> None:
    """Importer des communiqués : HTML, PDF, Word, Markdown, texte, WordPress (JSON), RSS, Atom."""
    from oncoqa.corpus.importers.library import accept
    from oncoqa.settings import load_settings

    settings = load_settings()
    until = _moment(embargo)
    releases = _known(settings)
    kept = refused = 0
    for original, found, why in _read_all(sources, settings):
        if found is None:
            refused += 1
            sys.stderr.write(f"oncoqa: {why}\n")
            continue
        try:
            plan = _plan(found, original, releases, title=title, replaces=replaces)
            print_plan(plan, until)
            if plan.outcome == "known" or not (yes or _agreed()):
                continue
            path = accept(plan, settings.corpus_dir, publisher=publisher, embargo_until=until)
        except OncoqaError as error:
            refused += 1
            sys.stderr.write(f"oncoqa: {original.name}: {error}\n")
            continue
        releases.append(_parsed(path))
        kept += 1
        print_line(f"  → {path}")
    print_line(f"{kept} importés, {refused} refusés" + (" ; lancez `oncoqa index`" if kept else ""))
    if refused:
        raise typer.Exit(1)


def print_plan(plan: "Plan", embargo_until: datetime | None) -> None:
    """What was found, for someone to look over."""
    draft = plan.draft
    until = embargo_until or draft.embargo_until
    former = f" {plan.former}" if plan.former else ""
    items = sum(block.kind == "item" for block in draft.blocks)
    print_line(f"{plan.original.name}\u00a0: {OUTCOMES[plan.outcome]}{former}")
    print_line(f"  titre     {draft.title}")
    print_line(f"  date      {draft.published or '(aucune)'}, {draft.place or '(lieu inconnu)'}")
    print_line(f"  langue    {draft.language}, {len(draft.words)} mots, {items} éléments de liste")
    if until:
        print_line(f"  embargo   {until:%d/%m/%Y %H:%M %z}")
    for heading in draft.headings:
        print_line(f"  intertitre  {heading}")
    for note in draft.notes:
        print_line(f"  à voir    {note}")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        print_line("  rien n'est écrit : relancez avec --yes pour accepter")
        return False
    return typer.confirm("  Importer ?")


def _plan(
    found: "Found",
    original: "Original",
    releases: "list[Release]",
    *,
    title: str | None,
    replaces: str | None,
) -> "Plan":
    from oncoqa.corpus.importers.library import plan
    from oncoqa.corpus.importers.structure import understand

    found = replace(found, title=title) if title else found
    return plan(understand(found), original, releases, replaces=replaces)


Reading = tuple["Original", "Found | None", str]  # a release found, or why there is none


def _read_all(sources: list[str], settings: "Settings") -> Iterator[Reading]:
    with progress_bar("Lecture") as progress:
        readings = []
        places = [place for source in sources for place in _places(source)]
        for done, place in enumerate(places):
            progress(done, len(places))
            readings += _read(place, settings)
        progress(len(places), len(places))
    yield from readings


def _places(source: str) -> list[str]:
    """A folder's files, if they are of a format that is known."""
    from oncoqa.corpus.importers.read import FORMATS

    folder = Path(source)
    if not folder.is_dir():
        return [source]
    paths = sorted(p for p in folder.rglob("*") if p.suffix.casefold() in FORMATS and p.is_file())
    return [str(path) for path in paths]


def _read(place: str, settings: "Settings") -> list[Reading]:
    from dataclasses import replace as with_

    from oncoqa.corpus.importers.fetch import fetch
    from oncoqa.corpus.importers.library import Original
    from oncoqa.corpus.importers.read import read

    original = Original(place, b"")
    try:
        if "://" in place:
            page = fetch(place, [h for h in settings.import_hosts.split(",") if h.strip()])
            original = Original(page.url, page.data)
            found = read(page.data, page.url, media_type=page.media_type)
            found = [with_(each, url=each.url or page.url) for each in found]
        else:
            original = Original(Path(place).name, Path(place).read_bytes())
            found = read(original.data, original.name)
    except ImportRefused as error:
        return [(original, None, str(error))]
    except OSError as error:
        return [(original, None, f"{place}: ne se lit pas ({error.strerror})")]
    return [(original, each, "") for each in found]


def _known(settings: "Settings") -> "list[Release]":
    from oncoqa.corpus.parse import read_corpus

    if not any(settings.corpus_dir.glob("*.md")):
        return []
    try:
        return read_corpus(settings.corpus_dir)
    except CorpusError as error:
        raise CorpusError([*error.problems, "corrigez le corpus avant d'importer"]) from error


def _parsed(path: Path) -> "Release":
    from oncoqa.corpus.parse import parse_file

    return parse_file(path)


def _moment(text: str | None) -> datetime | None:
    """With its offset, or in Paris; the later one when the clock goes through an hour twice."""
    from oncoqa.corpus.importers.dates import PARIS

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ImportRefused(f"--embargo {text!r}: écrivez 2025-11-28T10:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=PARIS, fold=1)
