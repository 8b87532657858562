"""Remote profile management at the SM-DP+: orders, packages, results (SGP.22 v3 §2.10, §3.7)."""
