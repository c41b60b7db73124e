"""report: reads `redink.exam.diagnosed.v1`, writes `redink.exam.reported.v1`.

Composes the result document `redink.result.v1` out of what the other stages stored, and renders it as a self-contained
HTML page and as a PDF that a teacher can hand out. Stores `result.json`, `report.html` and `report.pdf` beside the
artefacts and a `Report` that refers to them.
"""
