"""The app's own routes: what pages ask, scripts, pictures, and the window of annotators."""
