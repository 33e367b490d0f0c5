"""The Reflex door: the state of a screen, the check of each event, and how an open socket changes its account."""
