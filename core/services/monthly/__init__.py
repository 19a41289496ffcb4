"""The report of a month on one page, to print or to send.

report    whose figures, of which days
contents  what the page says, in words and figures, as a `sheet`
charts    its charts as `marks`, each described once
svg, page and pdf  draw the same marks, with the letters of `lettering`
"""
