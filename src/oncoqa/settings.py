"""Settings: frozen, from ONCOQA_* variables, read once at the edge and passed in."""

import difflib
import os
from pathlib import Path
from typing import Annotated

from platformdirs import user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from oncoqa.errors import SettingsError
from oncoqa.types import Audience

PREFIX = "ONCOQA_"


class Settings(BaseSettings):
    """Each field is the variable ONCOQA_<FIELD>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    corpus_dir: Path = Path("corpus")
    index_dir: Path = Path("index")
    data_dir: Path = Field(default_factory=lambda: user_data_path("oncoqa"))
    """Where conversations are kept, and the key that signs cookies."""
    database_url: str | None = None
    """Of the conversations: SQLite in `data_dir` unless given."""

    audience: Audience = "public"
    """`staff` also sees what is under embargo. One process serves one audience, so that no route,
    cache or counter can mix them up: run a second server for staff, behind their own access."""
    import_hosts: str = ""
    """Hosts that `oncoqa import` may fetch https addresses from, separated by commas; none."""

    encoder: Annotated[str, Field(min_length=1)] = "embedded"
    """`embedded`, or a sentence-transformers model by folder or name."""
    encoder_query_prompt: str | None = None
    encoder_document_prompt: str | None = None
    threads: Annotated[int, Field(ge=0, le=256)] = 0
    """Of the embedded encoder; 0 is one for each core."""

    max_words: Annotated[int, Field(ge=20, le=400)] = 120
    """Of a passage; sentences are never cut."""
    search_depth: Annotated[int, Field(ge=1, le=50)] = 16
    """Passages read for an answer."""
    max_statements: Annotated[int, Field(ge=1, le=10)] = 3

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.36
    """Least confidence of an answer; below it oncoqa abstains. On dev 3.6 % of the answerable
    questions then meet silence; 5 % would be allowed, but others meet more of it."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    press_contact_url: Annotated[str, Field(pattern=r"^https?://")] = "https://www.unicancer.fr/"


def load_settings(**given: object) -> Settings:
    """Settings from the environment, `given` before them. Raises `SettingsError`.

    An ONCOQA_* variable that is no setting is refused: a misspelt one would be ignored in silence.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(known))}"
            raise SettingsError(f"{name}: unknown setting; {hint}")
    try:
        return Settings.model_validate({k: v for k, v in given.items() if v is not None})
    except ValidationError as error:
        detail = error.errors()[0]
        name = PREFIX + str(detail["loc"][0]).upper()
        raise SettingsError(f"{name}={detail['input']!r}: {detail['msg']}") from error
