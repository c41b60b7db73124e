"""ocr: reads `Submission` (the uploaded files), writes `Reading`: pages upright and flat, their lines, spots and marks."""
