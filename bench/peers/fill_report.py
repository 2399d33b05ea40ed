#!/usr/bin/env python3
"""Puts measured tables into a Markdown page: FOLDER/NAME.md between the lines `<!-- NAME -->` and `<!-- end NAME -->`.

FOLDER/NAME.txt, what a program printed, goes there as it is. Where neither file is there, the page keeps what it has.
"""

import pathlib
import re
import sys


def measured(folder, name):
    """The new text of a section, or None."""
    table, output = folder / f"{name}.md", folder / f"{name}.txt"
    if table.exists():
        return table.read_text().strip()
    if output.exists():
        return "```\n" + output.read_text().strip() + "\n```"
    return None


def main():
    if len(sys.argv) != 3:
        raise SystemExit("usage: fill_report.py PAGE.md FOLDER")
    page, folder = map(pathlib.Path, sys.argv[1:])

    def fill(match):
        text = measured(folder, match["name"])
        return match[0] if text is None else f"{match['begin']}\n\n{text}\n\n{match['end']}"

    section = re.compile(r"(?P<begin><!-- (?P<name>[\w-]+) -->)\n.*?(?P<end><!-- end (?P=name) -->)", re.DOTALL)
    text, sections = section.subn(fill, page.read_text())
    if sections == 0:
        raise SystemExit(f"{page}: has no section between `<!-- NAME -->` and `<!-- end NAME -->`")
    page.write_text(text)


if __name__ == "__main__":
    main()
