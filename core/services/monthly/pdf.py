"""The report as a PDF: one page of A4, charts as vectors, text that can be selected, letters embedded."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, assert_never

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from core.services.monthly import layout
from core.services.monthly.lettering import LACKING, REGULAR, SEMIBOLD, WEIGHTS, face, fitted, legible, width, wrapped
from core.services.monthly.marks import GREY, INK, RULE, Box, Drawing, Line, Mark, Words
from core.services.monthly.sheet import Figures, Headline, Row, Sheet, Table

PAGE_WIDE, PAGE_HIGH = A4
LEFT = (PAGE_WIDE - layout.WIDE) / 2
TOP, FOOT = 36.0, 24.0
BODY, SMALL, TINY, LEADING = 8.5, 7.5, 7.0, 11.5
ROW, FOOT_ROW, FOOT_HIGH = 12.2, 9.0, 48.0
"""How high a row of the table is where there is room for it, and a row of the foot; how much is kept for that."""

LACKS = f"{LACKING} stands for letters that this document's font has not. The report as a page shows them."
SHARES = (0.23, 0.12, 0.08, 0.11, 0.11, 0.21, 0.07, 0.07)
"""How the table's width is divided among its columns."""


def pdf(sheet: Sheet) -> bytes:
    """Return the report as a document of one page."""
    for name in WEIGHTS:
        face(name)
    paper = _Paper(sheet)
    _head(paper, sheet)
    if sheet.figures:
        _figures(paper, sheet.figures)
    else:
        paper.write(0, paper.y + 70, sheet.empty, 11, GREY)
    _foot(paper, (*sheet.foot, LACKS) if paper.lacks else sheet.foot)
    return paper.finished()


class _Paper:
    """The page, measured from the upper left corner of its text.

    `y` is how far down it is filled, `lacks` whether letters were asked for that it has not.
    """

    def __init__(self, sheet: Sheet) -> None:
        self._file = BytesIO()
        self._canvas: Any = Canvas(self._file, A4, invariant=True, lang="en", initialFontName=REGULAR)
        self._canvas.setTitle(f"{sheet.title} · Testing Lab")
        self._canvas.setAuthor("Testing Lab")
        self.y = 0.0
        self.lacks = False

    def write(
        self, x: float, y: float, text: str, size: float, colour: str = INK, anchor: str = "start", font: str = REGULAR
    ) -> None:
        """Set a line of text; `y` is its base line."""
        write = {
            "start": self._canvas.drawString,
            "middle": self._canvas.drawCentredString,
            "end": self._canvas.drawRightString,
        }
        shown = legible(text, font)
        self.lacks = self.lacks or shown != text
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(HexColor(colour))
        write[anchor](LEFT + x, self._up(y), shown)

    def mark(self, mark: Mark, x: float, y: float) -> None:
        """Draw a mark of a drawing whose corner is there."""
        match mark:
            case Box():
                self._canvas.setFillColor(HexColor(mark.colour), alpha=mark.opacity)
                corner = LEFT + x + mark.x, self._up(y + mark.y + mark.height)
                self._canvas.rect(*corner, mark.width, mark.height, stroke=0, fill=1)
                self._canvas.setFillAlpha(1)
            case Line():
                self._line([(x + across, y + down) for across, down in mark.points], mark)
            case Words():
                self.write(x + mark.x, y + mark.y, mark.text, mark.size, mark.colour, mark.anchor, mark.font)
            case _:
                assert_never(mark)

    def rule(self, y: float) -> None:
        """Draw a thin line from margin to margin."""
        self.mark(Line(((0, y), (layout.WIDE, y)), RULE, 0.5), 0, 0)

    def draw(self, drawing: Drawing, x: float, y: float) -> None:
        """Draw a chart whose corner is there."""
        for mark in drawing.marks:
            self.mark(mark, x, y)

    def finished(self) -> bytes:
        """Return the document."""
        self._canvas.showPage()
        self._canvas.save()
        return self._file.getvalue()

    def _line(self, points: Sequence[tuple[float, float]], line: Line) -> None:
        path = self._canvas.beginPath()
        path.moveTo(LEFT + points[0][0], self._up(points[0][1]))
        for x, y in points[1:]:
            path.lineTo(LEFT + x, self._up(y))
        self._canvas.setStrokeColor(HexColor(line.colour))
        self._canvas.setLineWidth(line.width)
        self._canvas.setLineJoin(1)
        self._canvas.setDash([1.5, 2.5] if line.dotted else [])
        self._canvas.drawPath(path)

    def _up(self, y: float) -> float:
        return float(PAGE_HIGH - TOP - y)


