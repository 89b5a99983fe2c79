"""What is said while nobody can tell whether something was done, and when it is known."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A pair is a heading and what to do. `looking` is while the page finds out by itself, `unknown` where it can't."""

    looking: tuple[str, str]
    look: str
    not_ordered: tuple[str, str]
    not_taken: tuple[str, str]
    not_done: tuple[str, str]
    unknown: tuple[str, str]


WORDS: Mapping[str, Words] = {
    "en": Words(
        ("Not sure yet", "No answer came in time. This page looks by itself what became of it, and tells you."),
        "Look now",
        (
            "Nothing was ordered",
            "We have looked: there is no order. What you typed is still here: press the button again.",
        ),
        ("Nothing was ordered", "We can’t take orders just now. Press the button again in a moment."),
        ("Nothing was changed", "We have looked: everything is as it was. You can try again."),
        ("Not sure yet", "No answer came in time. Look whether it was done before you do it again."),
    ),
    "de": Words(
        ("Noch nicht sicher", "Es kam rechtzeitig keine Antwort. Diese Seite sieht selbst nach und sagt dir Bescheid."),
        "Jetzt nachsehen",
        (
            "Bestellt wurde nichts",
            "Wir haben nachgesehen: Es gibt keine Bestellung. Deine Angaben sind noch da: drücke den Knopf erneut.",
        ),
        ("Bestellt wurde nichts", "Gerade nehmen wir keine Bestellungen an. Drücke den Knopf gleich noch einmal."),
        ("Geändert wurde nichts", "Wir haben nachgesehen: Alles ist, wie es war. Du kannst es noch einmal versuchen."),
        ("Noch nicht sicher", "Es kam rechtzeitig keine Antwort. Sieh erst nach, ob es geklappt hat."),
    ),
    "fr": Words(
        ("Pas encore sûr", "Aucune réponse n’est arrivée à temps. Cette page vérifie d’elle-même et vous le dira."),
        "Vérifier maintenant",
        (
            "Rien n’a été commandé",
            "Nous avons vérifié : il n’y a pas de commande. Votre saisie est là : appuyez à nouveau sur le bouton.",
        ),
        ("Rien n’a été commandé", "Nous ne prenons pas de commandes en ce moment. Réessayez dans un instant."),
        ("Rien n’a été modifié", "Nous avons vérifié : tout est comme avant. Vous pouvez réessayer."),
        ("Pas encore sûr", "Aucune réponse n’est arrivée à temps. Vérifiez si c’est fait avant de recommencer."),
    ),
    "es": Words(
        ("Aún no es seguro", "No llegó respuesta a tiempo. Esta página lo comprueba sola y te lo dirá."),
        "Comprobar ahora",
        (
            "No se ha pedido nada",
            "Lo hemos comprobado: no hay ningún pedido. Lo que escribiste sigue aquí: pulsa el botón otra vez.",
        ),
        ("No se ha pedido nada", "Ahora mismo no podemos aceptar pedidos. Pulsa el botón otra vez en un momento."),
        ("No se ha cambiado nada", "Lo hemos comprobado: todo sigue como estaba. Puedes intentarlo de nuevo."),
        ("Aún no es seguro", "No llegó respuesta a tiempo. Comprueba si se hizo antes de repetirlo."),
    ),
    "it": Words(
        ("Non ancora certo", "Non è arrivata una risposta in tempo. Questa pagina controlla da sola e te lo dirà."),
        "Controlla ora",
        (
            "Non è stato ordinato nulla",
            "Abbiamo controllato: non c’è alcun ordine. Ciò che hai scritto è ancora qui: premi di nuovo il pulsante.",
        ),
        ("Non è stato ordinato nulla", "Al momento non accettiamo ordini. Premi di nuovo il pulsante tra poco."),
        ("Non è cambiato nulla", "Abbiamo controllato: tutto è come prima. Puoi riprovare."),
        ("Non ancora certo", "Non è arrivata una risposta in tempo. Controlla se è stato fatto prima di ripetere."),
    ),
    "ar": Words(
        ("لسنا متأكدين بعد", "لم يصل رد في الوقت المناسب. هذه الصفحة تتحقق بنفسها وستخبرك."),
        "تحقق الآن",
        ("لم يُطلب شيء", "تحققنا: لا يوجد طلب. ما كتبته لا يزال هنا: اضغط الزر مرة أخرى."),
        ("لم يُطلب شيء", "لا نستطيع قبول الطلبات الآن. اضغط الزر مرة أخرى بعد لحظة."),
        ("لم يتغير شيء", "تحققنا: كل شيء كما كان. يمكنك المحاولة مرة أخرى."),
        ("لسنا متأكدين بعد", "لم يصل رد في الوقت المناسب. تحقق مما إذا كان قد تم قبل أن تعيده."),
    ),
    "ja": Words(
        ("まだ確認できていません", "時間内に応答がありませんでした。このページが自動で確認し、結果をお知らせします。"),
        "今すぐ確認",
        (
            "注文されていません",
            "確認したところ、ご注文はありません。入力内容は残っています。もう一度ボタンを押してください。",
        ),
        ("注文されていません", "ただいま注文を受け付けられません。しばらくしてからもう一度ボタンを押してください。"),
        ("変更されていません", "確認したところ、元のままです。もう一度お試しいただけます。"),
        ("まだ確認できていません", "時間内に応答がありませんでした。やり直す前に、完了しているかご確認ください。"),
    ),
}
