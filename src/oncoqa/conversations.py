"""Conversations and what readers do with them: turns, shares, feedback. SQLite by default.

An answer is kept as the JSON that was sent, with its receipt, so that what was read can be shown
again word for word whatever the index has become since. Web code sees frozen values, never rows.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    ForeignKey,
    String,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from oncoqa.errors import OncoqaError

Json = dict[str, Any]

TITLE_CHARACTERS = 120


class StoreError(OncoqaError):
    """The conversations cannot be read or written."""


class _Base(DeclarativeBase):
    pass


class _Conversation(_Base):
    __tablename__ = "conversations"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str | None] = mapped_column(String(64), index=True)
    title: Mapped[str] = mapped_column(String(TITLE_CHARACTERS))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class _Turn(_Base):
    __tablename__ = "turns"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    position: Mapped[int] = mapped_column(autoincrement=False)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    answer: Mapped[Json] = mapped_column(JSON)
    receipt: Mapped[Json] = mapped_column(JSON)


class _Share(_Base):
    __tablename__ = "shares"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    title: Mapped[str] = mapped_column(String(TITLE_CHARACTERS))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    turns: Mapped[list[Json]] = mapped_column(JSON)


class _Feedback(_Base):
    __tablename__ = "feedback"
    turn_id: Mapped[str] = mapped_column(String(32), primary_key=True)  # the last word counts
    useful: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(String(40))
    comment: Mapped[str] = mapped_column(String(2_000))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    answer: Mapped[Json] = mapped_column(JSON)  # kept when the conversation is deleted: no owner
    receipt: Mapped[Json] = mapped_column(JSON)


_BEGIN = insert(_Conversation)
_TOUCH = update(_Conversation).where(_Conversation.id == bindparam("of"))
_APPEND = insert(_Turn).values(
    position=select(func.coalesce(func.max(_Turn.position), 0) + 1)
    .where(_Turn.conversation_id == bindparam("of"))
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Turn:
    id: str
    answer: Json
    receipt: Json


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    owner: str | None  # None: made without a cookie, and whoever knows its id holds it
    title: str
    updated_at: datetime
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """What was shared, as it was then."""

    id: str
    conversation_id: str
    title: str
    created_at: datetime
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Feedback:
    turn_id: str
    useful: bool
    reason: str | None
    comment: str
    created_at: datetime
    answer: Json
    receipt: Json


def new_id() -> str:
    """128 random bits: knowing one is having been given it."""
    return secrets.token_urlsafe(16)


class ConversationStore:
    """Any number of threads may share one."""

    def __init__(self, url: str) -> None:
        """Raises `StoreError` when the database cannot be opened."""
        try:
            self._engine = _engine(url)
            _Base.metadata.create_all(self._engine)
        except (ArgumentError, ImportError, OSError, SQLAlchemyError) as error:
            raise StoreError(
                f"ONCOQA_DATABASE_URL: the conversations cannot be opened ({_cause(error)}); "
                "give a database that can be written, or set ONCOQA_DATA_DIR"
            ) from error
        self._sessions = sessionmaker(self._engine, expire_on_commit=False)

    def close(self) -> None:
        self._engine.dispose()

    def ready(self) -> bool:
        """Whether the database answers."""
        try:
            with self._transaction() as session:
                session.execute(text("SELECT 1"))
        except StoreError:
            return False
        return True

    def get(self, conversation_id: str, owner: str | None) -> Conversation | None:
        """One conversation with its turns; None when there is none or it is someone else's."""
        with self._transaction() as session:
            row = session.get(_Conversation, conversation_id)
            if row is None or row.owner not in {None, owner}:
                return None
            query = select(_Turn).where(_Turn.conversation_id == row.id).order_by(_Turn.position)
            turns = tuple(Turn(t.id, t.answer, t.receipt) for t in session.scalars(query))
            return _conversation(row, turns)

    def mine(self, owner: str | None, *, limit: int = 50) -> list[Conversation]:
        """The owner's conversations without their turns, the last used first."""
        if owner is None:
            return []
        newest = _Conversation.updated_at.desc()
        query = select(_Conversation).where(_Conversation.owner == owner).order_by(newest)
        with self._transaction() as session:
            return [_conversation(row) for row in session.scalars(query.limit(limit))]

    def add_turn(
        self, conversation_id: str, owner: str | None, turn: Turn, *, begins: bool
    ) -> None:
        """Append a turn. One that begins its conversation gives it its question for title.

        Nothing is kept for a conversation that was deleted while its answer was sought.
        """
        used = {"updated_at": datetime.now(UTC)}
        kept = {"id": turn.id, "answer": turn.answer, "receipt": turn.receipt}
        with self._transaction() as session:
            # Statements, not objects that a session watches: a fifth of the time.
            connection = session.connection()
            if begins:
                title = _title(str(turn.answer["question"]))
                begun = {"id": conversation_id, "owner": owner, "title": title}
                connection.execute(_BEGIN, begun | used)
            elif connection.execute(_TOUCH, {"of": conversation_id} | used).rowcount == 0:
                return
            place = {"conversation_id": conversation_id, "of": conversation_id}
            connection.execute(_APPEND, kept | place)

    def rename(self, conversation_id: str, title: str) -> None:
        query = update(_Conversation).where(_Conversation.id == conversation_id)
        with self._transaction() as session:
            session.execute(query.values(title=_title(title)))

    def delete(self, conversation_id: str) -> None:
        """The conversation, its turns and its shares; feedback stays, with no link to its owner."""
        with self._transaction() as session:
            for table, key in (
                (_Share, _Share.conversation_id),
                (_Turn, _Turn.conversation_id),
                (_Conversation, _Conversation.id),
            ):
                session.execute(delete(table).where(key == conversation_id))

    def share(self, conversation: Conversation, turns: Sequence[Turn]) -> str:
        """Keep these turns as they are now; the id of the read-only copy."""
        row = _Share(
            id=new_id(),
            conversation_id=conversation.id,
            title=conversation.title,
            created_at=datetime.now(UTC),
            turns=[{"id": t.id, "answer": t.answer, "receipt": t.receipt} for t in turns],
        )
        with self._transaction() as session:
            session.add(row)
        return row.id

    def shared(self, share_id: str) -> Share | None:
        with self._transaction() as session:
            row = session.get(_Share, share_id)
            if row is None:
                return None
            turns = tuple(Turn(**turn) for turn in row.turns)
            return Share(row.id, row.conversation_id, row.title, _utc(row.created_at), turns)

    def unshare(self, share_id: str) -> None:
        with self._transaction() as session:
            session.execute(delete(_Share).where(_Share.id == share_id))

    def add_feedback(self, turn: Turn, *, useful: bool, reason: str | None, comment: str) -> None:
        """What a reader thought of an answer; a second opinion replaces the first."""
        row = _Feedback(
            turn_id=turn.id,
            useful=useful,
            reason=reason,
            comment=comment,
            created_at=datetime.now(UTC),
            answer=turn.answer,
            receipt=turn.receipt,
        )
        with self._transaction() as session:
            session.merge(row)

    def feedback(self) -> list[Feedback]:
        """All of it, oldest first."""
        query = select(_Feedback).order_by(_Feedback.created_at)
        with self._transaction() as session:
            return [
                Feedback(
                    turn_id=row.turn_id,
                    useful=row.useful,
                    reason=row.reason,
                    comment=row.comment,
                    created_at=_utc(row.created_at),
                    answer=row.answer,
                    receipt=row.receipt,
                )
                for row in session.scalars(query)
            ]

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        try:
            with self._sessions.begin() as session:
                yield session
        except SQLAlchemyError as error:
            raise StoreError(f"the conversations cannot be reached ({_cause(error)})") from error


def open_store(data_dir: Path, url: str | None = None) -> ConversationStore:
    """The database of the settings: `url`, or a file of `data_dir`."""
    if url is None:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"ONCOQA_DATA_DIR: {data_dir} cannot be made ({error.strerror}); "
                "give a folder that can be written"
            ) from error
        url = f"sqlite:///{data_dir / 'conversations.sqlite3'}"
    return ConversationStore(url)


def _engine(url: str) -> Engine:
    engine = create_engine(make_url(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # NORMAL: a power cut may lose the last turns, never the file; a flush at each turn costs more
    # than finding its answer.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=5000",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _conversation(row: _Conversation, turns: tuple[Turn, ...] = ()) -> Conversation:
    return Conversation(row.id, row.owner, row.title, _utc(row.updated_at), turns)


def _utc(moment: datetime) -> datetime:
    """SQLite forgets the zone; everything is written in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _title(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TITLE_CHARACTERS else text[: TITLE_CHARACTERS - 1].rstrip() + "…"


def _cause(error: Exception) -> str:
    """The database's own words, without the statement and its values: those may be questions."""
    return str(getattr(error, "orig", None) or error).split("\n")[0]
