"""Which domains the table shows, and in what order: filter and sort over the fleet, with as little work as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic

from kvmtui.fleet.fleet import Fleet
from kvmtui.model.domain import Domain
from kvmtui.model.host import HostSnapshot
from kvmtui.model.key import Key
from kvmtui.model.order import natural, sorted_rows
from kvmtui.model.query import Query, Sieve
from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.domain_columns import LIVE
from kvmtui.ui.widgets.table import SortOrder

CALM = 4.0
"""Seconds for which an order by values that change all the time stays as it is."""


class DomainRows:
    """The rows of the domains table."""

    def __init__(self, columns: Mapping[str, Column[Domain]]) -> None:
        """Start unfiltered, by name; `columns` are all that can be sorted by."""
        self._columns = columns
        self._sieve = Sieve()
        self._query = Query()
        self._order = SortOrder("name")
        self._snapshots: tuple[HostSnapshot | None, ...] = ()
        self._host_names: dict[str, str] = {}
        self._rows: Sequence[Domain] = ()
        self._keys: list[Key] = []
        self._places: list[int] = []
        """Where each row stands among the domains as the fleet has them."""
        self._sorted_at = 0.0
        self._is_outdated = True
        self.total = 0
        """How many domains there are, filtered or not."""

    @property
    def query(self) -> Query:
        """The filter."""
        return self._query

    @query.setter
    def query(self, query: Query) -> None:
        self._query = query
        self._is_outdated = True

    @property
    def order(self) -> SortOrder:
        """What the rows are sorted by."""
        return self._order

    @order.setter
    def order(self, order: SortOrder) -> None:
        self._order = order
        self._is_outdated = True

    def of(self, fleet: Fleet) -> Sequence[Domain]:
        """Return the rows; the same object as before when nothing changed."""
        views = fleet.views
        snapshots = tuple(view.snapshot for view in views)
        names = {view.key: view.name for view in views}
        is_same = len(snapshots) == len(self._snapshots) and all(
            one is other for one, other in zip(snapshots, self._snapshots, strict=True)
        )
        if is_same and names == self._host_names and not self._is_outdated:
            return self._rows
        self._snapshots, self._host_names = snapshots, names
        domains = fleet.domains()
        self.total = len(domains)
        rows = self._sorted(self._sieve.apply(self._query, domains, names))
        if len(rows) != len(self._rows) or any(one is not other for one, other in zip(rows, self._rows, strict=True)):
            self._rows = rows
        self._is_outdated = False
        return self._rows

    def _sorted(self, domains: list[Domain]) -> list[Domain]:
        keys = [domain.key for domain in domains]
        if self._is_outdated or keys != self._keys:
            rows = self._sort(sorted_rows(domains, lambda domain: natural(domain.name)))
        else:
            rows = [domains[place] for place in self._places]
            if self._is_order_kept(rows):
                return rows
            rows = self._sort(rows)
        places = {id(domain): place for place, domain in enumerate(domains)}
        self._keys, self._places = keys, [places[id(domain)] for domain in rows]
        self._sorted_at = monotonic()
        return rows

    def _is_order_kept(self, rows: Sequence[Domain]) -> bool:
        """Return whether the rows, in the order that they had before, can stay in it."""
        if self._order.column in LIVE:
            return monotonic() - self._sorted_at < CALM
        value = self._columns[self._order.column].sort
        return value is None or all(
            row is before or value(row) == value(before) for row, before in zip(rows, self._rows, strict=True)
        )  # fmt: skip

    def _sort(self, rows: list[Domain]) -> list[Domain]:
        value = self._columns[self._order.column].sort
        return rows if value is None else sorted_rows(rows, value, is_descending=self._order.is_descending)
