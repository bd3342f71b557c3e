"""Socket.IO for displays and websites."""
