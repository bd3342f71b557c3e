"""The traits of devices, one file each. A trait reads states and plans service calls; it makes none."""
