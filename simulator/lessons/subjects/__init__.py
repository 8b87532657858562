"""The lessons, a module each: `steps()` runs the parts and yields what is said, shown and asked."""
