"""What the act shows: loading, nearest neighbours, a filter, more like this, and the user's own texts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from textwrap import dedent, shorten
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

import heliosdb_sqlite

from .corpus import DIMENSIONS, Corpus, load
from .embedding import NoModelError, embed

_BATCH = 250
_SHOWN = 5

_CREATE = f"""
    CREATE TABLE senses (
        id INTEGER PRIMARY KEY, title TEXT, content TEXT, category TEXT,
        embedding VECTOR({DIMENSIONS})
    )"""
_INSERT = "INSERT INTO senses (title, content, category, embedding) VALUES (?, ?, ?, ?)"
_NEAREST = f"""
    SELECT title, category, content,
           vector_distance(embedding, ?) AS distance
    FROM senses ORDER BY distance LIMIT {_SHOWN}"""
_NEAREST_IN = f"""
    SELECT title, category, content,
           vector_distance(embedding, ?) AS distance
    FROM senses WHERE category = ? ORDER BY distance LIMIT {_SHOWN}"""
_MORE_LIKE = f"""
    SELECT b.title, b.category, b.content,
           vector_distance(b.embedding, a.embedding) AS distance
    FROM senses AS a JOIN senses AS b ON b.id <> a.id
    WHERE a.title = ? ORDER BY distance LIMIT {_SHOWN}"""

_QUESTIONS = ("a fine smooth soft woolen fabric", "the property of having no flavor")
_TOOL, _PERSON = "a hand tool for cutting pipe", "noun.person"
_THIS = "Moon, moon"


def play(console: Console, folder: Path, queries: tuple[str, ...]) -> None:
    """Load the corpus into ``wordnet.db`` in ``folder`` and search it; answer ``queries`` if they can be embedded."""
    connection = heliosdb_sqlite.connect(str(folder / "wordnet.db"), enable_vector_search=True)
    try:
        corpus = load()
        _fill(console, connection, corpus)
        if not (queries and _answer(console, connection, queries)):
            _show_around(console, connection, corpus)
    finally:
        connection.close()
    _what_next(console)


def _fill(console: Console, connection: Any, corpus: Corpus) -> None:
    connection.execute("DROP TABLE IF EXISTS senses")  # an earlier run's, in the same folder
    _show_sql(console, "A vector is a column like any other:", _CREATE)
    connection.execute(_CREATE)
    columns = (TextColumn("loading"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(corpus.rows))
        for start in range(0, len(corpus.rows), _BATCH):
            batch = corpus.rows[start : start + _BATCH]
            connection.executemany(_INSERT, batch)
            progress.advance(task, len(batch))
    connection.commit()


def _show_around(console: Console, connection: Any, corpus: Corpus) -> None:
    _show_sql(console, "The nearest definitions to one that is not among them:", _NEAREST)
    for question in _QUESTIONS:
        _show_rows(console, question, connection.execute(_NEAREST, (corpus.questions[question],)))
    _show_sql(console, "A condition is SQL as ever:", _NEAREST_IN)
    rows = connection.execute(_NEAREST_IN, (corpus.questions[_TOOL], _PERSON))
    _show_rows(console, f"{_TOOL}, in {_PERSON}", rows)
    _show_sql(console, f"More like {_THIS!r}, by the vector in its row:", _MORE_LIKE)
    _show_rows(console, f"more like {_THIS}", connection.execute(_MORE_LIKE, (_THIS,)))


def _answer(console: Console, connection: Any, queries: tuple[str, ...]) -> bool:
    """Answer the user's texts; return False, having said why, where they can't be turned into vectors."""
    try:
        vectors = embed(queries)
    except NoModelError as error:
        console.print(Text(f"\n{error}\nMeanwhile, texts whose vectors came along:", style="yellow"))
        return False
    _show_sql(console, "The nearest definitions to your words:", _NEAREST)
    for query, vector in zip(queries, vectors, strict=True):
        _show_rows(console, query, connection.execute(_NEAREST, (vector,)))
    return True


def _show_sql(console: Console, lead: str, sql: str) -> None:
    console.print()
    console.print(Text(lead))
    highlighted = Syntax(dedent(sql).strip(), "sql", background_color="default")
    console.print(Padding(highlighted, (0, 4)))


def _show_rows(console: Console, title: str, rows: Iterable[tuple[str, str, str, float]]) -> None:
    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    table.add_column("title", width=16, overflow="ellipsis", no_wrap=True)
    table.add_column("category", width=13, overflow="ellipsis", no_wrap=True)
    table.add_column("distance", width=8, justify="right")
    table.add_column("meaning")
    for words, category, gloss, distance in rows:
        table.add_row(Text(words), category, f"{distance:.3f}", Text(shorten(gloss, 60, placeholder=" ...")))
    console.print(table)


def _what_next(console: Console) -> None:
    console.print()
    for what, how in (
        ("ask in your own words", "heliosdb demo 'something to sit on'"),
        ("keep the database", "heliosdb demo --keep DIR"),
        ("use it in a program", "connect('my.db', enable_vector_search=True)"),
    ):
        console.print(Text.assemble(f"{what:>21}  ", (how, "bold")))
