"""The page around every tab.

Streamlit runs this file for each browser. It stands in the folder of the tabs, not above it:
there Streamlit would take the folder for its own navigation, and a tab opened by its address
would come without header.
"""

from __future__ import annotations

if __name__ == "__main__":
    # Worker processes read this file again, and draw nothing.
    from mara.ui.shell import render

    render()
