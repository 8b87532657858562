"""Trips: a traveller with devices and cards goes somewhere on certain days, and what happens is simulated."""
