"""Which domains the table shows, and in what order: filter and sort over the fleet, with as little work as possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic

from kvmtui.fleet.fleet import Fleet
from kvmtui.model.domain import Domain
from kvmtui.model.host import HostSnapshot
from kvmtui.model.order import in_order_of, natural, sorted_rows
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
        now = monotonic()
        known = in_order_of(domains, [row.key for row in self._rows], lambda domain: domain.key)
        if known is not None and self._order.column in LIVE and not self._is_outdated and now - self._sorted_at < CALM:
            return known
        self._sorted_at = now
        # A list that is almost in order already is sorted in almost no time.
        by_name = sorted_rows(
            known if known is not None and self._order.column == "name" else domains, lambda domain: natural(domain.name)
        )
        column = self._columns.get(self._order.column)
        if column is None or column.sort is None:
            return by_name
        if column.id == "name":
            return by_name[::-1] if self._order.is_descending else by_name
        return sorted_rows(by_name, column.sort, is_descending=self._order.is_descending)
