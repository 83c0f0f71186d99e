"""hardex on a Hugging Face Space: the run beside this file, or the shipped digits."""

import os
from pathlib import Path

import hardex

HERE = Path(__file__).parent
PORT = int(os.environ.get("GRADIO_SERVER_PORT", "7860"))
HOST = os.environ.get("GRADIO_SERVER_NAME", "0.0.0.0")


def main() -> None:
    """Serve until the Space is stopped; everybody needs a personal link."""
    if (HERE / "run" / "manifest.json").is_file():
        data = HERE / "data"
        hardex.serve(
            HERE / "run",
            data=str(data) if data.exists() else "",
            host=HOST,
            port=PORT,
            browser=False,
            annotations=os.environ.get("HARDEX_ANNOTATIONS", ""),
        )
    else:
        hardex.demo(out=HERE / "runs" / "mnist-demo", host=HOST, port=PORT, browser=False)


if __name__ == "__main__":
    main()
