"""The API that websites and displays use: REST and Socket.IO behind one doorway."""
