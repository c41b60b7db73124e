"""Small born-digital papers, each of another content, made by Typst."""

import typst

SOURCE = """
#set page(width: 210mm, height: 148mm, margin: 15mm)
#set text(font: "Libertinus Serif", size: 12pt)
= Test paper {n}
1. What is {n} + 1? ( B )

A. {n} #h(2em) B. {m} #h(2em) C. 0 #h(2em) D. 1

2. The sum of 5 and 7 is #underline[#h(1em) 12 #h(1em)].
"""


def tiny_paper(n: int) -> bytes:
    """A one-page PDF with a text layer: a choice question and a blank."""
    return bytes(typst.compile(SOURCE.format(n=n, m=n + 1).encode()))
