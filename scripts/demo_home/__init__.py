"""The demo: a real Home Assistant with Interphone, the reference website beside it, and a resident who tries both."""