def _head(paper: _Paper, sheet: Sheet) -> None:
    paper.write(0, 8, "Testing Lab · monthly report", BODY, GREY)
    paper.write(0, 32, sheet.title, 23, INK, "start", SEMIBOLD)
    paper.write(layout.WIDE, 20.5, fitted(sheet.whose, 250, BODY), BODY, GREY, "end")
    paper.write(layout.WIDE, 32, sheet.subtitle, BODY, GREY, "end")
    paper.y = 50


def _figures(paper: _Paper, figures: Figures) -> None:
    _headlines(paper, figures.headlines)
    for note in figures.notes:
        for line in wrapped(note, layout.WIDE, BODY):
            paper.y += LEADING
            paper.write(0, paper.y, line, BODY)
    paper.y += 16
    for row in layout.rows(figures):
        _row_of_charts(paper, row)
    _table(paper, figures.table)


def _headlines(paper: _Paper, headlines: Sequence[Headline]) -> None:
    paper.rule(paper.y)
    rooms = [_room(headline) for headline in headlines]
    gap = (layout.WIDE - sum(rooms)) / (len(headlines) - 1)
    for number, headline in enumerate(headlines):
        x = sum(rooms[:number]) + gap * number
        paper.write(x, paper.y + 16, headline.label, BODY, GREY)
        paper.write(x, paper.y + 32, headline.value, 15, INK, "start", SEMIBOLD)
        beyond = x + width(headline.value, 15, SEMIBOLD) + 4
        paper.write(beyond, paper.y + 32, headline.change, SMALL, GREY)
        paper.write(x, paper.y + 44, headline.beside, SMALL, GREY)
    paper.y += 53
    paper.rule(paper.y)
    paper.y += 4


def _room(headline: Headline) -> float:
    value = width(headline.value, 15, SEMIBOLD) + 4 + width(headline.change, SMALL)
    return max(value, width(headline.label, BODY), width(headline.beside, SMALL))


def _row_of_charts(paper: _Paper, row: Sequence[layout.Titled]) -> None:
    x = 0.0
    for title, drawing in row:
        paper.write(x, paper.y + BODY, title, BODY, INK, "start", SEMIBOLD)
        paper.draw(drawing, x, paper.y + 16)
        x += drawing.width + layout.GAP
    paper.y += 16 + max(drawing.height for _, drawing in row) + 11


def _table(paper: _Paper, table: Table) -> None:
    room = PAGE_HIGH - TOP - FOOT - FOOT_HIGH - paper.y
    step = min(ROW, room / (len(table.rows) + 2))
    for row in (Row(table.head), *table.rows, table.total):
        paper.y += step
        colour, font = GREY if row.cells is table.head else INK, SEMIBOLD if row is table.total else REGULAR
        _cells(paper, row, table.words, colour, font)
    for y in (paper.y - step * (len(table.rows) + 1), paper.y - step):
        paper.rule(y + 3)


def _cells(paper: _Paper, row: Row, words: int, colour: str, font: str) -> None:
    left = 0.0
    for number, (cell, part) in enumerate(zip(row.cells, SHARES, strict=True)):
        room = part * layout.WIDE
        if number >= words:
            size = min(8, 8 * (room - 8) / max(width(cell, 8, font), 1))  # an exact cost loses no digit
            paper.write(left + room, paper.y, cell, size, colour, "end", font)
        else:
            indent = 10 if number == 0 and row.colour else 0
            paper.write(left + indent, paper.y, fitted(cell, room - indent - 6, 8, font), 8, colour, "start", font)
        left += room
    if row.colour:
        paper.mark(Box(0, paper.y - 5.2, 5, 5, row.colour), 0, 0)


def _foot(paper: _Paper, foot: Sequence[str]) -> None:
    lines = [line for text in foot for line in wrapped(text, layout.WIDE, TINY)]
    y = PAGE_HIGH - TOP - FOOT - FOOT_ROW * len(lines)
    for number, line in enumerate(lines, 1):
        paper.write(0, y + FOOT_ROW * number, line, TINY, GREY)
