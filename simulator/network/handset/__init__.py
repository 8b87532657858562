"""A phone: it reads a card, chooses a network, registers, and writes back what the card is to keep (TS 31.102
§5, TS 23.122, TS 24.008, TS 24.301, TS 24.501)."""
