"""The account: one's orders and events, and the way out."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    signed_in: str
    orders: str
    no_orders: str
    places: str
    cancelled: str
    older: str
    events: str
    sold: str
    unpublished: str
    leave: str
    leaving: str
    everywhere: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        title="Your account",
        signed_in="Signed in as",
        orders="Your orders",
        no_orders="None was placed with this address.",
        places="Tickets: {count}",
        cancelled="Cancelled",
        older="Older orders",
        events="Your events",
        sold="{sold} of {capacity} sold",
        unpublished="not published",
        leave="Sign out",
        leaving="On a computer that others use, sign out when you are done.",
        everywhere="Sign out everywhere",
    ),
    "de": Words(
        title="Dein Konto",
        signed_in="Angemeldet als",
        orders="Deine Bestellungen",
        no_orders="Mit dieser Adresse wurde noch nichts bestellt.",
        places="Tickets: {count}",
        cancelled="Storniert",
        older="Ältere Bestellungen",
        events="Deine Veranstaltungen",
        sold="{sold} von {capacity} verkauft",
        unpublished="nicht veröffentlicht",
        leave="Abmelden",
        leaving="An einem Computer, den auch andere benutzen, melde dich am Ende ab.",
        everywhere="Überall abmelden",
    ),
    "fr": Words(
        title="Votre compte",
        signed_in="Connecté en tant que",
        orders="Vos commandes",
        no_orders="Aucune n’a été passée avec cette adresse.",
        places="Billets : {count}",
        cancelled="Annulée",
        older="Commandes plus anciennes",
        events="Vos événements",
        sold="{sold} sur {capacity} vendus",
        unpublished="non publié",
        leave="Se déconnecter",
        leaving="Sur un ordinateur partagé, déconnectez-vous quand vous avez terminé.",
        everywhere="Se déconnecter partout",
    ),
    "es": Words(
        title="Tu cuenta",
        signed_in="Sesión iniciada como",
        orders="Tus pedidos",
        no_orders="No hay ninguno con esta dirección.",
        places="Entradas: {count}",
        cancelled="Cancelado",
        older="Pedidos anteriores",
        events="Tus eventos",
        sold="{sold} de {capacity} vendidas",
        unpublished="sin publicar",
        leave="Cerrar sesión",
        leaving="En un ordenador compartido, cierra la sesión al terminar.",
        everywhere="Cerrar sesión en todas partes",
    ),
    "it": Words(
        title="Il tuo account",
        signed_in="Accesso come",
        orders="I tuoi ordini",
        no_orders="Con questo indirizzo non ce n’è nessuno.",
        places="Biglietti: {count}",
        cancelled="Annullato",
        older="Ordini precedenti",
        events="I tuoi eventi",
        sold="{sold} su {capacity} venduti",
        unpublished="non pubblicato",
        leave="Esci",
        leaving="Su un computer condiviso, esci quando hai finito.",
        everywhere="Esci ovunque",
    ),
    "ar": Words(
        title="حسابك",
        signed_in="تم الدخول باسم",
        orders="طلباتك",
        no_orders="لا طلبات بهذا العنوان.",
        places="التذاكر: {count}",
        cancelled="ملغى",
        older="طلبات أقدم",
        events="فعالياتك",
        sold="بيع {sold} من {capacity}",
        unpublished="غير منشورة",
        leave="تسجيل الخروج",
        leaving="على جهاز يستخدمه آخرون، سجّل الخروج عند الانتهاء.",
        everywhere="تسجيل الخروج من كل مكان",
    ),
    "ja": Words(
        title="アカウント",
        signed_in="ログイン中：",
        orders="ご注文",
        no_orders="このアドレスでのご注文はありません。",
        places="チケット：{count}枚",
        cancelled="キャンセル済み",
        older="以前のご注文",
        events="あなたのイベント",
        sold="{capacity}枚中{sold}枚販売",
        unpublished="非公開",
        leave="ログアウト",
        leaving="共有のパソコンでは、使い終わったらログアウトしてください。",
        everywhere="すべての端末からログアウト",
    ),
}
