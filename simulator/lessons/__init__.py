"""Short lessons that run the real parts and ask questions. `catalogue` lists them, `model` says what they are
made of, `pages` prints them; no terminal and no web page is in here."""
