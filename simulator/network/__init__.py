"""The mobile world: operators and what they agreed, networks with their subscribers, and handsets that read a
card, choose a network and register (TS 23.122, TS 33.102, TS 24.008, TS 24.301)."""
