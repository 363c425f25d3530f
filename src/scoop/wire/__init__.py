"""What travels between processes: how messages are framed, and how objects become bytes."""

import sys

from ..errors import ON_WINDOWS

if sys.platform == "win32":  # here, since all that starts or talks to processes imports this
    raise ImportError(ON_WINDOWS)
