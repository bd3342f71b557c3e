"""The demo: Home Assistant with Interphone, the reference website, and a scripted resident who uses both."""
