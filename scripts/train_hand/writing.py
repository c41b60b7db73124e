"""Texts written by hands and photographed: pictures as the ocr stage cuts them out of answer places."""

from random import Random

import cv2
import numpy as np

from scripts.train_hand.hands import EM, Hand, Ink

RAISED, LOWERED = "0123456789n", "0123456789"


def picture(text: str, hand: Hand, other: Hand, rng: Random) -> Ink:
    """A grey picture (h, w) of a text. other: the hand for characters that `hand` lacks."""
    ink = _thickened(_written(text, hand, other, rng), rng)
    ink = _warped(ink, rng)
    ink = _spoiled(_trimmed(ink), rng)
    return _photographed(ink, rng)


def _written(text: str, hand: Hand, other: Hand, rng: Random) -> Ink:
    """The ink of a text at EM, 255 for ink."""
    joined = rng.random() < 0.5
    pieces = _pieces(text, hand) if joined else list(text)
    tight, wobble, turn = rng.uniform(0.82, 1.2), abs(rng.gauss(0, 0.03)), abs(rng.gauss(0, 3.5))
    canvas = np.zeros((3 * EM, EM * (2 + 2 * len(text))), np.uint8)
    x, level = float(EM // 2), 0.0
    before = ""
    for piece in pieces:
        if piece == " ":
            x += EM * rng.uniform(0.2, 0.6)
            continue
        writer = hand if all(map(hand.draws, piece)) else other
        glyph, advance = writer.glyph(piece, rng) if len(piece) == 1 else writer.word(piece)
        scale, lift = _script(piece, before, rng)
        scale *= rng.gauss(1, 0.06)
        level += rng.gauss(0, 0.012)
        angle = rng.gauss(0, turn)
        centre = (glyph.shape[1] / 2, 1.05 * EM)
        matrix = cv2.getRotationMatrix2D(centre, angle, max(0.3, scale))
        across = EM / 2 * scale + advance * scale / 2 - centre[0]
        matrix[:, 2] += np.array((across, (0.35 * EM) - (lift + level + rng.gauss(0, wobble)) * EM))
        width = min(int(advance * scale + EM) + 2, canvas.shape[1] - round(x))
        if width < 4:
            break
        placed = cv2.warpAffine(glyph, matrix, (width, 3 * EM - EM // 2), flags=cv2.INTER_LINEAR)
        start = max(0, round(x - EM / 2 * scale))
        room = canvas[: placed.shape[0], start : start + width]
        np.maximum(room, placed[:, : room.shape[1]], out=room)
        if before == "√" and piece.isalnum() and rng.random() < 0.8:
            _roof(canvas, x, x + advance * scale, hand.pen, rng)
        x += advance * scale * tight + rng.gauss(0, 0.02) * EM
        before = piece
    return canvas


def _roof(canvas: Ink, left: float, right: float, pen: float, rng: Random) -> None:
    """The level stroke over what a root is of."""
    y = EM * rng.uniform(0.98, 1.06)
    ends = [(left - 0.06 * EM, y), (right + rng.uniform(-0.1, 0.15) * EM, y + rng.gauss(0, 0.04) * EM)]
    cv2.polylines(
        canvas, [np.round(np.array(ends) * 8).astype(np.int32)], False, 255, max(1, round(pen)), cv2.LINE_AA, 3
    )


def _pieces(text: str, hand: Hand) -> list[str]:
    """Runs of letters as the font joins them; all else by itself."""
    pieces: list[str] = []
    for sign in text:
        joins = sign.isascii() and sign.isalpha() and pieces and pieces[-1][-1:].isalpha() and sign in hand.covers
        if joins and pieces[-1].isascii():
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _script(sign: str, before: str, rng: Random) -> tuple[float, float]:
    """(scale, lift in ems): numbers behind letters and brackets may be powers or indices."""
    if len(sign) == 1 and sign in RAISED and (before[-1:].isalpha() or before[-1:] == ")"):
        return rng.choices(((1.0, 0.0), (0.6, 0.42), (0.6, -0.14)), (2, 4, 3))[0]
    return 1.0, 0.0


def _thickened(ink: Ink, rng: Random) -> Ink:
    """Another pen: a blur with another threshold moves the edges."""
    sigma = rng.uniform(0.6, 2.8)
    soft = cv2.GaussianBlur(ink, (0, 0), sigma).astype(np.float32) / 255
    level = rng.uniform(0.12, 0.62)
    while level > 0.1 and (soft > level).sum() < 0.6 * (ink > 128).sum():  # hair lines would vanish
        level *= 0.75
    return np.asarray(np.clip((soft - level) * 4 + 0.5, 0, 1) * 255, np.uint8)


def _warped(ink: Ink, rng: Random) -> Ink:
    """Slant, stretch, a turn of the line, and the unsteadiness of a hand."""
    height, width = ink.shape
    slant, stretch, turn = rng.gauss(0.0, 0.16), rng.uniform(0.75, 1.25), rng.gauss(0, 0.02)
    ys, xs = np.mgrid[0:height, 0 : round(width * stretch)].astype(np.float32)
    source_x = xs / stretch + slant * (ys - height / 2)
    source_y = ys + turn * (xs - xs.shape[1] / 2)
    amount = abs(rng.gauss(0, 1.6))
    seeds = np.random.default_rng(rng.getrandbits(32))
    cells = (max(2, height // 24), max(2, xs.shape[1] // 24))
    for source in (source_x, source_y):
        noise = cv2.resize(
            seeds.normal(size=cells).astype(np.float32), (xs.shape[1], height), interpolation=cv2.INTER_CUBIC
        )
        np.add(source, amount * noise, out=source)
    return np.asarray(cv2.remap(ink, source_x, source_y, cv2.INTER_LINEAR), np.uint8)


def _trimmed(ink: Ink) -> Ink:
    rows, columns = np.flatnonzero((ink > 90).any(axis=1)), np.flatnonzero((ink > 90).any(axis=0))
    if not len(rows):
        return ink[:EM, :EM]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _spoiled(ink: Ink, rng: Random) -> Ink:
    """With what else may be left in an answer place: a piece of its rule, ends of brackets, specks, a cut edge."""
    ink = np.ascontiguousarray(ink)
    height, width = ink.shape
    if rng.random() < 0.2:
        y = rng.randint(round(0.8 * height), height + 3)
        ink = np.asarray(
            cv2.copyMakeBorder(ink, 0, max(0, y - height + 3), 3, 3, cv2.BORDER_CONSTANT, value=0), np.uint8
        )
        left = rng.uniform(0, 0.8) * width
        end = (round(left + rng.uniform(0.1, 1) * width), y + rng.randint(-1, 1))
        cv2.line(ink, (round(left), y), end, 255, rng.choice((1, 1, 2)), cv2.LINE_AA)
    if rng.random() < 0.05:
        for _ in range(rng.randint(1, 3)):
            point = (rng.randrange(ink.shape[1]), rng.randrange(ink.shape[0]))
            cv2.circle(ink, point, rng.choice((1, 1, 2)), 255, -1, cv2.LINE_AA)
    if rng.random() < 0.04:
        cut = max(1, round(rng.uniform(0.02, 0.08) * ink.shape[0]))
        ink = ink[cut:] if rng.random() < 0.5 else ink[:-cut]
    return ink


def _photographed(ink: Ink, rng: Random) -> Ink:
    """At a camera's size: small, blurred, noisy, pressed by JPEG, the strokes alone on even paper, with their margin."""
    tall = float(np.exp(rng.uniform(np.log(12), np.log(60))))
    scale = tall / EM * 1.3
    size = (max(2, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
    em = max(tall, 0.5 * size[1])
    margin = max(3, round(0.22 * max(em * rng.uniform(0.8, 1.2), size[1])))
    small = cv2.copyMakeBorder(
        cv2.resize(ink, size, interpolation=cv2.INTER_AREA),
        margin,
        margin,
        margin,
        margin,
        cv2.BORDER_CONSTANT,
        value=0,
    )
    if rng.random() < 0.6:
        small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.3, 0.5 + 0.02 * tall))
    strokes = small > 60
    paper, dark = rng.uniform(170, 255), rng.uniform(0, 120)
    grey = paper - (paper - dark) * small.astype(np.float32) / 255
    seeds = np.random.default_rng(rng.getrandbits(32))
    grey += seeds.normal(0, rng.uniform(0, 6), grey.shape)
    grey = np.clip(grey, 0, 255)
    if rng.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, rng.randint(35, 95)]
        data = cv2.imencode(".jpg", grey.astype(np.uint8), quality)[1]
        grey = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), grey.dtype)
    near = cv2.morphologyEx(cv2.dilate(strokes.astype(np.uint8), np.ones((5, 5))), cv2.MORPH_CLOSE, np.ones((7, 7)))
    return np.where(near > 0, grey, paper).astype(np.uint8)
