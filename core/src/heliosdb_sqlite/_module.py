"""Module attributes that are made when they are asked for: deprecated names, submodules, functions of plugins."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ._errors import MissingPlugin

if TYPE_CHECKING:
    from types import ModuleType

DEPRECATED = frozenset({"version", "version_info", "OptimizedUnicode"})


def deprecated_name(module: ModuleType, name: str, importer: str) -> Any:
    """Return a name that the standard library hands out with a DeprecationWarning, shown at the caller's line.

    :param module: the standard library's module that owns the name, ``sqlite3`` or ``sqlite3.dbapi2``
    :param importer: ``__name__`` of the HeliosDB module that was asked for it
    :raises AttributeError: the running Python has no such name
    """
    if name not in DEPRECATED or not hasattr(module, "__getattr__"):
        raise AttributeError(f"module {importer!r} has no attribute {name!r}")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = module.__getattr__(name)
        except AttributeError:
            raise AttributeError(f"module {importer!r} has no attribute {name!r}") from None
    for warning in caught:
        warnings.warn(warning.message, warning.category, stacklevel=3)
    return value


def made_on_demand(name: str, package: str) -> Any:
    """Return a submodule of the package, imported now, or the function of that name which an installed plugin brings.

    :raises MissingPlugin: a HeliosDB plugin that is not installed brings it; the message says how to install it
    :raises AttributeError: nobody knows it
    """
    if not name.startswith("_"):
        if find_spec(f"{package}.{name}") is not None:
            return import_module(f"{package}.{name}")
        from . import _catalogue
        from .plugins._manager import manager

        feature = _catalogue.owner_of_function(name)
        function = manager(None if feature is None else (feature.name,)).functions().get(name)
        if function is not None:
            return function
        if feature is not None:
            raise MissingPlugin(f"{name}() {feature.comes_with}")
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
