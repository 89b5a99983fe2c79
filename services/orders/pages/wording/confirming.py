"""An order's own page: its number, how far it has come, and what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A pair is a heading and what to do. `tickets` and `mail` have a sentence for each status of theirs, `called_off`
    for each of the mail that confirms a cancellation."""

    placed: tuple[str, str]
    cancelled: tuple[str, str]
    number: str
    progress: str
    ordered: str
    tickets: Mapping[str, str]
    mail: Mapping[str, str]
    done: str
    under_way: str
    failed: str
    looks_again: str
    download: str
    summary: str
    holder: str
    resend: str
    resent: str
    cancel: str
    sure: tuple[str, str]
    cancel_yes: str
    cancel_no: str
    not_now: str
    locked: tuple[str, str]
    too_often: tuple[str, str]
    too_late: tuple[str, str]
    ask_organiser: str
    called_off: Mapping[str, str]


WORDS: Mapping[str, Words] = {
    "en": Words(
        ("You’re going", "Keep this number: it is all we need if you have a question."),
        ("Cancelled", "The tickets are void, and the places are back on sale."),
        *("Confirmation number", "What happens now", "Order placed"),
        {
            "pending": "Your tickets are being made",
            "issued": "Tickets ready",
            "void": "Tickets void",
            "failed": "The tickets could not be made yet. We have been told: there is no need to order again.",
        },
        {
            "pending": "The mail to {email} goes out next",
            "sent": "Mail sent to {email}",
            "bounced": "{email} did not take our mail: download the tickets here.",
            "failed": "The mail to {email} could not be sent yet: download the tickets here.",
        },
        *("done", "under way", "failed", "This page looks again by itself."),
        *("Download the tickets", "Your order", "Ordered by", "Send the mail again", "The mail is on its way again."),
        "Cancel the order",
        ("Cancel this order?", "Its tickets become void and the places go back on sale. This can’t be undone."),
        *("Yes, cancel it", "Keep the tickets", "That can’t be done just now. Try again in a moment."),
        ("Only for whoever ordered", "Open this page by the link you were given, in the browser you ordered with."),
        ("Just sent", "The mail was sent a moment ago. Look among the spam, or ask again later."),
        ("Too late to cancel", "The event has begun. {organiser} can still cancel the order: please ask there."),
        "{organiser} can have the tickets sent again: please ask there.",
        {
            "pending": "The mail that confirms it goes out to {email} next",
            "sent": "Cancellation confirmed by mail to {email}",
            "bounced": "{email} did not take our mail. The order is cancelled all the same.",
            "failed": "The mail to {email} could not be sent yet. The order is cancelled all the same.",
        },
    ),
    "de": Words(
        ("Du bist dabei", "Heb diese Nummer auf: Mehr brauchen wir nicht, wenn du eine Frage hast."),
        ("Storniert", "Die Tickets sind ungültig, die Plätze wieder im Verkauf."),
        *("Bestellnummer", "Wie es weitergeht", "Bestellt"),
        {
            "pending": "Deine Tickets werden gemacht",
            "issued": "Tickets fertig",
            "void": "Tickets ungültig",
            "failed": "Die Tickets ließen sich noch nicht machen. Wir wissen davon: Bestell nicht noch einmal.",
        },
        {
            "pending": "Als Nächstes geht die Mail an {email}",
            "sent": "Mail an {email} gesendet",
            "bounced": "{email} hat unsere Mail nicht angenommen: Lade die Tickets hier herunter.",
            "failed": "Die Mail an {email} ging noch nicht hinaus: Lade die Tickets hier herunter.",
        },
        *("erledigt", "läuft", "fehlgeschlagen", "Diese Seite sieht von selbst wieder nach."),
        *("Tickets herunterladen", "Deine Bestellung", "Bestellt von", "Mail noch einmal senden"),
        *("Die Mail ist wieder unterwegs.", "Bestellung stornieren"),
        (
            "Diese Bestellung stornieren?",
            "Die Tickets werden ungültig, die Plätze gehen zurück in den Verkauf. Es gibt kein Zurück.",
        ),
        *("Ja, stornieren", "Tickets behalten", "Das geht gerade nicht. Versuche es gleich noch einmal."),
        (
            "Nur für wen bestellt hat",
            "Öffne diese Seite über deinen Link, in dem Browser, mit dem du bestellt hast.",
        ),
        ("Gerade gesendet", "Die Mail ging eben erst hinaus. Sieh im Spam nach oder versuche es später noch einmal."),
        (
            "Zu spät zum Stornieren",
            "Die Veranstaltung hat begonnen. {organiser} kann die Bestellung noch stornieren: Frag bitte dort.",
        ),
        "{organiser} kann die Tickets noch einmal senden lassen: Frag bitte dort.",
        {
            "pending": "Als Nächstes geht die Bestätigung an {email}",
            "sent": "Stornierung per Mail an {email} bestätigt",
            "bounced": "{email} hat unsere Mail nicht angenommen. Storniert ist die Bestellung trotzdem.",
            "failed": "Die Mail an {email} ging noch nicht hinaus. Storniert ist die Bestellung trotzdem.",
        },
    ),
    "fr": Words(
        ("Vous y serez", "Gardez ce numéro : il suffit pour toute question."),
        ("Annulée", "Les billets ne sont plus valables et les places sont remises en vente."),
        *("Numéro de confirmation", "La suite", "Commande passée"),
        {
            "pending": "Vos billets sont en préparation",
            "issued": "Billets prêts",
            "void": "Billets annulés",
            "failed": "Les billets n’ont pas encore pu être faits. Nous le savons : inutile de recommander.",
        },
        {
            "pending": "L’e-mail à {email} part ensuite",
            "sent": "E-mail envoyé à {email}",
            "bounced": "{email} a refusé notre e-mail : téléchargez les billets ici.",
            "failed": "L’e-mail à {email} n’est pas encore parti : téléchargez les billets ici.",
        },
        *("fait", "en cours", "échec", "Cette page se met à jour toute seule."),
        *("Télécharger les billets", "Votre commande", "Commandé par", "Renvoyer l’e-mail", "L’e-mail repart."),
        "Annuler la commande",
        (
            "Annuler cette commande ?",
            "Les billets ne vaudront plus rien, les places repartent en vente. C’est définitif.",
        ),
        *("Oui, annuler", "Garder les billets", "Impossible pour l’instant. Réessayez dans un moment."),
        (
            "Réservé à qui a commandé",
            "Ouvrez cette page avec votre lien, dans le navigateur qui a servi à commander.",
        ),
        ("Envoyé à l’instant", "L’e-mail vient de partir. Regardez dans les indésirables ou réessayez plus tard."),
        (
            "Trop tard pour annuler",
            "L’événement a commencé. {organiser} peut encore annuler la commande : adressez-vous là.",
        ),
        "{organiser} peut faire renvoyer les billets : adressez-vous là.",
        {
            "pending": "L’e-mail de confirmation part ensuite à {email}",
            "sent": "Annulation confirmée par e-mail à {email}",
            "bounced": "{email} a refusé notre e-mail. La commande est bien annulée.",
            "failed": "L’e-mail à {email} n’est pas encore parti. La commande est bien annulée.",
        },
    ),
    "es": Words(
        ("Allí estarás", "Guarda este número: es todo lo que necesitamos si tienes una pregunta."),
        ("Cancelado", "Las entradas ya no valen y las plazas vuelven a la venta."),
        *("Número de confirmación", "Qué pasa ahora", "Pedido hecho"),
        {
            "pending": "Estamos preparando tus entradas",
            "issued": "Entradas listas",
            "void": "Entradas anuladas",
            "failed": "Aún no se han podido hacer las entradas. Ya lo sabemos: no hace falta repetir el pedido.",
        },
        {
            "pending": "Después sale el correo a {email}",
            "sent": "Correo enviado a {email}",
            "bounced": "{email} no aceptó nuestro correo: descarga aquí las entradas.",
            "failed": "El correo a {email} aún no ha salido: descarga aquí las entradas.",
        },
        *("hecho", "en curso", "ha fallado", "Esta página se actualiza sola."),
        *("Descargar las entradas", "Tu pedido", "Pedido por", "Enviar otra vez el correo"),
        *("El correo va de nuevo en camino.", "Cancelar el pedido"),
        (
            "¿Cancelar este pedido?",
            "Las entradas dejarán de valer y las plazas vuelven a la venta. Sin vuelta atrás.",
        ),
        *("Sí, cancelar", "Quedarme las entradas", "Ahora no es posible. Inténtalo de nuevo en un momento."),
        ("Solo para quien hizo el pedido", "Abre esta página con tu enlace, en el navegador con el que lo hiciste."),
        ("Recién enviado", "El correo acaba de salir. Mira en el correo no deseado o pídelo más tarde."),
        ("Ya no se puede cancelar", "El evento ha empezado. {organiser} aún puede cancelar el pedido: pregunta allí."),
        "{organiser} puede hacer que se envíen otra vez las entradas: pregunta allí.",
        {
            "pending": "Después sale la confirmación a {email}",
            "sent": "Cancelación confirmada por correo a {email}",
            "bounced": "{email} no aceptó nuestro correo. El pedido está cancelado igualmente.",
            "failed": "El correo a {email} aún no ha salido. El pedido está cancelado igualmente.",
        },
    ),
    "it": Words(
        ("Ci sarai", "Conserva questo numero: ci basta quello, se hai una domanda."),
        ("Annullato", "I biglietti non valgono più e i posti tornano in vendita."),
        *("Numero di conferma", "Cosa succede ora", "Ordine inviato"),
        {
            "pending": "Stiamo preparando i biglietti",
            "issued": "Biglietti pronti",
            "void": "Biglietti annullati",
            "failed": "Non è stato ancora possibile fare i biglietti. Lo sappiamo: non serve ordinare di nuovo.",
        },
        {
            "pending": "Poi parte l’e-mail a {email}",
            "sent": "E-mail inviata a {email}",
            "bounced": "{email} non ha accettato la nostra e-mail: scarica qui i biglietti.",
            "failed": "L’e-mail a {email} non è ancora partita: scarica qui i biglietti.",
        },
        *("fatto", "in corso", "non riuscito", "Questa pagina si aggiorna da sola."),
        *("Scarica i biglietti", "Il tuo ordine", "Ordinato da", "Invia di nuovo l’e-mail", "L’e-mail riparte."),
        "Annulla l’ordine",
        (
            "Annullare questo ordine?",
            "I biglietti non varranno più, i posti tornano in vendita. È definitivo.",
        ),
        *("Sì, annulla", "Tengo i biglietti", "Ora non è possibile. Riprova tra un momento."),
        ("Solo per chi ha ordinato", "Apri questa pagina con il tuo link, nel browser con cui hai ordinato."),
        ("Appena inviata", "L’e-mail è partita un momento fa. Guarda nello spam o riprova più tardi."),
        ("Troppo tardi per annullare", "L’evento è iniziato. {organiser} può ancora annullare l’ordine: chiedi lì."),
        "{organiser} può far inviare di nuovo i biglietti: chiedi lì.",
        {
            "pending": "Poi parte la conferma a {email}",
            "sent": "Annullamento confermato per e-mail a {email}",
            "bounced": "{email} non ha accettato la nostra e-mail. L’ordine è comunque annullato.",
            "failed": "L’e-mail a {email} non è ancora partita. L’ordine è comunque annullato.",
        },
    ),
    "ar": Words(
        ("موعدنا هناك", "احتفظ بهذا الرقم: يكفينا إن كان لديك سؤال."),
        ("أُلغي الطلب", "لم تعد التذاكر صالحة، وعادت المقاعد إلى البيع."),
        *("رقم التأكيد", "ما يحدث الآن", "تم الطلب"),
        {
            "pending": "نُعدّ تذاكرك",
            "issued": "التذاكر جاهزة",
            "void": "التذاكر ملغاة",
            "failed": "لم نتمكن من إعداد التذاكر بعد. نحن على علم بذلك، ولا حاجة إلى الطلب مجددًا.",
        },
        {
            "pending": "ثم تُرسل الرسالة إلى {email}",
            "sent": "أُرسلت الرسالة إلى {email}",
            "bounced": "لم يقبل {email} رسالتنا: نزّل التذاكر من هنا.",
            "failed": "لم تُرسل الرسالة إلى {email} بعد: نزّل التذاكر من هنا.",
        },
        *("تم", "جارٍ", "تعذّر", "تتحدّث هذه الصفحة تلقائيًا."),
        *("تنزيل التذاكر", "طلبك", "صاحب الطلب", "إعادة إرسال الرسالة", "الرسالة في طريقها إليك مجددًا."),
        "إلغاء الطلب",
        ("هل تلغي هذا الطلب؟", "ستبطل التذاكر وتعود المقاعد إلى البيع، ولا رجوع عن ذلك."),
        *("نعم، ألغِه", "أبقِ التذاكر", "لا يمكن ذلك الآن. حاول مجددًا بعد لحظة."),
        ("لصاحب الطلب فقط", "افتح هذه الصفحة بالرابط الذي لديك، في المتصفح الذي طلبت منه."),
        ("أُرسلت قبل قليل", "أُرسلت الرسالة قبل لحظات. ابحث في البريد غير المرغوب فيه، أو اطلبها لاحقًا."),
        ("فات أوان الإلغاء", "بدأت الفعالية. ما زال بإمكان {organiser} إلغاء الطلب: اسأل هناك."),
        "يمكن أن يعيد {organiser} إرسال التذاكر: اسأل هناك.",
        {
            "pending": "ثم تُرسل رسالة التأكيد إلى {email}",
            "sent": "تأكد الإلغاء برسالة إلى {email}",
            "bounced": "لم يقبل {email} رسالتنا، لكن الطلب أُلغي.",
            "failed": "لم تُرسل الرسالة إلى {email} بعد، لكن الطلب أُلغي.",
        },
    ),
    "ja": Words(
        ("ご注文が確定しました", "この番号をお控えください。お問い合わせの際に必要なのはこれだけです。"),
        ("キャンセル済み", "チケットは無効になり、席は再び販売されます。"),
        *("確認番号", "これからの流れ", "ご注文受付"),
        {
            "pending": "チケットを作成しています",
            "issued": "チケットの準備ができました",
            "void": "チケットは無効です",
            "failed": "チケットをまだ作成できていません。当方で把握しておりますので、再度のご注文は不要です。",
        },
        {
            "pending": "続いて {email} にメールをお送りします",
            "sent": "{email} にメールを送信しました",
            "bounced": "{email} にメールが届きませんでした。こちらからチケットをダウンロードしてください。",
            "failed": "{email} へのメールをまだ送信できていません。こちらからチケットをダウンロードしてください。",
        },
        *("完了", "進行中", "失敗", "このページは自動的に更新されます。"),
        *("チケットをダウンロード", "ご注文内容", "ご注文者", "メールを再送する", "メールを再送しています。"),
        "注文をキャンセルする",
        ("この注文をキャンセルしますか？", "チケットは無効になり、席は再び販売されます。取り消しはできません。"),
        *("キャンセルする", "チケットを残す", "ただいま処理できません。しばらくしてからお試しください。"),
        ("ご注文者専用のページです", "お手元のリンクから、ご注文時のブラウザで開いてください。"),
        (
            "送信したばかりです",
            "メールは先ほど送信しました。迷惑メールをご確認いただくか、しばらくしてからお試しください。",
        ),
        (
            "キャンセルの期限を過ぎました",
            "イベントはすでに始まっています。{organiser} であればまだキャンセルできますので、お問い合わせください。",
        ),
        "{organiser} であればチケットを再送できますので、お問い合わせください。",
        {
            "pending": "続いて {email} に確認メールをお送りします",
            "sent": "キャンセルの確認メールを {email} に送信しました",
            "bounced": "{email} にメールが届きませんでした。ご注文はキャンセルされています。",
            "failed": "{email} へのメールをまだ送信できていません。ご注文はキャンセルされています。",
        },
    ),
}
