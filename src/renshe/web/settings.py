"""Django's settings. Nothing here is a secret or a place: those come from ``RENSHE_HOME`` when a process starts.

Invariant: pages and API work without internet and load nothing from elsewhere.
"""

from __future__ import annotations

import os

DEBUG = False
ALLOWED_HOSTS = os.environ.get("RENSHE_HOSTS", "127.0.0.1 localhost").split()
SECRET_KEY = os.environ.get("RENSHE_SECRET_KEY", "")
INSTALLED_APPS = [
    "renshe.core.journal",
    "renshe.core.org",
    "renshe.core.jobs",
    "renshe.core.filing",
    "renshe.core.registers",
    "renshe.core.casework",
    "renshe.core.affairs",
    "renshe.channels.api",
]
# The application works as ``default``; migrations run as ``owner``. Both are filled in by ``core.database.connect``.
DATABASES = {
    alias: {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        # A server that does not answer is down; nobody waits for it for minutes.
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 3, "connect_timeout": 10},
    }
    for alias in ("default", "owner")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
MIDDLEWARE = ["renshe.channels.api.once.Once"]
ROOT_URLCONF = "renshe.web.urls"
