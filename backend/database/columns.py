"""Column shapes that our tables share, and the Postgres types that SQLAlchemy does not know by itself."""

from typing import Any

from sqlalchemy import DateTime, Index, MetaData, Text, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

__all__ = ["Index", "Point", "Table", "Xid8", "identifier", "moment", "now", "sql", "text"]


class Table(SQLModel):
    """Base of every table of ours: they live in the schema `app`."""

    metadata = MetaData(schema="app")


class Point(UserDefinedType[str]):
    """Postgres's core `point`, in metres on the Mercator map. Read and written by SQL functions only."""

    cache_ok = True

    def get_col_spec(self, **_kw: Any) -> str:
        return "point"


class Xid8(UserDefinedType[int]):
    """A transaction's number that never wraps around."""

    cache_ok = True

    def get_col_spec(self, **_kw: Any) -> str:
        return "xid8"


ischema_names["point"] = Point
ischema_names["xid8"] = Xid8


def identifier() -> Any:
    """A UUID v7 made by the database."""
    return Field(default=None, primary_key=True, sa_column_kwargs={"server_default": func.app.uuid7()})


def text(**kwargs: Any) -> Any:
    """Text without a length; lengths are CHECKs with a name."""
    return Field(sa_type=Text, **kwargs)


def moment(**kwargs: Any) -> Any:
    """A point in time with its zone (`timestamptz`)."""
    return Field(sa_type=DateTime(timezone=True), **kwargs)


def now() -> Any:
    """The moment of the insert, by the database's clock."""
    return moment(default=None, sa_column_kwargs={"server_default": func.now()})
