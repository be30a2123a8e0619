"""Who asks, under which name: only trusted proxies are believed."""

import pytest
from aiohttp.test_utils import make_mocked_request

from tests.chassis import make_app
from www.addresses import absolute_url, client_address, host, is_https, safe_next


class _Peer:
    """A transport that knows only its peer."""

    def __init__(self, address):
        self._address = address

    def get_extra_info(self, name, default=None):
        return (self._address, 1234) if name == "peername" else default


def request_from(peer, *, trusted=("10.0.0.0/8",), base_url=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    app = make_app(server={"trusted_proxies": list(trusted), "base_url": base_url})
    return make_mocked_request(
        "GET", "/", headers={"Host": "www.test", **named}, app=app, transport=_Peer(peer)
    )


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.2.2.2", "203.0.113.9"),
        ("10.0.0.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
    ],
)
def test_the_right_most_stranger_is_the_client(peer, forwarded, found):
    assert client_address(request_from(peer, X_Forwarded_For=forwarded)) == found


def test_scheme_and_host_come_from_trusted_proxies_only():
    said = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "Example.org:443"}
    trusted, stranger = request_from("10.0.0.1", **said), request_from("6.6.6.6", **said)
    assert (is_https(trusted), host(trusted)) == (True, "example.org")
    assert (is_https(stranger), host(stranger)) == (False, "www.test")


def test_base_url_decides_where_it_is_set():
    request = request_from("6.6.6.6", base_url="https://example.org")
    assert is_https(request)
    assert absolute_url(request, "/a") == "https://example.org/a"
    assert absolute_url(request_from("6.6.6.6"), "/a") == "http://www.test/a"


@pytest.mark.parametrize("path", ["/", "/write", "/search?q=a&b=%E4%BD%A0#c", "/a//b", "/你好"])
def test_next_may_be_our_own_path(path):
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        *(None, "", "write", "//evil.test", "///evil.test", "https://evil.test", "javascript:x"),
        *("/\\evil.test", "\\\\evil.test", "/\t/evil.test", "/\n/evil.test", "/a\r\nX: y"),
        *(" //evil.test", "/" + "a" * 3000, "/a b", "/a\0"),
    ],
)
def test_next_is_never_another_site(path):
    assert safe_next(path) == "/"
