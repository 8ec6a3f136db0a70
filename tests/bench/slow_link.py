"""A stand-in for ssh: joins its input and output to a socket; every piece arrives late, throughput is not limited.

slow_link.py SECONDS SOCKET
"""

from __future__ import annotations

import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable


def main() -> None:
    """Copy both ways until either end closes."""
    delay, path = float(sys.argv[1]), sys.argv[2]
    daemon = socket.socket(socket.AF_UNIX)
    daemon.connect(path)
    threading.Thread(target=copy_late, args=(lambda: daemon.recv(65536), write_out, delay), daemon=True).start()
    copy_late(lambda: os.read(0, 65536), daemon.sendall, delay)


def copy_late(read: Callable[[], bytes], write: Callable[[bytes], object], delay: float) -> None:
    """Write what is read, each piece `delay` seconds after it came; end the process at the end of the input."""
    pieces: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def drain() -> None:
        while True:
            due, data = pieces.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not data:
                os._exit(0)
            write(data)

    threading.Thread(target=drain, daemon=True).start()
    while True:
        data = read()
        pieces.put((time.monotonic() + delay, data))
        if not data:
            time.sleep(delay + 1)
            return


def write_out(data: bytes) -> None:
    """Write all of `data` to standard output."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
