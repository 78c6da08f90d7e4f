"""connect() keywords: whose they are, whether their values are right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _catalogue
from .._errors import MissingPlugin
from .._standard import sqlite3
from ._manager import Manager

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails


def models(manager: Manager) -> dict[str, type[BaseModel]]:
    """Return the option models by plugin name."""
    return {name: function() for name, function in manager.implementations("heliosdb_options").items()}


class Keywords(NamedTuple):
    """What connect() has to know of one plugin."""

    plugin: str
    model: type[BaseModel] | None
    names: frozenset[str]
    defaults: BaseModel | None
    """Its options where no keyword is given; None where they must be made anew each time."""
    is_active: Callable[[Any], bool] | None


@lru_cache(maxsize=8)
def keywords(manager: Manager, generation: int) -> tuple[Keywords, ...]:
    """Return what connect() has to know of each plugin.

    :param generation: the manager's; part of the cache's key, so that a new registration is noticed
    """
    found, asked = models(manager), manager.implementations("heliosdb_active")
    known = []
    for name in manager.names():
        model = found.get(name)
        names = frozenset(model.model_fields if model is not None else ())
        known.append(Keywords(name, model, names, _defaults(model), asked.get(name)))
    return tuple(known)


def _defaults(model: type[BaseModel] | None) -> BaseModel | None:
    """Return the options of a plugin that was given none, if they are always the same and nobody can change them."""
    if model is None or not model.model_config.get("frozen"):
        return None
    if any(field.is_required() or field.default_factory is not None for field in model.model_fields.values()):
        return None
    return _validated(model, {})


def active_options(manager: Manager, given: Mapping[str, Any]) -> dict[str, BaseModel | None]:
    """Return the plugins that these keywords switch on, each with its validated options.

    :raises ProgrammingError: a value that the option can't take
    """
    active: dict[str, BaseModel | None] = {}
    for name, model, names, defaults, is_active in keywords(manager, manager.generation):
        mine = {key: value for key, value in given.items() if key in names} if names else {}
        options = _validated(model, mine) if model is not None and (mine or defaults is None) else defaults
        if name in manager.always or (is_active(options) if is_active is not None else mine):
            active[name] = options
    return active


def read(manager: Manager, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of options that stand as text somewhere: in a URL, in a configuration file.

    :raises ProgrammingError: a text that the option can't take, or a secret, which such places show to others
    :raises MissingPlugin, TypeError: as :func:`refuse_unknown`
    """
    found, rest = models(manager), dict(texts)
    values: dict[str, Any] = {}
    for model in found.values():
        mine = {key: rest.pop(key) for key in texts if key in rest and key in model.model_fields}
        for key in mine:
            if _secret(model, key):
                raise sqlite3.ProgrammingError(
                    f"{key} is a secret, and a text like this one is shown in logs: give it to connect() itself"
                )
        if mine:
            read = _validated(model, mine, model.model_validate_strings)
            values |= {key: getattr(read, key) for key in mine}
    refuse_unknown(manager, rest, ())
    return values


def _validated(
    model: type[BaseModel], given: Mapping[str, Any], validate: Callable[[Any], BaseModel] | None = None
) -> BaseModel:
    from pydantic import ValidationError

    try:
        return validate(given) if validate is not None else model(**given)
    except ValidationError as error:
        problems = "; ".join(_problem(model, detail) for detail in error.errors(include_url=False))
        raise sqlite3.ProgrammingError(problems) from None


def _problem(model: type[BaseModel], detail: ErrorDetails) -> str:
    """Return one complaint in words; the value of a field that is kept out of reprs is kept out of this too."""
    keyword = str(detail["loc"][0]) if detail["loc"] else "options"
    shown = "" if detail["type"] == "missing" or _secret(model, keyword) else f"={detail['input']!r}"
    return f"{keyword}{shown}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"


def _secret(model: type[BaseModel], keyword: str) -> bool:
    field = model.model_fields.get(keyword)
    return field is not None and (not field.repr or "Secret" in str(field.annotation))


def refuse_unknown(manager: Manager, unknown: Iterable[str], standard: Iterable[str]) -> None:
    """Raise for keywords that no installed plugin has, with the way out.

    :raises MissingPlugin: it is one of a HeliosDB plugin that is not installed
    :raises TypeError: nobody knows it, as with the standard library's connect()
    """
    for keyword in unknown:
        if (feature := _catalogue.owner_of_option(keyword)) is not None and not feature.installed:
            raise MissingPlugin(f"connect(..., {keyword}=...) {feature.comes_with}")
        known = [*standard, *(key for model in models(manager).values() for key in model.model_fields)]
        known += [key for feature in _catalogue.FEATURES for key in feature.options]
        close = get_close_matches(keyword, known, 1)
        hint = f": did you mean {close[0]!r}?" if close else ""
        broken = [found.name for found in manager.found if found.problem]
        hint += f" (plugins not loaded: {', '.join(broken)}; see 'heliosdb plugins')" if broken else ""
        raise TypeError(f"{keyword!r} is an invalid keyword argument for connect(){hint}")
