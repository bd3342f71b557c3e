"""What cameras show: stills, HLS and WebRTC."""
