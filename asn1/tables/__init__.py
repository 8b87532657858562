"""Generated tables; see asn1/build.py."""
