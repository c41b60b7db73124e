"""From a course's text to a stored proposal, and from what a person wants to the school's points."""

from contracts.artefacts.submission import Subject
from contracts.taxonomy import Point, taxonomy
from services.gateway.api.context import Gateway
from services.gateway.api.course_views import Engine
from services.gateway.core.problems import Code, Problem
from services.gateway.courses import proposals
from services.gateway.courses.core.own import NewPoint, Refused, own_points
from services.gateway.courses.proposals import Asked, Proposal
from services.gateway.courses.store import Change
from services.gateway.limits import spending


async def found_in(
    gateway: Gateway, tenant: str, subject: Subject, sent: tuple[str, Engine, str], asked: Asked
) -> Proposal:
    """The stored proposal of what was sent: (title, engine, text). Problem."""
    title, engine, text = sent
    most = gateway.reader.settings.max_proposals
    await proposals.require_room(gateway.pool, tenant, most)
    known = await gateway.library.taxonomy_of(tenant, subject)
    refusal = "local" if engine == "local" else await spending.refusal(gateway.owner_pool, tenant)
    outcome = await gateway.reader.read(text, known, tenant, refusal)
    if not outcome.points and outcome.cost is None:
        raise Problem(Code.COURSE_WITHOUT_POINTS)
    kept = await proposals.keep(gateway.pool, tenant, (subject, title.strip(), outcome), asked, most)
    kept = kept or await proposals.repeated(gateway.pool, tenant, asked)
    if kept is None:  # what another request made under the key is deleted already
        raise Problem(Code.IDEMPOTENCY_IN_FLIGHT, headers={"Retry-After": "2"})
    return kept


def decoded(data: bytes) -> str:
    """UTF-8, or what editors write in China; Problem(VALIDATION_FAILED)."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.strip():
            return text
        break
    wrong = "must be a text with something in it, in UTF-8 or GB18030"
    raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": "", "detail": wrong}])


def change_of(gateway: Gateway, subject: str, wanted: list[NewPoint], *, keep: bool) -> Change:
    """What becomes of the school's points; `keep` those that it has. Problem(VALIDATION_FAILED) when it is applied."""
    most = gateway.reader.settings.max_own_points

    def change(now: tuple[Point, ...]) -> tuple[Point, ...]:
        try:
            points = own_points(taxonomy(subject), now if keep else (), wanted)
        except Refused as refused:
            errors = [{"pointer": pointer, "detail": detail} for pointer, detail in refused.errors[:100]]
            raise Problem(Code.VALIDATION_FAILED, errors=errors) from refused
        if len(points) > most:
            wrong = f"makes {len(points)} own points of the subject, of which there may be {most}"
            raise Problem(Code.VALIDATION_FAILED, errors=[{"pointer": "/points", "detail": wrong}])
        return points

    return change
