"""Full screens; each is one view of the program."""
