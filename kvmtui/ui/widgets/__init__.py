"""Building blocks of screens; they are told what to show and talk to nobody."""
