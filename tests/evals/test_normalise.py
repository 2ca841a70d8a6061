import pytest

from oncoqa.evals.normalise import canonical, contains, normalise, numbers, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13 800 patients", "13800 patients"),
        ("13\u202f800 patients", "13800 patients"),
        ("3,5 %", "3.5%"),
        ("60\u00a0% des patients", "60% patients"),
        ("l’IA", "ia"),
        ("Jusqu’à l'œuvre", "à oeuvre"),
        ("L'Unicancer et une unité", "unicancer et unité"),
        ("aujourd’hui", "aujourd hui"),
        ("les études du réseau", "études réseau"),
        ("«\u00a0Coup de Cœur\u00a0»", "coup de coeur"),
        ("SAFIR‑ABC10", "safir abc10"),
        ("HER2+ et HER2-", "her2+ et her2"),
    ],
)
def test_french_texts_are_compared_by_what_they_say(text: str, expected: str) -> None:
    assert normalise(text) == expected


def test_an_article_is_dropped_only_as_a_whole_word() -> None:
    assert tokens("unicancer lanterne desserte") == ["unicancer", "lanterne", "desserte"]


def test_accents_count_unless_they_are_let_go() -> None:
    assert normalise("Société") != normalise("societe")
    assert normalise("Société", accents=False) == normalise("societe", accents=False)


def test_a_year_before_a_number_is_not_joined_to_it() -> None:
    assert canonical("en 2025 300 patients") == "en 2025 300 patients"
    assert canonical("1 234 567,8") == "1234567.8"


def test_a_nugget_stands_in_a_text_as_whole_tokens() -> None:
    assert contains("avec 41 établissements", "41")
    assert not contains("1413 établissements", "41")
    assert contains("plus de 13\u00a0800 patients", "13 800")
    assert not contains("HER2-négatifs", "HER2+")


def test_numbers_are_those_stated_and_not_those_within_names() -> None:
    said = "13 800 patients à 17h10, PEACE-8, HER2+, CDK4/6, 296O, 4P, 11ème, 3,5 %, 17/10/2025"
    assert numbers(said) == {"13800", "17h10", "11", "3.5", "17", "10", "2025"}
