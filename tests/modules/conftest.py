"""What tests of business lines stand on: a bureau of invented people, on a database of the session."""

from tests.core import conftest as ground  # sets Django up
from tests.core.casework import conftest as casework

logins, db, committed = ground.logins, ground.db, ground.committed
office, office_committed = casework.office, casework.office_committed
