"""Engine.IO 3 and 4 for aiohttp, and the Socket.IO server on it. Nothing of Home Assistant is imported here."""
