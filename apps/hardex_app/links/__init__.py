"""How the app is reached: ports, notebooks, and the tunnels that carry a public link."""
