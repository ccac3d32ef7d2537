"""The product's settings, with the toys among the apps."""

from renshe.web.settings import *  # noqa: F403
from renshe.web.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.core.toys"]
SECRET_KEY = "for tests alone, and long enough that nothing is said of it"
RENSHE_CREDENTIAL_KEY = "for tests"
