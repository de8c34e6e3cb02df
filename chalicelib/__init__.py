"""What runs in the functions."""
