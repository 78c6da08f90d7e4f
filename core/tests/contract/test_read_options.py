"""read_options(): options that stand as texts in a URL or in a file of settings."""

from __future__ import annotations

import sqlite3
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from heliosdb_sqlite.plugins import hookimpl, read_options
from heliosdb_sqlite.testing import registered


class ReadOptions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    read_on: bool = False
    read_level: int | None = Field(default=None, ge=1)
    read_mode: Literal["a", "b"] = "a"
    read_key: str | None = Field(default=None, repr=False)
    read_password: SecretStr | None = None


class Readable:
    @hookimpl
    def heliosdb_options(self):
        return ReadOptions


@pytest.fixture(autouse=True)
def readable():
    with registered(Readable(), "readable", always=False):
        yield


def test_texts_become_what_the_option_is():
    texts = {"read_on": "true", "read_level": "7", "read_mode": "b"}
    assert read_options(texts) == {"read_on": True, "read_level": 7, "read_mode": "b"}
    assert read_options({"read_on": "0"}) == {"read_on": False}
    assert read_options({}) == {}


@pytest.mark.parametrize("texts", [{"read_level": "0"}, {"read_mode": "c"}, {"read_on": "perhaps"}])
def test_a_text_that_the_option_can_not_take(texts):
    ((keyword, text),) = texts.items()
    with pytest.raises(sqlite3.ProgrammingError, match=f"^{keyword}='{text}': "):
        read_options(texts)


@pytest.mark.parametrize("keyword", ["read_key", "read_password"])
def test_a_secret_is_refused_and_not_shown(keyword):
    with pytest.raises(sqlite3.ProgrammingError, match=f"^{keyword} is a secret") as caught:
        read_options({keyword: "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_keyword_that_nobody_knows():
    with pytest.raises(TypeError, match=r"'read_levl' is an invalid keyword argument.*'read_level'"):
        read_options({"read_levl": "3"})
