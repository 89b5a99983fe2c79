import pytest

from services.mailer.addresses import BadAddress, Mailbox, mailbox, named_mailbox


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada+tickets@mail.example.org", "ada+tickets@mail.example.org"),
        ('"ada lovelace"@example.org', '"ada lovelace"@example.org'),
        ("ada@localhost", "ada@localhost"),
        ("ada@[192.0.2.1]", "ada@[192.0.2.1]"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("花子@例え.テスト", "花子@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_the_domain_becomes_ascii_and_the_rest_stays(typed: str, address: str) -> None:
    assert mailbox(typed).address == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a b@example.org",
        "a,b@example.org",
        "ada@example.org>\r\nRCPT TO:<eve@example.org",
        "ada\r\n@example.org",
        "ada@exa mple.org",
        "ada@-.example",
        "ada@" + "ü" * 300 + ".example",
        "x" * 65 + "@example.org",
        "ada\u2028@example.org",
        "ada\u202e@example.org",
        "a..b@example.org",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(BadAddress):
        mailbox(typed)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Box Office <tickets@example.org>", Mailbox("tickets", "example.org", "Box Office")),
        ('"Box, Office" <tickets@example.org>', Mailbox("tickets", "example.org", "Box, Office")),
        ("<tickets@example.org>", Mailbox("tickets", "example.org")),
        ("tickets@example.org", Mailbox("tickets", "example.org")),
    ],
)
def test_a_name_may_stand_before_the_address(typed: str, read: Mailbox) -> None:
    assert named_mailbox(typed) == read
