"""The links of new people as a CSV file, to be handed out: the only time that they are told."""

import csv
from collections.abc import Sequence
from io import StringIO

from core.services.people import Added
from core.store.export_rows import FORMULA_STARTS


def links_file(added: Sequence[Added], base_url: str) -> bytes:
    """Return a UTF-8 file with a header: user names, and the links under the lab's address."""
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(("username", "link"))
    for one in added:
        name = one.user.username
        guarded = f"'{name}" if name.startswith(tuple(FORMULA_STARTS)) else name
        writer.writerow((guarded, f"{base_url}{one.link.path}" if one.link else ""))
    return file.getvalue().encode()
