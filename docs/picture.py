#!/usr/bin/env python3
"""Draws a terminal's text with its colours as an SVG: `audit --color always … | docs/picture.py > docs/audit.svg`."""

import html
import re
import sys

COLOURS = {"1": "#e6edf3", "2": "#7d8590", "1;35": "#d2a8ff", "1;31": "#ff7b72", "33": "#e3b341", "36": "#76e3ea", "1;33": "#e3b341"}
LINES, COLUMNS, ADVANCE, LEADING, MARGIN = 48, 100, 7.83, 18, 16


def spans(line):
    """The parts of a line, each with the ANSI code that it is painted with."""
    code = None
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b"):
            code = part[2:-1] if part != "\x1b[0m" else None
        elif part:
            yield part, code


def main():
    lines = sys.stdin.read().splitlines()[:LINES] + ["…"]
    width, height = COLUMNS * ADVANCE + 2 * MARGIN, len(lines) * LEADING + 2 * MARGIN
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" '
          'aria-label="The report of an audit in a terminal">')
    print(f'<rect width="100%" height="100%" rx="8" fill="#0d1117"/>')
    print('<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="13" fill="#c9d1d9" xml:space="preserve">')
    for row, line in enumerate(lines):
        column, y = 0, MARGIN + (row + 1) * LEADING - 5
        for text, code in spans(line):
            weight = ' font-weight="600"' if code and code.startswith("1") else ""
            fill = f' fill="{COLOURS[code]}"' if code else ""
            x = MARGIN + column * ADVANCE
            print(f'<text x="{x:.1f}" y="{y}" textLength="{len(text) * ADVANCE:.1f}"{fill}{weight}>{html.escape(text)}</text>')
            column += len(text)
    print("</g>\n</svg>")


main()
