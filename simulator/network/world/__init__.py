"""The world as data: who operates where, with which bands, agreements, devices and offers."""
