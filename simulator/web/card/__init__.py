"""The page `/card`: a console for APDUs, and the file tree of a card before and after what is done to it."""
