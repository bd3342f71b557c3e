"""Camera media: stills, HLS and WebRTC."""
