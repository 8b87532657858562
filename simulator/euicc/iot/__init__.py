"""An eUICC of an IoT device: it takes the orders of eIMs, signed, in eUICC packages (SGP.32 v1.2)."""
