"""What the lab promises in figures, each measured beside its peer in the same run: `make bench`."""
