"""The live door: Socket.IO for panels and websites, on Home Assistant's own port."""
