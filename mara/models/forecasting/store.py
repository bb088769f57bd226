"""Fitted models as files: an .npz of plain arrays and a JSON header, never a pickle.

The header holds a format number, a checksum, and the tree of dataclasses with their
kinds; only the kinds that are registered are ever made, by calling their constructors, which check
their fields. Anything else ends in one sentence.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from mara.domain import Origin
from mara.errors import DataFileError, MaraError

if TYPE_CHECKING:
    from pathlib import Path

    from mara.models.forecasting.base import Fitted

__all__ = ["FORMAT", "load", "save"]

FORMAT: Final = 1
_PACKAGE: Final = "mara.models.forecasting."
_LARGEST_BYTES: Final = 1 << 28

Arrays = dict[str, np.ndarray[Any, Any]]


def save(fitted: Fitted, path: Path) -> None:
    """Write a fitted model; a reader sees the old file or the new one, never half of one."""
    arrays: Arrays = {}
    tree = _encoded(fitted, arrays)
    header = {"format": FORMAT, "digest": _digest(tree, arrays), "tree": tree}
    part = path.with_suffix(path.suffix + ".part")
    with part.open("wb") as file:
        np.savez(file, header=np.array(json.dumps(header)), **arrays)  # type: ignore[arg-type]
    part.replace(path)


def load(path: Path) -> Fitted:
    """Read a fitted model.

    Raises
    ------
    DataFileError
        The file is missing, corrupt, foreign, or of another format.
    """
    try:
        return _read(path)
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        reason = str(error)
    except (zipfile.BadZipFile, MaraError, AttributeError, NotImplementedError) as error:
        reason = str(error)
    raise DataFileError(f"{path}: no fitted model can be read ({reason}); fit it again")


def _read(path: Path) -> Fitted:
    if path.stat().st_size > _LARGEST_BYTES:
        raise ValueError("it is larger than any model")
    with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
        if not isinstance(file, np.lib.npyio.NpzFile) or "header" not in file.files:
            raise ValueError("it has no header")
        header = json.loads(str(file["header"]))
        arrays = {name: file[name] for name in file.files if name != "header"}
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']!r} is not {FORMAT}")
    if header["digest"] != _digest(header["tree"], arrays):
        raise ValueError("the checksum does not hold")
    made = _decoded(header["tree"], arrays)
    if not callable(getattr(made, "predict", None)):
        raise ValueError("it holds no model")  # noqa: TRY004
    return made  # type: ignore[no-any-return]


def _digest(tree: Any, arrays: Arrays) -> str:  # noqa: ANN401
    digest = hashlib.sha256(json.dumps(tree, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _encoded(value: Any, arrays: Arrays) -> Any:  # noqa: ANN401
    """Turn a value into JSON, putting its arrays aside under their names."""
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if isinstance(value, tuple):
        return {"items": [_encoded(item, arrays) for item in value]}
    if isinstance(value, (ZoneInfo, Origin)):
        return {"zone": value.key} if isinstance(value, ZoneInfo) else {"origin": value.name}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return _encoded_fields(value, arrays)


def _encoded_fields(value: Any, arrays: Arrays) -> Any:  # noqa: ANN401
    """Turn a dataclass into JSON; `fields` refuses anything else."""
    kind = f"{type(value).__module__.removeprefix(_PACKAGE)}:{type(value).__name__}"
    named = {f.name: _encoded(getattr(value, f.name), arrays) for f in fields(value)}
    return {"kind": kind, "fields": named}


def _decoded(tree: Any, arrays: Arrays) -> Any:  # noqa: ANN401
    """Turn JSON back into the value, each dataclass through its own constructor."""
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        array = arrays[tree["array"]]
        array.setflags(write=False)
        return array
    if "items" in tree:
        return tuple(_decoded(item, arrays) for item in tree["items"])
    if "fields" not in tree:
        return ZoneInfo(tree["zone"]) if "zone" in tree else Origin[tree["origin"]]
    made = {name: _decoded(item, arrays) for name, item in tree["fields"].items()}
    return _kind(tree["kind"])(**made)


def _kind(name: str) -> Any:  # noqa: ANN401
    """Find the class of a kind, one of those that are registered."""
    from mara.models.forecasting.registry import KINDS  # noqa: PLC0415

    if name not in KINDS:
        raise ValueError(f"kind {name!r} is unknown")
    module, _, kind = name.partition(":")
    return getattr(import_module(module if module.startswith("mara.") else _PACKAGE + module), kind)
