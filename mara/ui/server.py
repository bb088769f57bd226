"""The Streamlit server of `app.py`, in this process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

__all__ = ["serve_app"]


def serve_app(port: int) -> NoReturn:
    """Serve the dashboard on `port` until the process is told to end."""
    from streamlit.web import cli  # noqa: PLC0415

    root = Path(__file__).resolve().parents[2]
    os.chdir(root)
    sys.argv = ["streamlit", "run", str(root / "app.py"), "--server.port", str(port)]
    cli.main()
    sys.exit(0)
