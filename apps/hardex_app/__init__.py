"""The Gradio app on top of hardex: pages are wiring, handlers are plain functions."""
