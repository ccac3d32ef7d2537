"""What a web server calls (WSGI).

Invariant: a process that was started by another one ends with it, so that none is left that holds the port.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading

from django.core.wsgi import get_wsgi_application

from renshe.core.database.connect import set_up


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


set_up()
threading.Thread(target=_follow, daemon=True).start()
application = get_wsgi_application()
