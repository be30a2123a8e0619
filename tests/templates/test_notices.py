"""Every notice that an address may name has its text, and the other way round."""

import re

from www.render import NOTICES, TEMPLATES


def test_every_notice_has_a_text():
    text = (TEMPLATES / "_parts" / "notice.html").read_text(encoding="utf-8")
    assert set(re.findall(r'notice == "([a-z_]+)"', text)) == NOTICES
