"""What a decimal number is shown as: the expression that gives its digits, beside the one that gives its value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from heliosdb_sqlite.sql.quoting import quote_text

from ..types.registry import BPCHAR, INTEGERS, NUMERIC, Sized
from . import spaces, tree
from .scope import Ex

_ONCE = re.compile(r"nextval|random|setval", re.IGNORECASE)  # what is better not asked twice


def literal(text: str) -> tuple[str, int] | None:
    """Return a number's digits as they are shown, and how many are behind the point."""
    made = Decimal(text)
    exponent = made.as_tuple().exponent
    digits = f"{made or made.copy_abs():f}"
    return (digits, max(-exponent, 0)) if isinstance(exponent, int) else None


def is_free(ex: Ex) -> bool:
    """Is it a number that has as many decimals as its value says, not its type?"""
    return ex.type is NUMERIC and ex.sized is not None and ex.sized.modifier == -1


def exact(ex: Ex) -> str:
    """Return an expression for the digits of a number, as far as they are known."""
    if ex.type is BPCHAR:
        return spaces.filled(ex)
    if ex.shown:
        return ex.shown
    if ex.type in INTEGERS or ex.decimals is None:
        return ex.text
    return f"pg_exact_scaled({ex.text}, {ex.decimals})"


_ROUNDED = re.compile(r"pg_exact\('/'|pg_exact_(?:average|sqrt|exp|ln|log|power)\b|pg_aggregate")


def kept(text: str, shown: str, sized: Sized) -> str:
    """Return a calculated number on its way into a column, which refuses digits that the file can't keep."""
    rounds = ", 1" if _ROUNDED.search(shown) else ""
    return f"pg_kept({text}, {sized.modifier}{rounds})"


def calculated(op: str, a: Ex, b: Ex) -> str:
    """Return what shows the result of an operator."""
    return f"pg_exact('{op}', {exact(a)}, {exact(b)})"


def same_scale(items: Sequence[Ex]) -> int | None:
    """Return how many decimals each of these has; None where they differ or do not say."""
    scales = {item.decimals for item in items if item.text != "NULL"}
    return scales.pop() if len(scales) == 1 else None


def picked(made: Ex, items: Sequence[Ex], shown: str) -> Ex:
    """Return an expression whose value is one of these as one that is shown like it."""
    if made.type is BPCHAR:
        return spaces.picked(made, items, shown)
    if not is_free(made):
        return made
    if (scale := same_scale(items)) is not None:
        return made._replace(scale=scale, shown=shown if any(item.shown for item in items) else "")
    return made._replace(shown=shown) if all(item.sized is not None for item in items) else made


# To how many decimals extract() gives a field; those that are not here are whole.
_FIELDS = {"second": 6, "seconds": 6, "epoch": 6, "milliseconds": 3, "millisecond": 3}
_WINDOWS = frozenset(("first_value", "last_value", "nth_value", "mode", "percentile_disc"))
_BY_NAME = {
    "ceil": "ceil",
    "ceiling": "ceil",
    "floor": "floor",
    "sqrt": "sqrt",
    "abs": "abs",
    "div": "div",
    "exp": "exp",
    "ln": "ln",
    "power": "power",
    "pow": "power",
}


def called(name: str, made: Ex, args: Sequence[Ex]) -> Ex:
    """Return a function's result with what shows it."""
    if made.type is BPCHAR and name in _WINDOWS | {"lag", "lead"} and args:
        shown = made.text if len(args) < 3 else ""
        made = spaces.sizeless(made._replace(sized=args[0].sized)) if shown else made
    if not is_free(made) or not args:
        return made
    if name == "trim_scale":
        return made._replace(shown=f"pg_exact_trim({exact(args[0])})")
    if name in ("round", "trunc"):
        if any(arg.type not in INTEGERS and arg.type is not NUMERIC for arg in args):
            return made
        places = args[1].text if len(args) > 1 else "0"
        scale = int(places) if places.isdigit() else None
        return made._replace(shown=f"pg_exact_{name}({exact(args[0])}, {places})", scale=scale)
    if name == "mod":
        return made._replace(shown=calculated("%", *args[:2]))
    if name == "extract":
        field = str(args[0].const).lower()
        if field == "epoch":
            return made._replace(scale=6, shown=f"pg_exact_micros({made.text})")
        return made._replace(scale=_FIELDS.get(field, 0)) if field != "julian" else made
    if name == "log":
        base = "10" if len(args) == 1 else exact(args[0])
        return made._replace(shown=f"pg_exact_log({base}, {exact(args[-1])})")
    if name == "to_number":
        return made._replace(shown=f"pg_exact_{made.text.removeprefix('pg_')}")
    if name in _WINDOWS or (name in ("lag", "lead") and len(args) < 3):
        return made._replace(scale=args[0].decimals)
    if name == "sign":
        return made._replace(scale=0)
    if name in _BY_NAME:
        scale = (
            0 if name in ("ceil", "ceiling", "floor", "div") else args[0].decimals if name == "abs" else None
        )
        listed = ", ".join(map(exact, args))
        return made._replace(shown=f"pg_exact_{_BY_NAME[name]}({listed})", scale=scale)
    return made


def listed(ex: Ex) -> str:
    """Return what a client is given for an expression that its query lists."""
    shows = is_free(ex) or ex.type is BPCHAR
    return ex.shown if shows and ex.shown and not _ONCE.search(ex.shown) else ex.text


def has_digits(ex: Ex) -> bool:
    """Has it digits that neither its value nor its type tells?"""
    if ex.type is BPCHAR:
        return bool(ex.shown)
    known = ex.decimals is not None and not ex.shown.startswith(("pg_exact_sum(", "pg_exact_shift("))
    return is_free(ex) and not known and bool(ex.shown) and not _ONCE.search(ex.shown)


def only_core(node: tree.Node) -> tree.Node | None:
    """Return the SELECT that a query is, None where it is more than one, or its rows are looked at once more."""
    found = last_of(node)
    return found[0] if len(found) == 1 and isinstance(found[0], tree.Core) else None


def last_of(node: tree.Node) -> list[tree.Node]:
    """Return the parts of a query whose rows become its rows, where nothing is done with them on the way."""
    if isinstance(node, tree.Select):
        if node.ties:
            return []
        if isinstance(node.body, tree.SetOp) and node.order:
            return []
        if isinstance(node.body, tree.Values) and node.order:
            return []
        if isinstance(node.body, tree.Select) and node.order:
            return []
        return last_of(node.body)
    if isinstance(node, tree.SetOp):
        return [*last_of(node.left), *last_of(node.right)] if node.op == "UNION ALL" else []
    if isinstance(node, tree.Core):
        return [] if node.distinct or node.distinct_on else [node]
    return [node] if isinstance(node, tree.Values) else []


def compared_of(node: tree.Node) -> list[tree.Node]:
    """Return the parts of a query whose rows become its rows once they have been compared with each other."""
    if isinstance(node, tree.Select):
        return compared_of(node.body)
    if isinstance(node, tree.SetOp):
        inner = [*compared_of(node.left), *compared_of(node.right)]
        return inner if node.op == "UNION ALL" else [*inner, *last_of(node.left), *last_of(node.right)]
    return [node] if isinstance(node, tree.Core) and (node.distinct or node.distinct_on) else []


def typed(ex: Ex, want: Sized) -> Ex:
    """Return a literal that has become a number, with what shows it."""
    if want.type is not NUMERIC or want.modifier != -1 or not isinstance(ex.const, str):
        return ex
    found = literal(ex.const.strip())
    return ex._replace(shown=quote_text(found[0]), scale=found[1]) if found is not None else ex
