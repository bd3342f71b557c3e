"""What the gateway is compared with: each a server in a process of its own that does the same as simply as it can."""
