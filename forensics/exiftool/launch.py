"""Bounds this process, then becomes ExifTool. Run as a file, by Python alone.

ExifTool waits for ever once its caller is gone, so the kernel is asked to end it with
the caller. Doing this here, and not between fork and exec, is safe beside threads.
"""

import contextlib
import os
import resource
import signal
import sys

_MEMORY = 1 << 30
_PR_SET_PDEATHSIG = 1


def _limit(name: str, value: int) -> None:
    number = getattr(resource, name, None)
    if number is not None:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(number, (value, value))


def main(parent: int, command: list[str]) -> None:
    """Take every right away that reading needs not, and start ``command``."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only where it is used

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)  # it was gone before it could be followed
    _limit("RLIMIT_AS", _MEMORY)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_FSIZE", 0)  # it reads; a byte written to any file ends it
    _limit("RLIMIT_NPROC", 0)  # it starts nothing (has no effect for root)
    os.execve(command[0], command, dict(os.environ))  # noqa: S606 - no shell: meant


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
