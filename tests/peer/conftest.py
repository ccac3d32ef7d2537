"""The county's ground, for tests in which it talks to a peer."""

from tests.core import conftest as ground  # sets Django up
from tests.core.exchange.conftest import exchange, papers

assert exchange and papers
logins, db, committed = ground.logins, ground.db, ground.committed
