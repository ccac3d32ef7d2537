"""Django's settings. Nothing here is a secret or a place: those come from ``RENSHE_HOME`` when a process starts.

Invariant: pages and API work without internet and load nothing from elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path

DEBUG = False
ALLOWED_HOSTS = os.environ.get("RENSHE_HOSTS", "127.0.0.1 localhost").split()
# Addresses of proxies of one's own, which tell from where a request came.
PROXIES = os.environ.get("RENSHE_PROXIES", "").split()
SECRET_KEY = os.environ.get("RENSHE_SECRET_KEY", "")
INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "renshe.core.journal",
    "renshe.core.org",
    "renshe.core.jobs",
    "renshe.core.filing",
    "renshe.core.registers",
    "renshe.core.casework",
    "renshe.core.pages",
    "renshe.core.exchange",
    "renshe.core.affairs",
    "renshe.modules.registry",
    "renshe.channels.api",
    "renshe.channels.desk",
    "renshe.channels.portal",
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
# Where papers lie is filled in by ``core.database.connect``; the virus scanner is the agency's (core.filing.scanning).
PAPERS: Path | None = None
SCANNER = os.environ.get("RENSHE_SCANNER", "")
SCANNER_REQUIRED = os.environ.get("RENSHE_SCANNER_REQUIRED", "") == "1"
# Jobs are declared by our own rooms (core.jobs), not by modules of the queue's naming.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""
# A file that is attached, and what goes with it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 24 * 1024 * 1024
# A package of exchange, in MB; more than packages may have at all (packages.package) is never taken.
EXCHANGE_MOST_MB = os.environ.get("RENSHE_EXCHANGE_MOST_MB", "")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "renshe.channels.api.problems.Front",
    "renshe.web.refusing.Readable",
    "django.middleware.csrf.CsrfViewMiddleware",
    "renshe.channels.api.once.Once",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        # Each room brings its own (``jinja2/``): a line that is taken out takes its pages with it.
        "APP_DIRS": True,
        "OPTIONS": {"environment": "renshe.core.pages.environment.environment"},
    }
]
# Files that come along are named with what is in them: browsers keep them for good.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 365 * 24 * 3600
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"], "object-src": ["'none'"], "base-uri": ["'none'"], "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}  # fmt: skip
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "renshe.web.refusing.forged"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    # TLS ends at the agency's proxy, which also sends others to it; cookies are marked where the request came by it.
    "security.W004",
    "security.W008",
    "security.W016",
]
ROOT_URLCONF = "renshe.web.urls"
