"""Sites and their allocations, in the exchange's own database."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from mara.errors import SettingsError
from mara.exchange.economics import COUNT_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.engine import RowMapping

__all__ = ["Allocated", "ExchangeStore", "RegisteredSite"]

_METADATA = sa.MetaData()
_SITES = sa.Table(
    "sites",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("power_w", sa.Integer, nullable=False),
)
_ALLOCATIONS = sa.Table(
    "allocations",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("site_id", sa.ForeignKey("sites.id"), nullable=False, index=True),
    *(sa.Column(key, sa.Integer, nullable=False) for key in COUNT_KEYS),
    sa.Column("updated_at", sa.String(32), nullable=False),
)
_FACTS = sa.Table(
    "facts",
    _METADATA,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredSite:
    """A site and the power it may draw."""

    site_id: int
    name: str
    power_w: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocated:
    """The newest allocation of a site."""

    allocation_id: int
    site_id: int
    counts: dict[str, int]
    updated_at: str


class ExchangeStore:
    """Keeps sites by the hash of their key, and every allocation they sent.

    Parameters
    ----------
    url
        A SQLAlchemy URL; the folder of an SQLite file is made.

    Raises
    ------
    SettingsError
        The database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self._engine = _opened(url)

    def add_site(self, name: str, power_w: int, at: datetime) -> tuple[RegisteredSite, str]:
        """Make a site with nothing on; its key is given here and never again."""
        key = secrets.token_urlsafe(24)
        with self._engine.begin() as db:
            new = _SITES.insert().values(name=name, key_hash=_hash(key), power_w=power_w)
            site_id = int(db.execute(new.returning(_SITES.c.id)).scalar_one())
            db.execute(_allocation(site_id, dict.fromkeys(COUNT_KEYS, 0), at))
        return RegisteredSite(site_id=site_id, name=name, power_w=power_w), key

    def site_of(self, key: str) -> RegisteredSite | None:
        """Find the site that `key` belongs to."""
        query = sa.select(_SITES).where(_SITES.c.key_hash == _hash(key))
        with self._engine.connect() as db:
            row = db.execute(query).mappings().first()
        return None if row is None else _site(row)

    def set_power(self, site_id: int, power_w: int) -> None:
        """Change a site's limit; what runs goes on until the next allocation."""
        with self._engine.begin() as db:
            db.execute(_SITES.update().where(_SITES.c.id == site_id).values(power_w=power_w))

    def allocate(self, site_id: int, counts: Mapping[str, int], at: datetime) -> Allocated:
        """Put an allocation in force."""
        with self._engine.begin() as db:
            db.execute(_allocation(site_id, counts, at))
        return self.allocated(site_id)

    def allocated(self, site_id: int) -> Allocated:
        """Give the allocation in force."""
        newest = _ALLOCATIONS.c.id.desc()
        query = sa.select(_ALLOCATIONS).where(_ALLOCATIONS.c.site_id == site_id).order_by(newest)
        with self._engine.connect() as db:
            row = db.execute(query.limit(1)).mappings().one()
        return Allocated(
            allocation_id=row["id"],
            site_id=row["site_id"],
            counts={key: row[key] for key in COUNT_KEYS},
            updated_at=row["updated_at"],
        )

    def fact(self, name: str, otherwise: str) -> str:
        """Give what is kept under `name`; where nothing is, keep `otherwise`."""
        query = sa.select(_FACTS.c.value).where(_FACTS.c.name == name)
        with self._engine.begin() as db:
            held = db.execute(query).scalar()
            if held is None:
                db.execute(_FACTS.insert().values(name=name, value=otherwise))
        return otherwise if held is None else str(held)

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()


def _opened(url: str) -> sa.Engine:
    """Open the database and make its tables."""
    try:
        place = sa.make_url(url)
        if place.database and place.get_backend_name() == "sqlite":
            Path(place.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(place)
        _METADATA.create_all(engine)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise SettingsError(
            f"exchange: database {url!r} cannot be used ({str(error).splitlines()[0]}); give one "
            "such as sqlite:///var/exchange.db"
        ) from None
    return engine


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _allocation(site_id: int, counts: Mapping[str, int], at: datetime) -> sa.Insert:
    stamp = at.replace(tzinfo=None).isoformat()
    return _ALLOCATIONS.insert().values(site_id=site_id, updated_at=stamp, **counts)


def _site(row: RowMapping) -> RegisteredSite:
    return RegisteredSite(site_id=row["id"], name=row["name"], power_w=row["power_w"])
