"""DER (ITU-T X.690 §10): a small strict decoder and encoder per ASN.1 type, run from the committed tables."""
