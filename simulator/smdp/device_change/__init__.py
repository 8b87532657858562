"""Device Change and Profile Recovery at the SM-DP+ (SGP.22 v3 §3.11): a user takes a profile to another
device, and gets it back if it could not be installed there.

The old device asks (`request`), perhaps more than once until another profile is prepared (`progress`); its
user agrees and gets an activation code (`confirmation`); its eUICC reports that the profile is gone
(`deletion`), from when on the new device may download; what becomes of that (`outcome`) decides whether the
old device may recover the profile (`recovery`). What an operator allows is a `policy`.
"""
