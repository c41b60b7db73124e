"""What ocr does with pixels: file bytes to pages, a page to lines, spots, bubbles and marks."""
