"""Settings: from ONCOQA_* variables, each fault one line that says what to write."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from oncoqa.errors import SettingsError
from oncoqa.settings import Settings, load_settings


def fault(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> str:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_each_setting_is_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOQA_CORPUS_DIR", "/somewhere")
    monkeypatch.setenv("ONCOQA_PORT", "9000")
    monkeypatch.setenv("oncoqa_threshold", "0.25")
    settings = load_settings()
    assert (settings.corpus_dir, settings.port) == (Path("/somewhere"), 9000)
    assert settings.threshold == 0.25


def test_what_is_given_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOQA_PORT", "9000")
    assert load_settings(port=7000, host=None).port == 7000
    assert load_settings(port=None).port == 9000
    assert load_settings(host=None).host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ONCOQA_PROT", "ONCOQA_PROT: unknown setting; did you mean ONCOQA_PORT?"),
        ("oncoqa_corpus", "oncoqa_corpus: unknown setting; did you mean ONCOQA_CORPUS_DIR?"),
        ("ONCOQA_ZZZZZZ", "ONCOQA_ZZZZZZ: unknown setting; known: ONCOQA_"),
        ("ONCOQA_", "ONCOQA_: unknown setting"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest(
    name: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fault(monkeypatch, name, "1").startswith(told)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"), ("PORT", "-1"), ("PORT", "http"), ("PORT", ""), ("PORT", "80.5"),
        ("THRESHOLD", "1.01"), ("THRESHOLD", "-0.1"), ("THRESHOLD", "nan"), ("THRESHOLD", "0,5"),
        ("MAX_WORDS", "19"), ("MAX_WORDS", "401"), ("SEARCH_DEPTH", "0"), ("SEARCH_DEPTH", "51"),
        ("MAX_STATEMENTS", "0"), ("MAX_STATEMENTS", "11"), ("THREADS", "-1"), ("THREADS", "257"),
        ("ENCODER", ""), ("PRESS_CONTACT_URL", "www.unicancer.fr"),
    ],
)  # fmt: skip
def test_a_value_out_of_bounds_is_one_line_with_its_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fault(monkeypatch, f"ONCOQA_{name}", value).startswith(f"ONCOQA_{name}={value!r}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "0"), ("PORT", "65535"), ("THRESHOLD", "0"), ("THRESHOLD", "1"), ("MAX_WORDS", "20")],
)
def test_bounds_are_inclusive(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"ONCOQA_{name}", value)
    assert getattr(load_settings(), name.lower()) == float(value)


def test_settings_do_not_change() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]
