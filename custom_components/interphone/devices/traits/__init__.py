"""The abilities of devices, one file each. A trait reads a state and plans service calls; it calls nothing."""
