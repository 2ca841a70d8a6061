"""`oncoqa doctor`, `backup` and `restore`."""

from pathlib import Path
from typing import Annotated

import typer

from oncoqa.commands.terminal import print_line


def doctor() -> None:
    """Vérifier l'installation ; chaque défaut donne la commande qui le répare (code 1)."""
    from oncoqa.doctor import examine

    findings = list(examine())
    for finding in findings:
        print_line(f"{'✓' if finding.good else '✗'} {finding.name}\u00a0: {finding.told}")
        if finding.remedy:
            print_line(f"    → {finding.remedy}")
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


def backup(
    to: Annotated[Path, typer.Argument(help="Le fichier à écrire, par exemple oncoqa.tar.gz.")],
) -> None:
    """Tout sauvegarder : communiqués, originaux, index en service, conversations, clé."""
    from oncoqa.backup import save
    from oncoqa.settings import load_settings

    saved = save(load_settings(), to)
    print_line(f"{to}\u00a0: {saved} fichiers")


def restore(
    archive: Annotated[Path, typer.Argument(help="Le fichier d'une sauvegarde.")],
    force: Annotated[
        bool, typer.Option("--force", help="Remplacer ce qui est là (gardé à côté, en .avant).")
    ] = False,
) -> None:
    """Remettre en place une sauvegarde, après l'avoir vérifiée entière."""
    from oncoqa.backup import restore as restore_archive
    from oncoqa.settings import load_settings

    restored = restore_archive(load_settings(), archive, force=force)
    print_line(f"{restored} fichiers remis en place ; `oncoqa doctor` vérifie l'ensemble")
