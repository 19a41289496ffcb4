"""What may be the address of a provider, and what lies outside the inner network."""

import pytest

from core.domain.addresses import base_url_of, host_of, is_outside, origin_of
from core.errors import InvalidRequest

INNER = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.7",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2130706433",
    "0x7f000001",
    "127.1",
    "0177.0.0.1",
    "",
    "localhost",
]
OUTSIDE = ["1.1.1.1", "104.18.6.192", "2606:4700::6812:6c0", "64:ff9b::101:101", "::ffff:1.1.1.1", "2002:101:101::1"]


@pytest.mark.parametrize("address", INNER)
def test_what_is_not_of_the_public_internet_is_not_outside(address: str):
    assert not is_outside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_of_the_public_internet_is_outside(address: str):
    assert is_outside(address)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" https://API.Example.com/v1/ ", "https://api.example.com/v1"),
        ("https://api.example.com:443/v1", "https://api.example.com/v1"),
        ("https://api.example.com:8443", "https://api.example.com:8443"),
        ("https://[2606:4700::1]/v1", "https://[2606:4700::1]/v1"),
        ("https://1.1.1.1/openai/v1", "https://1.1.1.1/openai/v1"),
    ],
)
def test_a_base_url_is_kept_in_one_way_of_writing(typed: str, kept: str):
    assert base_url_of(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "nothing",
        "ftp://example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://example.com/v1",
        "https://",
        "https:///v1",
        "https://user:word@example.com/v1",
        "https://example.com/v1?key=x",
        "https://example.com/v1#x",
        "https://example.com:port/v1",
        "https://example.com:99999/v1",
        "https://exa mple.com/v1",
        "https://example.com/a b",
        "https://bücher.example/v1",
        "https://[::1",
        f"https://example.com/{'x' * 500}",
    ],
)
def test_what_is_no_base_url_is_said_to_be_none(typed: str):
    with pytest.raises(InvalidRequest):
        base_url_of(typed)


def test_http_is_for_those_who_allow_it():
    assert base_url_of("http://vllm.inner:8000/v1", plain=True) == "http://vllm.inner:8000/v1"


def test_the_origin_is_scheme_host_and_unusual_port():
    assert origin_of("https://api.example.com/v1") == "https://api.example.com"
    assert origin_of("http://127.0.0.1:8000/v1") == "http://127.0.0.1:8000"
    assert origin_of("http://example.com:80/v1") == "http://example.com"
    assert host_of("https://api.example.com/v1") == ("api.example.com", 443)
