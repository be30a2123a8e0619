"""Markdown to safe HTML: `base` says what callers may rely on, `comrak` does it."""

from www.markup.base import Heading, MarkupError, Profile, Rendered, Renderer
from www.markup.code import stylesheet
from www.markup.comrak import ComrakRenderer

__all__ = [
    "ComrakRenderer", "Heading", "MarkupError", "Profile", "Rendered", "Renderer", "stylesheet",
]  # fmt: skip
