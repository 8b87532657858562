"""The bench of the page: its model, which needs no browser, and the page that draws it."""
