"""The mail that calls the tickets off."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`intro` when the buyer asked for it, `by_organiser` when the organiser did."""

    subject: str
    intro: str
    by_organiser: str
    void_title: str
    void: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        subject="Cancelled: {event}",
        intro="As you asked, your order is cancelled.",
        by_organiser="{organiser} has cancelled your order.",
        void_title="Your tickets are void",
        void="If you have them already, throw them away: their codes no longer admit anyone.",
    ),
    "de": Words(
        subject="Storniert: {event}",
        intro="wie gewünscht ist deine Bestellung storniert.",
        by_organiser="{organiser} hat deine Bestellung storniert.",
        void_title="Deine Tickets sind ungültig",
        void="Falls du sie schon hast, wirf sie weg: Ihre Codes lassen niemanden mehr ein.",
    ),
    "fr": Words(
        subject="Commande annulée : {event}",
        intro="Comme demandé, votre commande est annulée.",
        by_organiser="{organiser} a annulé votre commande.",
        void_title="Vos billets ne sont plus valables",
        void="Si vous les avez déjà, jetez-les : leurs codes ne donnent plus accès à l’évènement.",
    ),
    "es": Words(
        subject="Pedido cancelado: {event}",
        intro="Tal como pediste, tu pedido queda cancelado.",
        by_organiser="{organiser} ha cancelado tu pedido.",
        void_title="Tus entradas ya no son válidas",
        void="Si ya las tienes, tíralas: sus códigos ya no permiten entrar.",
    ),
    "it": Words(
        subject="Annullato: {event}",
        intro="come hai chiesto, il tuo ordine è annullato.",
        by_organiser="{organiser} ha annullato il tuo ordine.",
        void_title="I tuoi biglietti non valgono più",
        void="Se li hai già, buttali via: i loro codici non fanno più entrare nessuno.",
    ),
    "ar": Words(
        subject="أُلغي طلبك: {event}",
        intro="كما طلبت، أُلغي طلبك.",
        by_organiser="أُلغي طلبك من قِبل {organiser}.",
        void_title="تذاكرك لم تعد صالحة",
        void="إن كانت لديك بالفعل فتخلّص منها: رموزها لم تعد تسمح بالدخول.",
    ),
    "ja": Words(
        subject="キャンセルのお知らせ：{event}",
        intro="ご依頼のとおり、ご注文をキャンセルしました。",
        by_organiser="主催者（{organiser}）により、ご注文がキャンセルされました。",
        void_title="チケットは無効です",
        void="お手元にチケットがある場合は破棄してください。記載のコードではご入場いただけません。",
    ),
}
