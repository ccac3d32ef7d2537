"""One's own page: who one is here, and one's own password.

Invariant: nobody changes a password by a browser that was left open: the old one is asked for.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency, Post
from renshe.core.org.operations import operations
from renshe.core.org.rights import powers
from renshe.core.org.signing_in import password_change
from renshe.core.pages.answering import SIGN_IN, action, go, page, shown
from renshe.core.pages.coming import address_of


@page
def me(request: HttpRequest, actor: Actor, alert: str | None = None) -> HttpResponse:
    """Show who one is, and what one may do."""
    labels = {one.name: one.label for one in operations()}
    granted = [labels[name] for name, paths in powers(actor, *labels).items() if paths]
    return shown(
        request,
        "desk/me.html",
        alert=alert,
        agency=Agency.objects.filter(number=actor.agency).first(),
        posts=list(Post.objects.filter(code__in=actor.posts).order_by("code").values_list("name", flat=True)),
        granted=sorted(granted),
    )


@action(on=me)
def password(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Change one's own password; one signs in anew."""
    new = request.POST.get("new", "")
    if new != request.POST.get("again", ""):
        raise BusinessError("page.passwords_differ")
    password_change(actor=actor, old=request.POST.get("old", ""), new=new, address=address_of(request))
    return go(SIGN_IN)
