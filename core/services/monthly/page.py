"""The report as one HTML file: it fetches nothing, runs nothing, and fits a page of A4 when it is printed."""

from collections.abc import Sequence
from html import escape

from core.services.monthly import layout
from core.services.monthly.layout import Titled
from core.services.monthly.lettering import FAMILY, WEIGHTS, embedded
from core.services.monthly.sheet import Figures, Headline, Row, Sheet, Table
from core.services.monthly.svg import svg

STYLE = f"""
@page {{ size: A4; margin: 10mm 15mm 6mm }}
* {{ box-sizing: border-box; margin: 0 }}
html {{ background: #fff; color: #0f1720; color-scheme: light; print-color-adjust: exact }}
body {{ font: 8.5pt/1.35 "{FAMILY}", sans-serif; width: {layout.WIDE + 48:g}pt; margin: 0 auto; padding: 36pt 24pt }}
@media print {{ body {{ padding: 0; width: {layout.WIDE:g}pt }} }}
header {{ display: flex; justify-content: space-between; align-items: flex-end }}
header p:last-child {{ max-width: 250pt; text-align: right; overflow-wrap: anywhere }}
h1 {{ font-size: 23pt; font-weight: 600; line-height: 1.15; white-space: nowrap }}
h2 {{ font-size: 8.5pt; font-weight: 600; margin-bottom: 5pt }}
p, dt, th, small {{ color: #5b6670; font-weight: 400 }}
dl {{ display: flex; justify-content: space-between; gap: 8pt; margin: 12pt 0 8pt; padding: 7pt 0;
  border: solid #dde3e8; border-width: 0.5pt 0; white-space: nowrap }}
dd {{ font-size: 15pt; font-weight: 600; line-height: 1.3 }}
dd + dd, small {{ font-size: 7.5pt; font-weight: 400; color: #5b6670 }}
ul {{ list-style: none; padding: 0; margin-bottom: 11pt }}
.row {{ display: flex; gap: {layout.GAP:g}pt; margin-bottom: 11pt }}
figure {{ flex: 1 1 0; min-width: 0 }}
svg {{ display: block; width: 100%; overflow: hidden }}
text {{ font-family: "{FAMILY}", sans-serif }}
table {{ border-collapse: collapse; width: 100%; font: 8pt/1.2 "{FAMILY}", sans-serif }}
th, td {{ padding: 1.2pt 0 1.2pt 8pt; white-space: nowrap; text-align: right }}
th {{ border-bottom: 0.5pt solid #dde3e8 }}
.name {{ text-align: left; max-width: 105pt; overflow: hidden; text-overflow: ellipsis }}
.name:first-child {{ padding-left: 0 }}
.name + .name {{ max-width: 64pt }}
tfoot td {{ font-weight: 600; border-top: 0.5pt solid #dde3e8 }}
i {{ display: inline-block; width: 5pt; height: 5pt; margin-right: 5pt }}
footer {{ margin-top: 10pt; font: 7pt/1.28 "{FAMILY}", sans-serif }}
.empty {{ margin: 60pt 0; font-size: 11pt }}
"""


def page(sheet: Sheet) -> str:
    """Return the report as a document. Whatever people or providers wrote in it is escaped."""
    body = _figures(sheet.figures) if sheet.figures else f'<p class="empty">{escape(sheet.empty)}</p>'
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=740">
<title>{escape(sheet.title)} · Testing Lab</title>
<style>{_faces()}{STYLE}</style>
</head>
<body>
<header>
<div><p>Testing Lab · monthly report</p><h1>{escape(sheet.title)}</h1></div>
<p>{escape(sheet.whose)}<br>{escape(sheet.subtitle)}</p>
</header>
<main>{body}</main>
<footer>{_each("p", sheet.foot)}</footer>
</body>
</html>
"""


def _faces() -> str:
    return "".join(
        f'\n@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; src: url("{embedded(name)}") }}'
        for name, weight in WEIGHTS.items()
    )


def _figures(figures: Figures) -> str:
    rows = "".join(f'<div class="row">{"".join(map(_figure, row))}</div>' for row in layout.rows(figures))
    headlines = "".join(map(_headline, figures.headlines))
    return f"<dl>{headlines}</dl><ul>{_each('li', figures.notes)}</ul>{rows}{_table(figures.table)}"


def _headline(headline: Headline) -> str:
    change = f" <small>{escape(headline.change)}</small>" if headline.change else ""
    value = f"<dd>{escape(headline.value)}{change}</dd>"
    return f"<div><dt>{escape(headline.label)}</dt>{value}<dd>{escape(headline.beside)}</dd></div>"


def _figure(titled: Titled) -> str:
    title, drawing = titled
    return f'<figure style="flex-grow: {drawing.width:g}"><h2>{escape(title)}</h2>{svg(drawing)}</figure>'


def _table(table: Table) -> str:
    head = _cells("th", table.head, table.words)
    body = "".join(_row(row, table.words) for row in table.rows)
    total = _row(table.total, table.words)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody><tfoot>{total}</tfoot></table>"


def _row(row: Row, words: int) -> str:
    dot = f'<i style="background: {row.colour}"></i>' if row.colour else ""
    return f"<tr>{_cells('td', row.cells, words, dot)}</tr>"


def _cells(tag: str, cells: Sequence[str], words: int, dot: str = "") -> str:
    kinds = [' class="name"' if number < words else "" for number in range(len(cells))]
    dots = [dot, *[""] * (len(cells) - 1)]
    return "".join(
        f"<{tag}{kind}>{mark}{escape(cell)}</{tag}>" for cell, kind, mark in zip(cells, kinds, dots, strict=True)
    )


def _each(tag: str, texts: Sequence[str]) -> str:
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)
