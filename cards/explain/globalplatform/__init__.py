"""Data and answers of GlobalPlatform commands: card content, keys, registry, data objects, access rules
(GP Card Specification §11, TS 102 226 §8, GPD_SPE_013)."""
