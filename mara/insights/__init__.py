"""Text about the running system: facts first, every figure traced, Claude or an offline stand-in."""
