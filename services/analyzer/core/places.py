"""The answer places of one question as pieces, each with both views of its ink."""

from dataclasses import replace

from contracts.artefacts.paper import Question
from contracts.artefacts.reading import Page, Reading, Spot
from services.analyzer.core.evidence import Piece, same_row
from services.analyzer.core.inline import inline_text, is_underline, without_print

_BROKEN_RULE = 0.5
"""Line heights between two rules on a row below which they are one."""


def spots_of(question: Question, reading: Reading) -> list[Piece]:
    """The question's answer places, in order."""
    pages = {p.page: p for p in reading.pages}
    found: list[Piece] = []
    for ref in question.spots:
        page = pages.get(ref.page)
        if page is not None and ref.index < len(page.spots) and not is_underline(page, page.spots[ref.index]):
            _append(found, page, page.spots[ref.index])
    return found


def _append(found: list[Piece], page: Page, spot: Spot) -> None:
    """Add a spot; a rule that continues the last one, as where a stroke broke it, makes one place with it."""
    last = found[-1] if found else None
    piece = _spot_piece(page, spot)
    height = spot.box[3] - spot.box[1]
    if last is None or last.page != page.page or {last.source, spot.kind} != {"rule"} or not same_row(last, piece):
        found.append(piece)
        return
    gap = max(spot.box[0] - last.box[2], last.box[0] - spot.box[2])
    if not 0 <= gap < _BROKEN_RULE * height or last.blank or piece.blank:
        found.append(piece)
        return
    first, second = (last, piece) if last.box[0] < piece.box[0] else (piece, last)
    box = (first.box[0], min(last.box[1], spot.box[1]), second.box[2], max(last.box[3], spot.box[3]))
    whole = _spot_piece(page, spot.model_copy(update={"box": box, "candidates": {}}))
    sure = 0.5 * min(last.confidence, piece.confidence)
    ink, mended = max(last.ink, piece.ink), last.mended or piece.mended
    found[-1] = replace(whole, text=first.text + second.text, confidence=sure, ink=ink, mended=mended)


def _spot_piece(page: Page, spot: Spot) -> Piece:
    ranked = tuple(sorted(spot.candidates.items(), key=lambda c: -c[1]))
    inline = inline_text(page, spot.box)
    text = without_print(spot.text, page, spot.box)
    return Piece(
        spot.kind,
        page.page,
        spot.box,
        text,
        spot.confidence,
        ranked,
        spot.ink,
        spot.struck,
        inline.text,
        inline.confidence,
        inline.guessed,
        handwritten=inline.handwritten,
        mended=spot.guessed,
        seconds=spot.seconds,
    )
