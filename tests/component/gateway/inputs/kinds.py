"""The 64 kinds of bad input and what is answered to each. `docs/bad-inputs.md` is made from this table."""

from collections.abc import Mapping

from tests.component.gateway.inputs.kind import MAX_BODY, Answer, Kind
from tests.component.gateway.inputs.kinds_of_files import ARCHIVES, PDFS, PICTURES
from tests.component.gateway.inputs.kinds_of_requests import CONTENT, NAMES, TRANSPORT

GROUPS: Mapping[str, tuple[Kind, ...]] = {
    "Transport": TRANSPORT,
    "Names of files": NAMES,
    "Pictures": PICTURES,
    "PDF": PDFS,
    "Archives and others": ARCHIVES,
    "Content": CONTENT,
}
KINDS = tuple(kind for kinds in GROUPS.values() for kind in kinds)

__all__ = ["GROUPS", "KINDS", "MAX_BODY", "Answer", "Kind"]
