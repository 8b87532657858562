"""The lessons on the page: the same ones as on the terminal and in the docs."""
