"""The engine in virtual time: an event loop of our own, a simulated link, edges, and titles that are tables of sizes."""
