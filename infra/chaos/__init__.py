"""Chaos by hand: a whole Tepat of its own, with faults between it and its AWS (`make chaos`)."""
