"""Questions in front of a screen; each returns its answer."""
