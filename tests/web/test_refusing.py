"""A large body is read for whoever is in, and for nobody else."""

from __future__ import annotations

import pytest
from django.conf import settings
from tests.channels.api.conftest import open_counter
from tests.channels.desk.conftest import browser
from tests.clients import client
from tests.core import conftest as ground  # sets Django up
from tests.core.casework.conftest import Office, office

assert office
logins, db, committed = ground.logins, ground.db, ground.committed
LARGE = str(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
FORM = "multipart/form-data; boundary=x"


@pytest.mark.parametrize("path", ["/sign-in", "/cases", "/portal/sign-in", "/api/v1/cases", "/nowhere"])
def test_a_large_body_of_a_stranger_is_refused_unread(db: None, path: str) -> None:
    answer = client().generic("POST", path, b"", FORM, CONTENT_LENGTH=LARGE)
    assert answer.status_code == 413, answer.content.decode()[:300]
    assert client().generic("POST", "/sign-in", b"", FORM, CONTENT_LENGTH="x").status_code == 413


def test_whoever_is_in_may_bring_much(office: Office) -> None:
    open_counter(office)
    desk = browser(office, "entry")
    answer = desk.client.generic("POST", "/cases/search", b"", FORM, CONTENT_LENGTH=LARGE)
    assert answer.status_code != 413
