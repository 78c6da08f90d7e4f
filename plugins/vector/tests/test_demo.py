"""The act of ``heliosdb demo``."""

from __future__ import annotations

import io
import sqlite3
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from heliosdb_vector.demo import ACT
from heliosdb_vector.demo.corpus import load


@pytest.fixture
def play(tmp_path):
    def run(*queries):
        console = Console(file=io.StringIO(), width=100)  # no terminal, as in CI
        ACT.play(console, tmp_path, queries)
        return console.file.getvalue()

    return run


@pytest.fixture
def no_model(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)


def give_model(monkeypatch, encode):
    class SentenceTransformer:
        def __init__(self, name):
            if encode is None:
                raise OSError("We couldn't connect to the hub\nmany more lines")

        def encode(self, text):
            return encode(text)

    monkeypatch.setitem(
        sys.modules, "sentence_transformers", SimpleNamespace(SentenceTransformer=SentenceTransformer)
    )


def test_it_comes_first_among_the_acts():
    assert (ACT.order, "3,000" in ACT.title) == (10, True)


def test_it_finds_what_is_meant(play):
    said = play()
    for found in ("flannel", "tasty", "machinist", "sublunar"):
        assert found in said
    assert "VECTOR(384)" in said and "vector_distance(embedding, ?)" in said
    assert "3000/3000" in said


def test_it_says_the_same_each_time_also_in_the_same_folder(play):
    assert play() == play()


def test_it_leaves_a_plain_sqlite_file(play, tmp_path):
    play()
    plain = sqlite3.connect(tmp_path / "wordnet.db")
    assert plain.execute("SELECT count(*), min(length(embedding)) FROM senses").fetchone() == (3000, 1536)
    plain.close()


def test_the_users_words_are_embedded_and_answered(play, monkeypatch):
    flannel = next(vector for title, _, _, vector in load().rows if title == "flannel")
    give_model(monkeypatch, lambda text: np.asarray(flannel, np.float32))
    said = play("warm [b]cloth[/b]", "second")
    assert "warm [b]cloth[/b]" in said and "second" in said and "flannel" in said


def test_without_the_package_it_says_what_to_install_and_goes_on(play, no_model):
    said = play("warm cloth")
    assert "pip install sentence-transformers" in said
    assert "flannel" in said


def test_without_a_network_it_says_so_in_one_line_and_goes_on(play, monkeypatch):
    give_model(monkeypatch, None)
    said = " ".join(play("warm cloth").split())
    assert "all-MiniLM-L6-v2 is out of reach: We couldn't connect to the hub It is downloaded once" in said
    assert "flannel" in said


def test_the_licence_of_the_texts_comes_along():
    from importlib.resources import files

    assert "Princeton University" in files("heliosdb_vector.demo").joinpath("WORDNET-LICENSE.txt").read_text(
        "utf-8"
    )
