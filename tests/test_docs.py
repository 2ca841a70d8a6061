"""The README keeps up: every command, setting and public route stands in it."""

import re

from typer.main import get_command

from fakes import REPOSITORY
from oncoqa.cli import app
from oncoqa.settings import PREFIX, Settings
from oncoqa.web import api, operations

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_every_command() -> None:
    commands = getattr(get_command(app), "commands")  # noqa: B009 -- a group has them
    assert [name for name in commands if f"`oncoqa {name}" not in README] == []


def test_the_readme_names_every_setting() -> None:
    names = [PREFIX + field.upper() for field in Settings.model_fields]
    assert [name for name in names if f"`{name}`" not in README] == []


def test_the_readme_names_every_route_of_the_api() -> None:
    routes = [*api.router.routes, *operations.router.routes]
    assert [r.path for r in routes if getattr(r, "path", "") not in README] == []


def test_no_placeholder_is_left_in_the_readme() -> None:
    assert not re.search(r"@[A-Z0-9]+@", README)
