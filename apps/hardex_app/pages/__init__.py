"""One file per page: handlers on top, `build()` at the bottom. Pages never import each other."""
