"""How deep Python code may recurse: expressions with thousands of terms are trees of thousands of levels."""

from __future__ import annotations

import platform
import resource
import sys
import threading

DEPTH = 5000
"""Calls. Reading nested operators takes most of the native stack, up to a kilobyte a call: half of the room remains."""
_STACK_NEEDED = 8 << 20


def allow_deep_recursion() -> None:
    """Raises Python's limit where the stacks of this process's threads have room for it: glibc gives every thread what
    the resource limit says."""
    size = threading.stack_size() or resource.getrlimit(resource.RLIMIT_STACK)[0]
    roomy = size == resource.RLIM_INFINITY or size >= _STACK_NEEDED
    if roomy and platform.libc_ver()[0] == "glibc" and sys.getrecursionlimit() < DEPTH:
        sys.setrecursionlimit(DEPTH)
