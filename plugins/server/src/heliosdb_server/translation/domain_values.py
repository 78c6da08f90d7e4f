"""Values of domains: what is cast to one, and what a column of one may hold."""

from __future__ import annotations

from heliosdb_sqlite.sql.quoting import quote_text

from ..protocol.errors import PgError
from ..types.registry import Sized
from . import tree
from .domains import noted
from .enumerations import Enumerations
from .literals import S_BOOL
from .scope import Column, Ex, Relation, Scope


def of_value(text: str, sized: Sized | None) -> Scope:
    """Return the scope of a domain's condition, in which VALUE is this expression."""
    return Scope([Relation("", (Column("value", sized, text),))])


class DomainValues(Enumerations):
    """Writes what is cast to a domain, and the conditions of columns."""

    def _indomain(self, node: tree.InDomain, scope: Scope, want: Sized | None) -> Ex:
        domain = node.domain
        before = self.volatile, self.writes
        self.volatile = self.writes = False
        made = self.ex(node.operand, scope, want)
        once = self.volatile or self.writes
        self.volatile, self.writes = self.volatile or before[0], self.writes or before[1]
        if not (domain.checks or domain.not_null):
            return made
        if once and " OVER " in made.text:
            raise PgError(
                "0A000", "a window over changing values can't be cast to a domain", position=node.at + 1
            )
        alias = self.fresh("domain")
        value = f"{alias}.value" if once else made.text  # in a query of its own a window would have one row
        name = quote_text(domain.name)
        broken = [
            f"WHEN NOT {self.truth(check, of_value(value, domain.base), 'CHECK')} "
            f"THEN pg_out_of_domain({name}, {quote_text(label)})"
            for label, (check,) in node.conditions.items()
        ]
        if domain.not_null:
            broken.insert(0, f"WHEN {value} IS NULL THEN pg_out_of_domain({name}, NULL)")
        text = f"(CASE /* {noted(domain.name)} */ {' '.join(broken)} ELSE {value} END)"
        if once:
            text = f"(SELECT {text} FROM (SELECT {made.text} AS value) AS {alias})"
        return self.own(text, made.sized)._replace(scale=made.decimals, not_null=domain.not_null)

    def _ofdomain(self, node: tree.OfDomain, scope: Scope, want: Sized | None) -> Ex:
        column = self.ex(tree.Name((node.column,)), scope)
        return Ex(self.truth(node.operand, of_value(column.text, column.sized), "CHECK"), S_BOOL)
