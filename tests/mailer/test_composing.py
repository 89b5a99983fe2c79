"""What a mail says, read back by the standard library's parser."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import pytest

from services.mailer.addresses import Mailbox, mailbox, named_mailbox
from services.mailer.composing import Composer, Cover
from services.mailer.wording import cancellation
from services.mailer.wording.frame import WORDS
from shared.messages import OrderCancelled, TicketsIssued, Venue
from tests.mailer.building import PDF, SEVEN_PM_IN_BERLIN, an_event, order_cancelled, tickets_issued

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
COMPOSER = Composer(named_mailbox("Box Office <tickets@example.org>"), "https://tickets.example.org")


def composed(fact: TicketsIssued | OrderCancelled, to: Mailbox | None = None) -> EmailMessage:
    raw = raw_mail(fact, to)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    parsed = BytesParser(policy=default).parsebytes(raw)
    assert isinstance(parsed, EmailMessage)
    assert not [part.defects for part in parsed.walk() if part.defects]
    return parsed


def raw_mail(fact: TicketsIssued | OrderCancelled, to: Mailbox | None = None) -> bytes:
    cover = Cover(to or mailbox(fact.buyer.email, fact.buyer.name), "<0123@example.org>", NOW)
    if isinstance(fact, OrderCancelled):
        return COMPOSER.cancellation(fact, cover)
    return COMPOSER.tickets(fact, cover, PDF)


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def test_the_headers_say_who_what_and_when() -> None:
    mail = composed(tickets_issued())

    assert mail["From"] == "Box Office <tickets@example.org>"
    assert mail["To"] == "Ada Lovelace <ada@example.org>"
    assert mail["Subject"] == "Your tickets: Night Music"
    assert mail["Message-ID"] == "<0123@example.org>"
    assert mail["Date"].datetime == NOW
    assert mail["Content-Language"] == "en"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_it_has_text_then_html_then_the_pdf() -> None:
    mail = composed(tickets_issued())

    kinds = [part.get_content_type() for part in mail.walk()]
    attachment = next(iter(mail.iter_attachments()))
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"]
    assert attachment.get_filename() == "7K2MX-Q4P9D.pdf"
    assert attachment.get_content() == PDF


@pytest.mark.parametrize("locale", WORDS)
def test_text_and_html_both_say_everything(locale: str) -> None:
    mail = composed(tickets_issued(locale=locale, tickets=3))

    for said in (text_of(mail), html_of(mail)):
        for needed in ("Ada Lovelace", "Night Music", "2027", "Old Harbour Hall", "Quay 4, Hamburg", "Nachtlicht"):
            assert needed in said
        assert "7K2MX-Q4P9D" in said
        assert "7K2MX-Q4P9D.pdf" in said
        assert "3" in said


@pytest.mark.parametrize(
    ("locale", "date", "time"),
    [
        ("en", "Friday, May 14, 2027", "7:00\u202fPM (Berlin time)"),
        ("en-GB", "Friday, 14 May 2027", "19:00 (Berlin time)"),
        ("de-AT", "Freitag, 14. Mai 2027", "19:00 (Ortszeit Berlin)"),
        ("fr", "vendredi 14 mai 2027", "19:00 (heure de Berlin)"),
        ("es", "viernes, 14 de mayo de 2027", "19:00 (hora de Berlín)"),
        ("ja", "2027年5月14日金曜日", "19:00 (ベルリン時間)"),
        ("ar", "الجمعة، 14 مايو 2027", "7:00 م (بتوقيت برلين)"),
        ("tlh", "Friday, May 14, 2027", "7:00\u202fPM (Berlin time)"),
    ],
)
def test_times_are_in_the_events_zone_and_the_readers_language(locale: str, date: str, time: str) -> None:
    text = text_of(composed(tickets_issued(locale=locale)))

    assert date in text
    assert time in text


def test_an_event_of_an_evening_has_its_end_as_a_time() -> None:
    event = an_event(ends_at=SEVEN_PM_IN_BERLIN + timedelta(hours=3))

    assert "19:00 bis 22:00" in text_of(composed(tickets_issued(locale="de", event=event)))


def test_an_event_over_days_has_its_end_as_a_date() -> None:
    event = an_event(ends_at=SEVEN_PM_IN_BERLIN + timedelta(days=2))

    assert "Freitag, 14. Mai 2027 bis Sonntag, 16. Mai 2027, 19:00" in text_of(
        composed(tickets_issued(locale="de", event=event))
    )


@pytest.mark.parametrize(
    ("zone", "time"), [("UTC", "17:00 (UTC)"), ("Etc/GMT-3", "20:00 (GMT+03:00)"), ("no/such", "17:00 (UTC)")]
)
def test_a_zone_without_a_city_is_an_offset(zone: str, time: str) -> None:
    assert time in text_of(composed(tickets_issued(locale="de", event=an_event(timezone=zone))))


@pytest.mark.parametrize(("count", "phrase"), [(1, "1 ticket"), (2, "2 tickets")])
def test_the_number_of_tickets_is_in_its_plural_form(count: int, phrase: str) -> None:
    assert f"Tickets: {phrase}\n" in text_of(composed(tickets_issued(tickets=count)))


@pytest.mark.parametrize(
    ("count", "phrase"), [(1, "تذكرة واحدة"), (2, "تذكرتان"), (3, "3 تذاكر"), (11, "11 تذكرة"), (100, "100 تذكرة")]
)
def test_arabic_has_its_own_plural_forms(count: int, phrase: str) -> None:
    assert phrase in text_of(composed(tickets_issued(locale="ar", tickets=count)))


def test_arabic_reads_from_the_right() -> None:
    html = html_of(composed(tickets_issued(locale="ar")))

    assert '<html lang="ar" dir="rtl">' in html
    assert 'class="code" dir="ltr">7K2MX-Q4P9D<' in html


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "سارة منصور",
        "山田花子",
        "Zoë 🎉 👩‍👩‍👧",
        'Ada "the Countess" \\ Lovelace, Esq. <ada@elsewhere.example>',
        "=?utf-8?q?=42cc?=",
        "x" * 200,
        "",
    ],
)
def test_any_name_comes_through_whole_in_the_header(name: str) -> None:
    mail = composed(tickets_issued(name=name))

    address = mail["To"].addresses[0]
    assert (address.display_name, address.addr_spec) == (name, "ada@example.org")


@pytest.mark.parametrize("event", ["Nuit d’été à l’Opéra", "ليالي القاهرة", "夜の音楽会 " * 30, "a=?b?=c", "x" * 400])
def test_any_event_name_comes_through_whole_in_the_subject(event: str) -> None:
    mail = composed(tickets_issued(event=an_event(event)))

    assert mail["Subject"] == f"Your tickets: {event.strip()}"


def test_line_ends_in_names_add_no_header_and_no_line() -> None:
    issued = tickets_issued(name="Eve\r\nBcc: x@example.org", event=an_event("Night\r\n\r\nMusic\x00\u2028"))
    mail = composed(issued)

    assert mail["Bcc"] is None
    assert mail["To"].addresses[0].display_name == "Eve Bcc: x@example.org"
    assert mail["Subject"] == "Your tickets: Night Music"
    assert "Hello Eve Bcc: x@example.org," in text_of(mail)


def test_markup_is_shown_as_text() -> None:
    event = an_event("<b>Rock</b> & Roll", venue=Venue("<i>Hall</i>", ""), organiser="<script>alert(1)</script>")
    mail = composed(tickets_issued(name="Ada <b>&amp;", event=event))

    assert "&lt;b&gt;Rock&lt;/b&gt; &amp; Roll" in html_of(mail)
    assert "Ada &lt;b&gt;&amp;amp;" in html_of(mail)
    assert not [tag for tag in ("<b>", "<i>", "<script>") if tag in html_of(mail)]
    assert "<b>Rock</b> & Roll" in text_of(mail)
    assert "Ada <b>&amp;" in text_of(mail)


def test_braces_in_names_are_only_braces() -> None:
    assert "Hello {name} {0}," in text_of(composed(tickets_issued(name="{name} {0}")))


def test_an_event_without_a_place_says_none() -> None:
    mail = composed(tickets_issued(event=an_event(venue=Venue("", ""))))

    assert "Where" not in text_of(mail)
    assert "Where" not in html_of(mail)


def test_nothing_is_fetched_when_the_mail_is_opened() -> None:
    html = html_of(composed(tickets_issued()))

    assert not [word for word in ("http:", "https:", "src=", "url(", "@import") if word in html]


def test_letters_beyond_ascii_before_the_at_stand_as_they_are() -> None:
    raw = raw_mail(tickets_issued(), mailbox("jürgen@bücher.example", "Jürgen"))

    assert "<jürgen@xn--bcher-kva.example>".encode() in raw


@pytest.mark.parametrize("locale", WORDS)
def test_a_cancellation_says_what_is_void_and_brings_no_file(locale: str) -> None:
    mail = composed(order_cancelled(locale=locale))

    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    words = cancellation.WORDS[locale]
    assert mail["Subject"] == words.subject.format(event="Night Music")
    assert mail["Content-Language"] == locale
    for said in (text_of(mail), html_of(mail)):
        for needed in ("Ada Lovelace", "Night Music", "7K2MX-Q4P9D", words.intro, words.void_title, words.void):
            assert needed in said
        assert ".pdf" not in said


@pytest.mark.parametrize("locale", WORDS)
def test_a_cancellation_by_the_organiser_says_so(locale: str) -> None:
    text = text_of(composed(order_cancelled(locale=locale, reason="organiser", event=an_event(organiser="{Us} & <b>"))))

    assert "{Us} & <b>" in text.partition("Night Music")[0]
    assert cancellation.WORDS[locale].intro not in text
