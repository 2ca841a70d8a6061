"""Late interaction against a computation by hand, with vectors of two dimensions."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from fakes import HashingEncoder, passages_of, query
from oncoqa.retrieval.encoder import Encoded
from oncoqa.retrieval.late import (
    CONTEXT,
    EARLIER,
    LateInteraction,
    TokenVectors,
    passage_text,
)
from oncoqa.retrieval.lexical import LexicalIndex
from oncoqa.text import terms
from oncoqa.types import Passage

# Two senses, and the words that lie near them: "tumeur" is to "cancer" as 0.8 is to 1.
VECTORS = {"cancer": (1.0, 0.0), "tumeur": (0.8, 0.6), "prix": (0.0, 1.0), "projet": (-0.6, 0.8)}


class TwoDimensions(HashingEncoder):
    def encode_query(self, text: str) -> Encoded:
        found = [(word, text.casefold().find(word)) for word in VECTORS if word in text.casefold()]
        tokens = np.array([VECTORS[word] for word, _ in found], np.float32).reshape(-1, 2)
        spans = [(at, at + len(word)) for word, at in found]
        return Encoded(np.zeros(2, np.float32), tokens, np.array(spans, np.int32).reshape(-1, 2))

    def encode_documents(self, texts: Sequence[str]) -> Iterator[Encoded]:
        return (self.encode_query(text) for text in texts)


def scorer(passages: Sequence[Passage], *, centred: bool = False) -> LateInteraction:
    texts = [passage_text(passage) for passage in passages]
    vectors = TokenVectors.build(list(TwoDimensions().encode_documents(texts)))
    if not centred:  # as if the corpus' mean token were nought: the vectors above, as they are
        tokens = np.concatenate([e.tokens for e in TwoDimensions().encode_documents(texts)])
        scaled = np.rint(tokens * 127 / np.abs(tokens).max(axis=1, keepdims=True))
        vectors = TokenVectors(
            vectors.starts, vectors.spans, scaled.astype(np.int8), np.zeros(2, np.float32)
        )
    lexical = LexicalIndex.build([terms(text) for text in texts])
    return LateInteraction(passages, vectors, lexical, TwoDimensions())


# Enough passages that no term is in half of them, which BM25's idf calls worthless.
OTHERS = [f"Phrase {number} sans rien." for number in "un deux trois quatre".split()]


def scores(body: str, question: str) -> dict[str, float]:
    passages = passages_of("\n\n".join([body, *OTHERS]))
    kept = [p for p in passages if p.text not in OTHERS]
    return {e.text: e.score for e in scorer(passages).score(query(question), kept)}


def test_a_word_counts_its_best_cosine() -> None:
    found = scores("La tumeur. Le prix.", "cancer")
    assert found["La tumeur."] == pytest.approx(0.8, abs=0.01)
    assert found["Le prix."] == pytest.approx(0.0, abs=0.01)


def test_a_word_that_the_sentence_holds_counts_one() -> None:
    assert scores("Le cancer. La tumeur.", "les cancers")["Le cancer."] == pytest.approx(1.0)


def test_a_negative_cosine_counts_nought() -> None:
    assert scores("Le projet.", "cancer")["Le projet."] == 0.0


def test_a_word_of_the_headings_counts_a_little_less() -> None:
    assert scores("## Cancer\n\nLe prix.", "cancer")["Le prix."] == pytest.approx(1.0, abs=0.01)
    assert scores("## Recherches\n\nLe prix.", "recherche")["Le prix."] == pytest.approx(CONTEXT)


def test_a_word_earlier_in_the_passage_counts_less_and_later_nothing() -> None:
    body = "Le projet : un patient vient. Celui-ci part. Un médecin vient."
    found = scores(body, "patient médecin")
    assert found["Celui-ci part."] == pytest.approx(EARLIER / 2)
    assert found["Le projet : un patient vient."] == pytest.approx(1 / 2)
    assert found["Un médecin vient."] == pytest.approx((1 + EARLIER) / 2)


def test_words_are_weighted_by_how_rare_they_are() -> None:
    passages = passages_of("Le cancer rare.\n\nLe prix.\n\nLe prix.\n\nLa tumeur.\n\nLe projet.")
    late = scorer(passages)
    lexical = LexicalIndex.build([terms(passage_text(p)) for p in passages])
    rare, common = lexical.idf_of("rar"), lexical.idf_of("prix")
    assert rare > common
    found = {e.text: e.score for e in late.score(query("prix rare"), passages)}
    assert found["Le cancer rare."] == pytest.approx(rare / (rare + common), abs=0.01)


def test_tokens_are_centred_on_the_corpus_mean() -> None:
    encoded = list(TwoDimensions().encode_documents(["cancer", "prix", "cancer"]))
    built = TokenVectors.build(encoded)
    assert built.mean == pytest.approx([2 / 3, 1 / 3])
    assert built.starts.tolist() == [0, 1, 2, 3]
    assert built.tokens.tolist() == [[127, -127], [-127, 127], [127, -127]]


def test_evidence_lies_where_it_says_and_the_best_comes_first() -> None:
    passages = passages_of("Le prix. Le cancer.\n\nLe projet.\n\n" + "\n\n".join(OTHERS))
    found = scorer(passages, centred=True).score(query("quel cancer ?"), passages)
    assert found[0].text == "Le cancer."
    assert [e.score for e in found] == sorted((e.score for e in found), reverse=True)
    assert all(e.passage.start <= e.start < e.end <= e.passage.end for e in found)


def test_the_score_of_a_word_that_half_the_passages_hold_is_a_number() -> None:
    passages = passages_of("Le cancer.\n\nLe prix.")
    assert [e.score for e in scorer(passages).score(query("cancer"), passages)] == [1, 0]


def test_a_question_without_a_content_word_scores_nothing() -> None:
    passages = passages_of("Le prix.\n\nLe cancer.")
    assert scorer(passages).score(query("qui est-ce ?"), passages) == []
