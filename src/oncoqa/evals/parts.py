"""An assistant over any collection, and the rankings that it is made of."""

from dataclasses import dataclass

from oncoqa.assistant import Assistant
from oncoqa.build import load_assistant, make_encoder
from oncoqa.evals.ablation import Rankings, rankings
from oncoqa.retrieval.encoder import Encoder
from oncoqa.settings import Settings

ALL = 200  # deeper than both searches together
MOST = 10  # statements, the most that the settings allow


@dataclass(frozen=True, slots=True)
class Parts:
    assistant: Assistant
    never_silent: Assistant  # without a threshold: for the risk-coverage curve
    reader: Assistant  # that, and as many statements as it may: what it puts first

    def rank(self, question: str) -> Rankings:
        hits = self.assistant.search(question, ALL)
        read = [c.passage for s in self.reader.ask(question).statements for c in s.citations[-1:]]
        return rankings(hits, read)


def load_parts(settings: Settings, encoder: Encoder | None = None) -> Parts:
    encoder = encoder or make_encoder(settings)
    silent = settings.model_copy(update={"threshold": 0.0})
    reading = silent.model_copy(update={"max_statements": MOST})
    return Parts(
        assistant=load_assistant(settings, encoder),
        never_silent=load_assistant(silent, encoder),
        reader=load_assistant(reading, encoder),
    )
