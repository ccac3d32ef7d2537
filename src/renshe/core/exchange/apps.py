"""Exchange as Django knows it."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from renshe.core.journal.vouching import vouches

_PARTNER = "EXISTS (SELECT FROM exchange_partner p WHERE asked = 'partner:' || p.code)"


class Exchange(AppConfig):
    name = "renshe.core.exchange"
    label = "exchange"
    verbose_name = "数据交换"

    def ready(self) -> None:
        """Declare the operations of exchange, that partners stand in the journal by their codes, that batches name
        papers, and what lines hand out and take in."""
        from renshe.core.exchange import by_hand, operating  # noqa: F401
        from renshe.core.exchange.models import Batch
        from renshe.core.filing.referring import names_papers

        names_papers(Batch, "content")
        names_papers(Batch, "package")
        vouches(_PARTNER, "operator")
        autodiscover_modules("handing_out", "taking_in")
