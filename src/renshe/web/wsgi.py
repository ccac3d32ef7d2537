"""What a web server calls (WSGI).

Rule (S3-34): each such process says every minute that the web is there.

Invariant: a process that was started by another one ends with it, so that none is left that holds the port.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress

from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError, connections

from renshe.core.database.connect import set_up


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _beat() -> None:
    from renshe.core.registers.capacity import heartbeat

    while True:
        with suppress(DatabaseError):
            heartbeat("web")
        connections.close_all()
        time.sleep(60)


set_up()
for hand in (_follow, _beat):
    threading.Thread(target=hand, daemon=True).start()
application = get_wsgi_application()
