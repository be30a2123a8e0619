"""Markdown to safe HTML: `base` is what callers rely on, `comrak` does it, `renders` says when."""

from www.markup.base import Heading, MarkupError, Picture, Pictures, Profile, Rendered, Renderer
from www.markup.code import stylesheet
from www.markup.comrak import ComrakRenderer
from www.markup.renders import Renders

__all__ = [
    "ComrakRenderer", "Heading", "MarkupError", "Picture", "Pictures", "Profile", "Rendered",
    "Renderer", "Renders", "stylesheet",
]  # fmt: skip
