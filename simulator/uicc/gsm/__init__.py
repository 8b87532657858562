"""The card as a GSM SIM: class 'A0' of TS 51.011, over the same files, PINs and keys."""
