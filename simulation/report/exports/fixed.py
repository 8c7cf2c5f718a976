"""Fixed dates, so that a file of an office program is the same, byte for byte, whenever it is written."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

WRITTEN_AT = datetime(2000, 1, 1)
"""The date that such a file states, whenever it is written; the manifest says when the study ran."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first date that a ZIP archive can hold."""


def without_dates(archive: bytes) -> bytes:
    """A ZIP archive with the same files in the same order, all of the earliest date."""
    buffer = BytesIO()
    with ZipFile(BytesIO(archive)) as dated, ZipFile(buffer, "w", ZIP_DEFLATED) as fixed:
        for name in dated.namelist():
            entry = ZipInfo(name, EARLIEST)
            entry.compress_type = ZIP_DEFLATED
            fixed.writestr(entry, dated.read(name))
    return buffer.getvalue()
