"""Everything that oncoqa raises for a reason it knows. The message is written for the user.

OncoqaError
├── SettingsError         a setting is unknown or out of bounds
├── CorpusError           a release file is not valid (`problems`, one line each)
├── ImportRefused         a file or an address cannot be made into a release
├── QuestionError         a question is empty, too long, or holds what cannot be read
└── SearchIndexError      the index cannot serve
    ├── IndexMissing      nothing has been indexed yet
    ├── IndexCorrupt      a file does not match its hash
    └── IndexMismatch     built by other settings, or another encoder
"""

from collections.abc import Sequence


class OncoqaError(Exception):
    """Base of all; `str()` says what is wrong and what to do next."""


class SettingsError(OncoqaError):
    pass


class CorpusError(OncoqaError):
    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class ImportRefused(OncoqaError):
    pass


class QuestionError(OncoqaError):
    pass


class SearchIndexError(OncoqaError):
    pass


class IndexMissing(SearchIndexError):
    pass


class IndexCorrupt(SearchIndexError):
    pass


class IndexMismatch(SearchIndexError):
    pass
