"""`oncoqa index`: index what has changed, keep at it, go back."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from oncoqa.commands.terminal import print_line, progress_bar
from oncoqa.errors import CorpusError, OncoqaError

if TYPE_CHECKING:
    from oncoqa.retrieval.encoder import Encoder
    from oncoqa.settings import Settings

app = typer.Typer(help="Indexer les communiqués.", pretty_exceptions_enable=False)

PAUSE = 2.0  # seconds between two looks at the corpus


@app.callback(invoke_without_command=True)
def index(
    context: typer.Context,
    watch: Annotated[
        bool, typer.Option("--watch", help="Rester là et indexer à chaque changement.")
    ] = False,
    from_nothing: Annotated[
        bool, typer.Option("--full", help="Tout encoder de nouveau, sans rien reprendre.")
    ] = False,
) -> None:
    """Indexer ce qui a changé et mettre l'index en service ; un serveur le prend de lui-même."""
    if context.invoked_subcommand is not None:
        return
    from oncoqa.settings import load_settings

    settings = load_settings()
    if watch:
        _watch(settings)
    else:
        _index(settings, from_nothing=from_nothing)


@app.command()
def rollback(
    generation: Annotated[
        str | None, typer.Argument(help="Le nom de la génération ; sinon celle d'avant.")
    ] = None,
    reveal: Annotated[
        bool,
        typer.Option("--reveal", help="Même si des communiqués retirés depuis réapparaissent."),
    ] = False,
) -> None:
    """Remettre en service une génération d'avant."""
    from oncoqa.retrieval.generation import roll_back
    from oncoqa.settings import load_settings

    manifest = roll_back(load_settings().index_dir, generation, reveal=reveal)
    print_line(f"index {manifest.generation} en service, {manifest.releases} communiqués")


def _index(
    settings: "Settings", encoder: "Encoder | None" = None, *, from_nothing: bool = False
) -> None:
    from oncoqa.build import build_index

    with progress_bar("Indexation") as progress:
        manifest = build_index(settings, encoder, from_nothing=from_nothing, progress=progress)
    print_line(
        f"{manifest.releases} communiqués, {manifest.passages} passages\u00a0: "
        f"index {manifest.generation} en service"
    )


def _watch(settings: "Settings") -> None:
    """Until interrupted. A corpus that does not pass is told once, and looked at again."""
    from oncoqa.build import make_encoder

    encoder = make_encoder(settings)
    seen: object = None
    print_line(f"{settings.corpus_dir}\u00a0: surveillé (Ctrl-C pour arrêter)")
    try:
        while True:
            state = _state(settings)
            if state != seen:
                time.sleep(PAUSE / 4)  # a file that is being written is not half read
                seen = _state(settings) if _try_index(settings, encoder) else None
            time.sleep(PAUSE)
    except KeyboardInterrupt:
        print_line()


def _try_index(settings: "Settings", encoder: "Encoder") -> bool:
    """Whether there is no need to try again before the corpus changes."""
    try:
        _index(settings, encoder)
    except OncoqaError as error:
        sys.stderr.write(f"oncoqa: {error}\n")
        return isinstance(error, CorpusError)
    return True


def _state(settings: "Settings") -> object:
    """What changes when a release's file does."""
    try:
        paths = sorted(settings.corpus_dir.glob("*.md"))
        return [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in paths]
    except OSError:  # a file went away meanwhile: look again
        return time.monotonic()
