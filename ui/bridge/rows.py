"""A list of frozen dataclasses as a Qt model: every field is a role, and only what changed is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from PySide6.QtCore import QAbstractListModel, QByteArray, QModelIndex, QObject, QPersistentModelIndex, Qt

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class RowsModel(QAbstractListModel):
    """Shows a sequence of values of one dataclass."""

    def __init__(self, kind: type[Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names = [field.name for field in fields(kind)]
        self._rows: list[Any] = []

    def rowCount(self, parent: _Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        name_at = role - Qt.ItemDataRole.UserRole
        if not index.isValid() or not 0 <= name_at < len(self._names) or index.row() >= len(self._rows):
            return None
        value = getattr(self._rows[index.row()], self._names[name_at])
        return list(value) if isinstance(value, tuple) else value

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802
        return {Qt.ItemDataRole.UserRole + at: QByteArray(name.encode()) for at, name in enumerate(self._names)}

    def show(self, rows: Sequence[Any]) -> None:
        """Show these rows now. Rows that stay keep their delegates, so focus and scrolling survive a refresh."""
        new = list(rows)
        for at, (old_row, new_row) in enumerate(zip(self._rows, new, strict=False)):
            if old_row != new_row:
                self._rows[at] = new_row
                self.dataChanged.emit(self.index(at), self.index(at))
        if len(new) > len(self._rows):
            self.beginInsertRows(_ROOT, len(self._rows), len(new) - 1)
            self._rows += new[len(self._rows) :]
            self.endInsertRows()
        elif len(new) < len(self._rows):
            self.beginRemoveRows(_ROOT, len(new), len(self._rows) - 1)
            del self._rows[len(new) :]
            self.endRemoveRows()

    @property
    def rows(self) -> list[Any]:
        return self._rows
