"""What the class report says of itself: how its figures are made, and which it withholds."""

from services.gateway.classreport.core.document import ClassReport, Unsaid
from services.gateway.classreport.core.words import Words

_MOST_NAMED = 12


def unsaid(entry: Unsaid, say: Words) -> str:
    """What is not told, and why."""
    why = say(f"why.{entry.why}", needs=entry.needs, has=entry.has)
    return say("unsaid", what=say(f"what.{entry.what}"), why=why)


def notes(report: ClassReport, say: Words) -> list[str]:
    """The footnotes that this report needs."""
    c, r = report.coverage, report.reliability
    review = sum(item.needs_review for item in report.items)
    found = [say(f"note.{what}") for what in ("facility", "discrimination", "miskey", "reteach")]
    if r is not None:
        numbers = say("list").join(r.left_out[:_MOST_NAMED])
        left = say("note.left_out", numbers=numbers) if r.left_out else ""
        found.append(say("note.alpha", students=r.students, items=len(r.items)) + left)
    if review:
        found.append(say("note.review", n=review))
    if c.stray_questions:
        found.append(say("note.stray", n=c.stray_questions))
    return found
