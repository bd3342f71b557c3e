"""What visitors see: each handler reads the request, asks the services, and renders."""
