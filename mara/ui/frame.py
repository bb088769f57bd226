"""The edge of every page: what goes wrong is logged whole, and shown as one sentence."""

from __future__ import annotations

from uuid import uuid4

import streamlit as st
import structlog
from streamlit.errors import FragmentHandledException

from mara.errors import MaraError
from mara.ui import format as fmt

__all__ = ["page_failed"]

_log = structlog.get_logger("mara.ui.frame")


def page_failed(error: Exception) -> bool:
    """Log an error of a page with its traceback, and show one sentence in its place.

    Returns True: Streamlit shows nothing of its own. An error of a fragment inside a fragment
    comes here a second time, wrapped, and is passed over.
    """
    if isinstance(error, FragmentHandledException):
        return True
    code = uuid4().hex[:8]
    _log.error("page failed", code=code, exc_info=error)
    if isinstance(error, MaraError):
        st.error(fmt.plain(str(error)), icon=":material/error:")
    else:
        st.error(
            f"This part of the page failed; the agents go on. The log tells more under {code}.",
            icon=":material/error:",
        )
    return True
