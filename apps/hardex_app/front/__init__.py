"""The app's own routes: what pages ask, scripts, pictures, and the windows."""
