"""What `scripts/bench` measures: the program on a terminal, against limits and against what its parts cost alone."""
