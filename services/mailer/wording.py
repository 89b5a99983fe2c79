"""The words of our mails, one set a language. `{…}` is filled in; a missing sentence is a type error."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """`zone` names the event's zone by its city; `colon` and `comma` join labels and lists in the text mail.

    `tickets` has a phrase for each plural form of the language (CLDR) that differs from `other`.
    """

    subject: str
    greeting: str
    intro: str
    number: str
    when: str
    where: str
    admits: str
    tickets: Mapping[str, str]
    how_title: str
    how: str
    keep: str
    until: str
    zone: str
    footer: str
    colon: str = ": "
    comma: str = ", "


WORDINGS: Mapping[str, Wording] = {
    "en": Wording(
        subject="Your tickets: {event}",
        greeting="Hello {name},",
        intro="You’re all set: your tickets are in the attached PDF.",
        number="Confirmation number",
        when="When",
        where="Where",
        admits="Tickets",
        tickets={"one": "1 ticket", "other": "{count} tickets"},
        how_title="At the entrance",
        how="Open {file} and show the QR code, on your phone or on paper. Each code admits one person, once.",
        keep="Any question? Have the confirmation number at hand.",
        until="{start} to {end}",
        zone="{city} time",
        footer="{organiser} sells its tickets through Boxoffice ({site}). You get this mail because you ordered there.",
    ),
    "de": Wording(
        subject="Deine Tickets: {event}",
        greeting="Hallo {name},",
        intro="alles ist bestätigt: Deine Tickets sind im angehängten PDF.",
        number="Bestellnummer",
        when="Wann",
        where="Wo",
        admits="Tickets",
        tickets={"one": "1 Ticket", "other": "{count} Tickets"},
        how_title="Am Einlass",
        how="Öffne {file} und zeige den QR-Code, auf dem Telefon oder auf Papier. "
        "Jeder Code gilt für eine Person, einmal.",
        keep="Fragen? Halte die Bestellnummer bereit.",
        until="{start} bis {end}",
        zone="Ortszeit {city}",
        footer="{organiser} verkauft Tickets über Boxoffice ({site}). "
        "Du bekommst diese Mail, weil Du dort bestellt hast.",
    ),
    "fr": Wording(
        subject="Vos billets : {event}",
        greeting="Bonjour {name},",
        intro="C’est confirmé : vos billets sont dans le PDF ci-joint.",
        number="Numéro de confirmation",
        when="Quand",
        where="Où",
        admits="Billets",
        tickets={"one": "{count} billet", "other": "{count} billets"},
        how_title="À l’entrée",
        how="Ouvrez {file} et présentez le code QR, sur votre téléphone ou imprimé. "
        "Chaque code vaut pour une personne, une seule fois.",
        keep="Une question ? Gardez le numéro de confirmation sous la main.",
        until="{start} – {end}",
        zone="heure de {city}",
        footer="{organiser} vend ses billets avec Boxoffice ({site}). "
        "Vous recevez ce message car vous y avez commandé.",
        colon=" : ",
    ),
    "es": Wording(
        subject="Tus entradas: {event}",
        greeting="Hola, {name}:",
        intro="Todo listo: tus entradas están en el PDF adjunto.",
        number="Número de confirmación",
        when="Cuándo",
        where="Dónde",
        admits="Entradas",
        tickets={"one": "1 entrada", "other": "{count} entradas"},
        how_title="En la entrada",
        how="Abre {file} y muestra el código QR, en el móvil o en papel. "
        "Cada código vale para una persona, una sola vez.",
        keep="¿Alguna pregunta? Ten a mano el número de confirmación.",
        until="{start} a {end}",
        zone="hora de {city}",
        footer="{organiser} vende sus entradas con Boxoffice ({site}). "
        "Recibes este mensaje porque hiciste un pedido allí.",
    ),
    "ar": Wording(
        subject="تذاكرك: {event}",
        greeting="مرحبًا {name}،",
        intro="تم تأكيد طلبك: تذاكرك في ملف PDF المرفق.",
        number="رقم التأكيد",
        when="الموعد",
        where="المكان",
        admits="التذاكر",
        tickets={
            "one": "تذكرة واحدة",
            "two": "تذكرتان",
            "few": "{count} تذاكر",
            "other": "{count} تذكرة",
        },
        how_title="عند الدخول",
        how="افتح {file} واعرض رمز QR على هاتفك أو مطبوعًا. كل رمز يسمح بدخول شخص واحد مرة واحدة.",
        keep="لأي استفسار، احتفظ برقم التأكيد في متناول يدك.",
        until="{start} – {end}",
        zone="بتوقيت {city}",
        footer="تُباع تذاكر {organiser} عبر Boxoffice ({site}). وصلتك هذه الرسالة لأنك قدّمت طلبًا هناك.",
        comma="، ",
    ),
    "ja": Wording(
        subject="チケットのお届け：{event}",
        greeting="{name} 様",
        intro="ご注文が確定しました。チケットは添付のPDFにあります。",
        number="確認番号",
        when="日時",
        where="会場",
        admits="チケット",
        tickets={"other": "{count}枚"},
        how_title="ご入場の際は",
        how="{file} を開き、QRコードをスマートフォンまたは印刷した紙でご提示ください。"
        "コード1つにつき1名様、1回限り有効です。",
        keep="お問い合わせの際は、確認番号をご用意ください。",
        until="{start}～{end}",
        zone="{city}時間",
        footer="{organiser} は Boxoffice（{site}）でチケットを販売しています。"
        "このメールはご注文いただいた方にお送りしています。",
        colon="：",
        comma="、",
    ),
}
FALLBACK = "en"


def language_of(locale: str) -> str:
    """The language we have for a BCP 47 tag.

    >>> language_of("de-AT"), language_of("AR_eg"), language_of("tlh")
    ('de', 'ar', 'en')
    """
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if language in WORDINGS else FALLBACK
