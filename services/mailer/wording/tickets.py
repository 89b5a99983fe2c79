"""The mail that brings the tickets."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`file` is the name of the attached PDF."""

    subject: str
    intro: str
    how_title: str
    how: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        subject="Your tickets: {event}",
        intro="You’re all set: your tickets are in the attached PDF.",
        how_title="At the entrance",
        how="Open {file} and show the QR code, on your phone or on paper. Each code admits one person, once.",
    ),
    "de": Words(
        subject="Deine Tickets: {event}",
        intro="alles ist bestätigt: deine Tickets sind im angehängten PDF.",
        how_title="Am Einlass",
        how="Öffne {file} und zeige den QR-Code, auf dem Telefon oder auf Papier. "
        "Jeder Code gilt für eine Person, einmal.",
    ),
    "fr": Words(
        subject="Vos billets : {event}",
        intro="C’est confirmé : vos billets sont dans le PDF ci-joint.",
        how_title="À l’entrée",
        how="Ouvrez {file} et présentez le code QR, sur votre téléphone ou imprimé. "
        "Chaque code vaut pour une personne, une seule fois.",
    ),
    "es": Words(
        subject="Tus entradas: {event}",
        intro="Todo listo: tus entradas están en el PDF adjunto.",
        how_title="En la entrada",
        how="Abre {file} y muestra el código QR, en el móvil o en papel. "
        "Cada código vale para una persona, una sola vez.",
    ),
    "it": Words(
        subject="I tuoi biglietti: {event}",
        intro="tutto confermato: i tuoi biglietti sono nel PDF allegato.",
        how_title="All’ingresso",
        how="Apri {file} e mostra il codice QR, sul telefono o stampato. "
        "Ogni codice fa entrare una persona, una sola volta.",
    ),
    "ar": Words(
        subject="تذاكرك: {event}",
        intro="تم تأكيد طلبك: تذاكرك في ملف PDF المرفق.",
        how_title="عند الدخول",
        how="افتح {file} واعرض رمز QR على هاتفك أو مطبوعًا. كل رمز يسمح بدخول شخص واحد مرة واحدة.",
    ),
    "ja": Words(
        subject="チケットのお届け：{event}",
        intro="ご注文が確定しました。チケットは添付のPDFにあります。",
        how_title="ご入場の際は",
        how="{file} を開き、QRコードをスマートフォンまたは印刷した紙でご提示ください。"
        "コード1つにつき1名様、1回限り有効です。",
    ),
}
