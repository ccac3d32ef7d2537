"""A volume as one file, for a disc: its papers, its catalogue, the digests of all.

Rule (S2-15: 刻录光盘归档保管): the copy is read and checked without this program: ``sha256sum -c`` with the list in
it.

Invariant: two copies of one volume are the same to the last bit; what is not as it was filed is not copied.
"""

from __future__ import annotations

import json
import zipfile
from io import BytesIO

from django.utils import timezone

from renshe.core.filing.attachments import contents
from renshe.core.filing.models import Volume
from renshe.core.filing.naming import clean_name
from renshe.core.filing.store import digest_of
from renshe.core.filing.volumes import catalogue, entries_closed, volume_get
from renshe.core.org.actor import Actor


def volume_copy(*, actor: Actor, number: str) -> bytes:
    """Return a closed volume as a ZIP; BusinessError where a paper is not what was filed."""
    volume = volume_get(actor=actor, number=number)
    entries = entries_closed(volume)
    if volume.catalogue is None or volume.closed_at is None:
        raise RuntimeError("a closed volume without catalogue")
    files = {"卷内目录.pdf": contents(actor, volume.catalogue)}
    told = {**catalogue(volume, entries), "digest": volume.digest}
    files["卷内目录.json"] = json.dumps(told, ensure_ascii=False, indent=1).encode()
    for entry in entries:
        paper = entry.document or entry.attachment
        if paper is None:
            raise RuntimeError("an entry without a paper")
        ending = entry.attachment.name.rpartition(".")[2] if entry.attachment else "pdf"
        name = clean_name(f"{entry.title} {entry.number}.{ending}", ending)
        files[f"材料/{entry.position:03d} {name}"] = contents(actor, paper)
    files["摘要.sha256"] = "".join(f"{digest_of(content)}  {name}\n" for name, content in files.items()).encode()
    return _packed(volume, files)


def _packed(volume: Volume, files: dict[str, bytes]) -> bytes:
    made = BytesIO()
    at = timezone.localtime(volume.closed_at).timetuple()[:6]
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{volume.number}/{name}", at), content)
    return made.getvalue()
