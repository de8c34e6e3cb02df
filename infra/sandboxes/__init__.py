"""What stands in for others on this machine: the civil registry, and IKD."""
