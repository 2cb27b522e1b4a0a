"""Colours that the colour-blind can tell apart: Okabe and Ito (2008).

https://jfly.uni-koeln.de/color
"""

BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY = "#CC79A7", "#E69F00", "#56B4E9"
# One after the other, where there are several of a kind.
COLORS = BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY
