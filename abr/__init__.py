"""Ground floor: values in, decisions out. Standard library and numpy only; no clock, no wire, no Qt."""
