"""GlobalPlatform: security domains, secure channels, card content and access rules (GP 2.3).

`registry` is what a card stores; it loads no cryptography. The applications themselves come from
`security_domain.application_of`.
"""
