"""Methods that plugins add to connections and cursors, found when first asked for."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from ._errors import MissingPlugin
from ._first_party import Unloaded


def plugin_method(owner: Any, name: str) -> Any:
    """Return the method ``name`` that a plugin brings, after setting that plugin's methods on the classes.

    :param owner: the connection or cursor that was asked for it, or its class
    :raises MissingPlugin: a HeliosDB plugin that is not installed brings it; the message says how to install it
    :raises AttributeError: nobody knows it
    """
    cls = owner if isinstance(owner, type) else type(owner)
    if not name.startswith("_"):
        from . import _catalogue
        from .plugins._manager import manager

        manager(_catalogue.plugins_of_method(name)).install_methods()
        if not isinstance(class_attribute(cls, name), Unloaded | None):
            return getattr(owner, name)
        if (feature := _catalogue.owner_of_method(name)) is not None:
            raise MissingPlugin(f"{name}() {feature.comes_with}")
    raise AttributeError(f"{cls.__name__!r} object has no attribute {name!r}", name=name, obj=owner)


def standalone_method(plugin: str, module: str, name: str) -> Any:
    """Return a method of one of the core's own plugins without loading the others; None where that one is disabled."""
    disabled = (each.strip() for each in os.environ.get("HELIOSDB_DISABLE_PLUGINS", "").split(","))
    return None if plugin in disabled else getattr(import_module(module), name)


def class_attribute(cls: type, name: str) -> Any:
    """Return what stands on the class under that name, without asking a descriptor; None when nothing does."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def names_with_plugins(owner: Any) -> list[str]:
    """Return what ``dir(owner)`` shows: the methods of the installed plugins are part of it, those of others not."""
    from .plugins._manager import manager

    manager().install_methods()
    cls = type(owner)
    return sorted(
        name for name in object.__dir__(owner) if not isinstance(class_attribute(cls, name), Unloaded)
    )
