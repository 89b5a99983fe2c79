"""The mail that has the link to sign in with."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`greeting` has no name in it: we don't ask for one."""

    subject: str
    greeting: str
    intro: str
    enter: str
    how: str
    footer: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        subject="Sign in at {site}",
        greeting="Hello,",
        intro="here is the link to sign in at {site}.",
        enter="Sign in",
        how="Open it in the browser in which you asked for it. It is good once, for 15 minutes.",
        footer="Did you not ask for it? Then leave it: nobody can sign in with it elsewhere. – {site}",
    ),
    "de": Words(
        subject="Anmelden bei {site}",
        greeting="Hallo,",
        intro="hier ist der Link, mit dem du dich bei {site} anmeldest.",
        enter="Anmelden",
        how="Öffne ihn in dem Browser, in dem du ihn angefordert hast. Er gilt einmal, 15 Minuten lang.",
        footer="Nicht angefordert? Dann lass ihn einfach: Woanders kann sich niemand damit anmelden. – {site}",
    ),
    "fr": Words(
        subject="Se connecter à {site}",
        greeting="Bonjour,",
        intro="Voici le lien pour vous connecter à {site}.",
        enter="Se connecter",
        how="Ouvrez-le dans le navigateur où vous l’avez demandé. Il sert une fois, pendant 15 minutes.",
        footer="Vous ne l’avez pas demandé ? Ignorez-le : ailleurs, il ne permet à personne de se connecter. – {site}",
    ),
    "es": Words(
        subject="Iniciar sesión en {site}",
        greeting="Hola:",
        intro="Este es el enlace para entrar en {site}.",
        enter="Entrar",
        how="Ábrelo en el navegador en el que lo pediste. Vale una vez, durante 15 minutos.",
        footer="¿No lo pediste? Ignóralo: en otro sitio nadie puede entrar con él. – {site}",
    ),
    "it": Words(
        subject="Accedi a {site}",
        greeting="Ciao,",
        intro="ecco il link per accedere a {site}.",
        enter="Accedi",
        how="Aprilo nel browser in cui l’hai chiesto. Vale una volta sola, per 15 minuti.",
        footer="Non l’hai chiesto tu? Ignoralo: altrove nessuno può usarlo per accedere. – {site}",
    ),
    "ar": Words(
        subject="تسجيل الدخول إلى {site}",
        greeting="مرحبًا،",
        intro="هذا رابط تسجيل الدخول إلى {site}.",
        enter="تسجيل الدخول",
        how="افتحه في المتصفح الذي طلبته فيه. يصلح مرة واحدة خلال 15 دقيقة.",
        footer="لم تطلبه؟ تجاهله: لا يستطيع أحد الدخول به من مكان آخر. – {site}",
    ),
    "ja": Words(
        subject="{site} へのログイン",
        greeting="こんにちは。",
        intro="{site} にログインするためのリンクです。",
        enter="ログイン",
        how="請求したブラウザで開いてください。15分間、一度だけ有効です。",
        footer="お心当たりがない場合は、そのままにしてください。ほかのブラウザではログインできません。– {site}",
    ),
}
