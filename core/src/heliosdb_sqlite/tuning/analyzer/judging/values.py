"""Parameters for the copy: those recorded, in the way the text names them, or guesses from the table's own values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...._standard import sqlite3
from ....sql.names import folded
from ....sql.parameters import parameters
from ....sql.quoting import quote_identifier
from ....sql.splice import Edit, splice
from ..recording.workload import Sample
from ..schema.catalog import Catalog
from ..trial.copy import Trial

if TYPE_CHECKING:
    from ....sql.parameters import Parameter


def by_name(sample: Sample) -> Sample:
    """Return the sample with a mapping where its text has names or numbers: a sequence for them is deprecated."""
    found = parameters(sample.text)
    if isinstance(sample.parameters, Mapping) or all(each.token.text == "?" for each in found):
        return sample
    values = sample.parameters
    named = {each.number: values[each.number - 1] for each in found if each.number <= len(values)}
    return _fitting(sample, found, named)


def lacks_values(sample: Sample) -> bool:
    """Return whether the statement has a parameter for which the sample has no value."""
    found = parameters(sample.text)
    if isinstance(sample.parameters, Mapping):
        return any((each.token.text[1:] or str(each.number)) not in sample.parameters for each in found)
    return max((each.number for each in found), default=0) > len(sample.parameters)


def guess(sample: Sample, catalog: Catalog, trial: Trial) -> Sample | None:
    """Return the sample with values that stand in the columns its parameters are compared with.

    None where one of them is compared with no column of a table.
    """
    from ..candidates.compared import compared_columns

    found = parameters(sample.text)
    try:
        columns = compared_columns(sample.text, catalog)
    except sqlite3.NotSupportedError:
        return None
    if len(columns) != len(found):
        return None
    values: dict[int, Any] = {}
    for each, column in zip(found, columns, strict=True):
        if column is None:
            return None
        values[each.number] = column if isinstance(column, int) else _typical(trial, *column)
    return _fitting(sample._replace(guessed=True), found, values)


def _fitting(sample: Sample, found: list[Parameter], values: dict[int, Any]) -> Sample:
    """Return the sample with values given by SQLite's numbers, in the way that its text asks for them."""
    if all(each.token.text == "?" for each in found):
        return sample._replace(parameters=tuple(values.get(number) for number in range(1, len(found) + 1)))
    bare = [each for each in found if each.token.text == "?"]  # a mapping has no place for these
    text = splice(sample.text, [Edit(each.token.start, each.token.end, f"?{each.number}") for each in bare])
    names = {each.number: each.token.text[1:] or str(each.number) for each in found}
    return sample._replace(text=text, parameters={names[number]: value for number, value in values.items()})


def _typical(trial: Trial, place: tuple[str, str], column: str, position: float) -> Any:
    """Return the value at ``position``, from 0 to 1, among the column's values in their order."""
    table = trial.catalog.tables[place]
    name = quote_identifier(table.columns[folded(column)].name)
    connection = trial.connection
    factory, connection.text_factory = connection.text_factory, lambda text: text.decode("utf-8", "replace")
    try:
        some = f"SELECT {name} AS value FROM {table.quoted} WHERE {name} IS NOT NULL LIMIT 5000"
        rows = connection.execute(f"SELECT value FROM ({some}) ORDER BY 1").fetchall()
    finally:
        connection.text_factory = factory
    return rows[min(int(len(rows) * position), len(rows) - 1)][0] if rows else None
