"""One file is one thing the system does: a function of a command and its ports."""
