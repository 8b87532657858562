"""The page `/travel`: trips on a map, step by step, with what each statement stands on; options compared."""
