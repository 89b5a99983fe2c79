"""Signing in: asking for a link, and what its page says."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A pair is a heading and what to do."""

    title: tuple[str, str]
    email: str
    send: str
    no_address: str
    too_often: str
    check_mail: tuple[str, str]
    confirm: tuple[str, str]
    enter: str
    another_browser: tuple[str, str]
    used: tuple[str, str]
    expired: tuple[str, str]
    again: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        title=("Sign in", "No password: we send you a link by mail. It is good for 15 minutes, in this browser."),
        email="E-mail address",
        send="Send me a link",
        no_address="Give a whole address, like ada@example.org.",
        too_often="Too many links were asked for from here. Use one of those, or try again in a quarter of an hour.",
        check_mail=(
            "Look into your mail",
            "If mail can reach this address, a link is on its way. Open it here, in this browser, within 15 minutes.",
        ),
        confirm=("Sign in now?", "You asked for this link in this browser. One click, and you are in."),
        enter="Sign in",
        another_browser=(
            "This is not the browser that asked",
            "For your safety the link opens only in the browser where you asked for it. "
            "Copy it over there, or ask for a new one from here.",
        ),
        used=("This link has been used", "Each link opens once. Ask for a new one, it takes a moment."),
        expired=("This link has expired", "Links are good for 15 minutes. Ask for a new one, it takes a moment."),
        again="Send a new link",
    ),
    "de": Words(
        title=(
            "Anmelden",
            "Ohne Passwort: Wir schicken dir einen Link per Mail. Er gilt 15 Minuten, in diesem Browser.",
        ),
        email="E-Mail-Adresse",
        send="Link schicken",
        no_address="Gib eine ganze Adresse an, wie ada@example.org.",
        too_often="Von hier kamen zu viele Anfragen. Nimm einen der Links, oder versuche es in einer Viertelstunde.",
        check_mail=(
            "Schau in deine Mails",
            "Wenn Post diese Adresse erreicht, ist ein Link unterwegs. Öffne ihn hier, in diesem Browser, in den "
            "nächsten 15 Minuten.",
        ),
        confirm=("Jetzt anmelden?", "Du hast diesen Link in diesem Browser angefordert. Ein Klick, und du bist drin."),
        enter="Anmelden",
        another_browser=(
            "Das ist nicht der Browser, der gefragt hat",
            "Zu deiner Sicherheit öffnet sich der Link nur in dem Browser, in dem du ihn angefordert hast. "
            "Kopiere ihn dorthin, oder fordere hier einen neuen an.",
        ),
        used=(
            "Dieser Link ist verbraucht",
            "Jeder Link öffnet einmal. Fordere einen neuen an, das dauert nicht lange.",
        ),
        expired=(
            "Dieser Link ist abgelaufen",
            "Links gelten 15 Minuten. Fordere einen neuen an, das dauert nicht lange.",
        ),
        again="Neuen Link schicken",
    ),
    "fr": Words(
        title=(
            "Se connecter",
            "Sans mot de passe : nous vous envoyons un lien par e-mail, valable 15 minutes dans ce navigateur.",
        ),
        email="Adresse e-mail",
        send="Envoyer un lien",
        no_address="Donnez une adresse complète, comme ada@example.org.",
        too_often="Trop de liens ont été demandés d’ici. Utilisez-en un, ou réessayez dans un quart d’heure.",
        check_mail=(
            "Regardez vos e-mails",
            "Si cette adresse reçoit du courrier, un lien est en route. Ouvrez-le ici, dans ce navigateur, d’ici "
            "15 minutes.",
        ),
        confirm=("Se connecter maintenant ?", "Vous avez demandé ce lien dans ce navigateur. Un clic, et vous y êtes."),
        enter="Se connecter",
        another_browser=(
            "Ce n’est pas le navigateur qui l’a demandé",
            "Pour votre sécurité, le lien ne s’ouvre que dans le navigateur où vous l’avez demandé. "
            "Copiez-le là-bas, ou demandez-en un nouveau ici.",
        ),
        used=(
            "Ce lien a déjà servi",
            "Chaque lien s’ouvre une fois. Demandez-en un nouveau, c’est l’affaire d’un instant.",
        ),
        expired=(
            "Ce lien a expiré",
            "Un lien est valable 15 minutes. Demandez-en un nouveau, c’est l’affaire d’un instant.",
        ),
        again="Envoyer un nouveau lien",
    ),
    "es": Words(
        title=(
            "Iniciar sesión",
            "Sin contraseña: te enviamos un enlace por correo. Vale 15 minutos, en este navegador.",
        ),
        email="Correo electrónico",
        send="Enviarme un enlace",
        no_address="Escribe una dirección completa, como ada@example.org.",
        too_often="Se han pedido demasiados enlaces desde aquí. Usa uno de ellos o inténtalo en un cuarto de hora.",
        check_mail=(
            "Mira tu correo",
            "Si a esta dirección le llega correo, hay un enlace en camino. Ábrelo aquí, en este navegador, antes de "
            "15 minutos.",
        ),
        confirm=("¿Entrar ahora?", "Pediste este enlace en este navegador. Un clic y estás dentro."),
        enter="Entrar",
        another_browser=(
            "Este no es el navegador que lo pidió",
            "Por tu seguridad, el enlace solo se abre en el navegador en el que lo pediste. "
            "Cópialo allí o pide uno nuevo aquí.",
        ),
        used=("Este enlace ya se usó", "Cada enlace se abre una vez. Pide uno nuevo, es un momento."),
        expired=("Este enlace ha caducado", "Los enlaces valen 15 minutos. Pide uno nuevo, es un momento."),
        again="Enviar un enlace nuevo",
    ),
    "it": Words(
        title=("Accedi", "Senza password: ti mandiamo un link per e-mail. Vale 15 minuti, in questo browser."),
        email="Indirizzo e-mail",
        send="Mandami un link",
        no_address="Scrivi un indirizzo completo, come ada@example.org.",
        too_often="Da qui sono stati chiesti troppi link. Usane uno, o riprova tra un quarto d’ora.",
        check_mail=(
            "Guarda la posta",
            "Se a questo indirizzo arriva la posta, un link è in viaggio. Aprilo qui, in questo browser, in 15 minuti.",
        ),
        confirm=("Accedere ora?", "Hai chiesto questo link in questo browser. Un clic e sei dentro."),
        enter="Accedi",
        another_browser=(
            "Non è il browser che l’ha chiesto",
            "Per la tua sicurezza il link si apre solo nel browser in cui l’hai chiesto. "
            "Copialo lì, o chiedine uno nuovo da qui.",
        ),
        used=("Questo link è già stato usato", "Ogni link si apre una volta. Chiedine uno nuovo, ci vuole un attimo."),
        expired=("Questo link è scaduto", "I link valgono 15 minuti. Chiedine uno nuovo, ci vuole un attimo."),
        again="Manda un nuovo link",
    ),
    "ar": Words(
        title=("تسجيل الدخول", "من دون كلمة مرور: نرسل إليك رابطًا بالبريد، صالحًا 15 دقيقة في هذا المتصفح."),
        email="البريد الإلكتروني",
        send="أرسل لي رابطًا",
        no_address="اكتب عنوانًا كاملًا، مثل ada@example.org.",
        too_often="طُلبت روابط كثيرة من هنا. استخدم أحدها، أو حاول بعد ربع ساعة.",
        check_mail=(
            "تحقّق من بريدك",
            "إن كان البريد يصل إلى هذا العنوان فالرابط في الطريق. افتحه هنا، في هذا المتصفح، خلال 15 دقيقة.",
        ),
        confirm=("تسجيل الدخول الآن؟", "طلبتَ هذا الرابط في هذا المتصفح. نقرة واحدة وتدخل."),
        enter="تسجيل الدخول",
        another_browser=(
            "ليس هذا المتصفح الذي طلب الرابط",
            "لسلامتك لا يُفتح الرابط إلا في المتصفح الذي طلبته فيه. انسخه إليه، أو اطلب رابطًا جديدًا من هنا.",
        ),
        used=("استُخدم هذا الرابط", "كل رابط يُفتح مرة واحدة. اطلب رابطًا جديدًا، لن يستغرق ذلك إلا لحظة."),
        expired=("انتهت صلاحية هذا الرابط", "الروابط صالحة 15 دقيقة. اطلب رابطًا جديدًا، لن يستغرق ذلك إلا لحظة."),
        again="أرسل رابطًا جديدًا",
    ),
    "ja": Words(
        title=("ログイン", "パスワードは不要です。メールでリンクをお送りします。このブラウザで15分間有効です。"),
        email="メールアドレス",
        send="リンクを送る",
        no_address="ada@example.org のように、完全なアドレスを入力してください。",
        too_often="ここからのリンクの請求が多すぎます。届いたリンクを使うか、15分後にもう一度お試しください。",
        check_mail=(
            "メールをご確認ください",
            "このアドレスにメールが届く場合、リンクをお送りしました。15分以内に、このブラウザで開いてください。",
        ),
        confirm=("ログインしますか", "このリンクはこのブラウザで請求されました。ボタンを押すとログインします。"),
        enter="ログイン",
        another_browser=(
            "リンクを請求したブラウザではありません",
            "安全のため、リンクは請求したブラウザでのみ開けます。そちらにコピーするか、ここで新しいリンクを請求してください。",
        ),
        used=("このリンクは使用済みです", "リンクは一度だけ使えます。新しいリンクを請求してください。"),
        expired=("このリンクは期限切れです", "リンクの有効期限は15分です。新しいリンクを請求してください。"),
        again="新しいリンクを送る",
    ),
}
