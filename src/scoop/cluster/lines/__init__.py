"""What connects machines: lines that may break, and connections that outlast them; who may connect."""
