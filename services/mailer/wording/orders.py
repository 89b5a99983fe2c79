"""An order and its event, in whatever mail they stand."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`zone` names the event's zone by its city.

    `tickets` has a phrase for each plural form of the language (CLDR) that differs from `other`.
    """

    number: str
    when: str
    where: str
    admits: str
    tickets: Mapping[str, str]
    until: str
    zone: str
    keep: str
    footer: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        number="Confirmation number",
        when="When",
        where="Where",
        admits="Tickets",
        tickets={"one": "1 ticket", "other": "{count} tickets"},
        until="{start} to {end}",
        zone="{city} time",
        keep="Any question? Have the confirmation number at hand.",
        footer="{organiser} sells its tickets through Boxoffice ({site}). You get this mail because you ordered there.",
    ),
    "de": Words(
        number="Bestellnummer",
        when="Wann",
        where="Wo",
        admits="Tickets",
        tickets={"one": "1 Ticket", "other": "{count} Tickets"},
        until="{start} bis {end}",
        zone="Ortszeit {city}",
        keep="Fragen? Halte die Bestellnummer bereit.",
        footer="{organiser} verkauft Tickets über Boxoffice ({site}). "
        "Du bekommst diese Mail, weil du dort bestellt hast.",
    ),
    "fr": Words(
        number="Numéro de confirmation",
        when="Quand",
        where="Où",
        admits="Billets",
        tickets={"one": "{count} billet", "other": "{count} billets"},
        until="{start} – {end}",
        zone="heure de {city}",
        keep="Une question ? Gardez le numéro de confirmation sous la main.",
        footer="{organiser} vend ses billets avec Boxoffice ({site}). "
        "Vous recevez ce message car vous y avez commandé.",
    ),
    "es": Words(
        number="Número de confirmación",
        when="Cuándo",
        where="Dónde",
        admits="Entradas",
        tickets={"one": "1 entrada", "other": "{count} entradas"},
        until="{start} a {end}",
        zone="hora de {city}",
        keep="¿Alguna pregunta? Ten a mano el número de confirmación.",
        footer="{organiser} vende sus entradas con Boxoffice ({site}). "
        "Recibes este mensaje porque hiciste un pedido allí.",
    ),
    "it": Words(
        number="Numero di conferma",
        when="Quando",
        where="Dove",
        admits="Biglietti",
        tickets={"one": "1 biglietto", "other": "{count} biglietti"},
        until="{start} – {end}",
        zone="ora di {city}",
        keep="Hai una domanda? Tieni a portata di mano il numero di conferma.",
        footer="{organiser} vende i suoi biglietti con Boxoffice ({site}). "
        "Ricevi questa e-mail perché hai ordinato lì.",
    ),
    "ar": Words(
        number="رقم التأكيد",
        when="الموعد",
        where="المكان",
        admits="التذاكر",
        tickets={"one": "تذكرة واحدة", "two": "تذكرتان", "few": "{count} تذاكر", "other": "{count} تذكرة"},
        until="{start} – {end}",
        zone="بتوقيت {city}",
        keep="لأي استفسار، احتفظ برقم التأكيد في متناول يدك.",
        footer="تُباع تذاكر {organiser} عبر Boxoffice ({site}). وصلتك هذه الرسالة لأنك قدّمت طلبًا هناك.",
    ),
    "ja": Words(
        number="確認番号",
        when="日時",
        where="会場",
        admits="チケット",
        tickets={"other": "{count}枚"},
        until="{start}～{end}",
        zone="{city}時間",
        keep="お問い合わせの際は、確認番号をご用意ください。",
        footer="{organiser} は Boxoffice（{site}）でチケットを販売しています。"
        "このメールはご注文いただいた方にお送りしています。",
    ),
}
