"""`oncoqa doctor`: is everything there that an answer needs? Each failure has its remedy."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oncoqa.errors import OncoqaError
from oncoqa.settings import Settings, load_settings

LEAST_ROOM = 500_000_000  # bytes free; three generations of a thousand releases take two gigabytes


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    good: bool
    told: str
    remedy: str | None = None  # the command that mends it


def examine() -> Iterator[Finding]:
    """Every check in turn; none stops the others, but without settings nothing can be checked."""
    try:
        settings = load_settings()
    except OncoqaError as error:
        yield Finding("réglages", False, str(error), "unset la variable, ou corrigez-la")
        return
    yield Finding("réglages", True, f"public visé : {settings.audience}")
    checks: tuple[tuple[str, Check, str], ...] = (
        ("communiqués", _corpus, "oncoqa corpus check, puis corrigez les lignes citées"),
        ("modèle", _model, "make install, ou ONCOQA_ENCODER=embedded"),
        ("index", _index, "oncoqa index"),
        ("index à jour", _fresh, "oncoqa index"),
        ("conversations", _database, "vérifiez ONCOQA_DATABASE_URL et ONCOQA_DATA_DIR"),
        ("droits", _permissions, f"chmod -R u+rwX,go-w {settings.data_dir}"),
        ("disque", _room, "libérez de la place, ou changez ONCOQA_INDEX_DIR"),
    )
    for name, check, remedy in checks:
        try:
            yield Finding(name, True, check(settings))
        except (OncoqaError, OSError) as error:
            yield Finding(name, False, str(error).replace("\n", " ; "), remedy)


Check = Callable[[Settings], str]  # what is well; raises what is not


class Unwell(OncoqaError):
    pass


def _corpus(settings: Settings) -> str:
    from oncoqa.corpus.changes import check_supersedes, parse_all, release_files

    releases = parse_all(release_files(settings.corpus_dir))
    check_supersedes({r.id: r.supersedes for r in releases.values()}, settings.corpus_dir)
    return f"{len(releases)} dans {settings.corpus_dir}"


def _model(settings: Settings) -> str:
    import numpy as np

    from oncoqa.build import make_encoder

    encoder = make_encoder(settings)
    length = float(np.linalg.norm(encoder.encode_query("Qui préside Unicancer ?").vector))
    if abs(length - 1) > 1e-3:
        raise Unwell(f"{encoder.name} donne des vecteurs de longueur {length:.3f}")
    return f"{encoder.name} ({encoder.fingerprint})"


def _index(settings: Settings) -> str:
    from oncoqa.build import make_encoder, make_recipe
    from oncoqa.retrieval.generation import all_generations
    from oncoqa.retrieval.index import load

    recipe = make_recipe(settings, make_encoder(settings))
    index = load(settings.index_dir, expected=recipe, audience=settings.audience)
    kept = len(all_generations(settings.index_dir))
    return f"{index.manifest.generation} intact, {len(index.passages)} passages, {kept} gardées"


def _fresh(settings: Settings) -> str:
    from oncoqa.corpus.changes import release_files
    from oncoqa.retrieval.index import read_manifest

    indexed = {entry.id: entry.sha256 for entry in read_manifest(settings.index_dir)[1].entries}
    files = {file.id: file.sha256 for file in release_files(settings.corpus_dir)}
    changed = sorted(
        id_ for id_ in files.keys() | indexed.keys() if files.get(id_) != indexed.get(id_)
    )
    if changed:
        raise Unwell(f"{len(changed)} communiqués ont changé depuis : {', '.join(changed[:5])}")
    return "l'index est celui des communiqués présents"


def _database(settings: Settings) -> str:
    from oncoqa.conversations import open_store

    store = open_store(settings.data_dir, settings.database_url)
    try:
        if not store.ready():
            raise Unwell("la base ne répond pas")
    finally:
        store.close()
    return (settings.database_url and "la base répond") or f"dans {settings.data_dir}"


def _permissions(settings: Settings) -> str:
    """Written where it must be, and what is private is read by its owner alone."""
    for folder in (settings.corpus_dir, settings.index_dir, settings.data_dir):
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise Unwell(f"{folder} ne peut pas être lu et écrit")
    for path in settings.data_dir.iterdir():
        if path.is_file() and path.stat().st_mode & 0o002:
            raise Unwell(f"{path} peut être écrit par tous")
    return "lecture et écriture"


def _room(settings: Settings) -> str:
    rooms = {str(folder): _free(folder) for folder in (settings.index_dir, settings.data_dir)}
    folder, least = min(rooms.items(), key=lambda item: item[1])
    if least < LEAST_ROOM:
        raise Unwell(f"{least // 1_000_000} Mo libres pour {folder}")
    return f"{least // 1_000_000} Mo libres"


def _free(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
