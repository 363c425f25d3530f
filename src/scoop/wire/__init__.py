"""What travels between processes: how messages are framed, and how objects become bytes."""

import sys

if sys.platform == "win32":  # here, since all that starts or talks to processes imports this
    from ..errors import ON_WINDOWS

    raise ImportError(ON_WINDOWS)
