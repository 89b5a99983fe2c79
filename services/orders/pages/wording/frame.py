"""What stands around every page, and what is said when there is none."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A pair is a heading and what to do."""

    skip: str
    events: str
    account: str
    languages: str
    not_found: tuple[str, str]
    busy: tuple[str, str]
    refused: tuple[str, str]
    broken: tuple[str, str]
    back: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        skip="Skip to the content",
        events="Events",
        account="Your orders",
        languages="Languages",
        not_found=("There is no such page", "Perhaps the address has a slip in it, or the event is no longer on sale."),
        busy=("A moment, please", "More people are here than we can serve at once. Try again in a few seconds."),
        refused=("That did not work", "Go back, load the page again, and send it once more."),
        broken=("Our mistake", "Something broke on our side, and we have been told. Try again."),
        back="See what’s on",
    ),
    "de": Words(
        skip="Zum Inhalt",
        events="Veranstaltungen",
        account="Deine Bestellungen",
        languages="Sprachen",
        not_found=(
            "Diese Seite gibt es nicht",
            "Vielleicht ist die Adresse vertippt, oder die Veranstaltung ist nicht mehr im Verkauf.",
        ),
        busy=(
            "Einen Moment bitte",
            "Gerade sind sehr viele Menschen hier. Versuche es in ein paar Sekunden wieder.",
        ),
        refused=("Das hat nicht geklappt", "Geh zurück, lade die Seite neu und sende sie noch einmal."),
        broken=("Unser Fehler", "Bei uns ist etwas kaputtgegangen; wir wissen davon. Versuche es noch einmal."),
        back="Zu den Veranstaltungen",
    ),
    "fr": Words(
        skip="Aller au contenu",
        events="Événements",
        account="Vos commandes",
        languages="Langues",
        not_found=(
            "Cette page n’existe pas",
            "L’adresse contient peut-être une erreur, ou l’événement n’est plus en vente.",
        ),
        busy=(
            "Un instant, s’il vous plaît",
            "Nous sommes très sollicités en ce moment. Réessayez dans quelques secondes.",
        ),
        refused=("Cela n’a pas fonctionné", "Revenez en arrière, rechargez la page et renvoyez-la."),
        broken=("C’est notre faute", "Un problème est survenu chez nous, nous en sommes informés. Réessayez."),
        back="Voir les événements",
    ),
    "es": Words(
        skip="Ir al contenido",
        events="Eventos",
        account="Tus pedidos",
        languages="Idiomas",
        not_found=(
            "Esta página no existe",
            "Quizá la dirección tenga un error o el evento ya no esté a la venta.",
        ),
        busy=("Un momento, por favor", "Ahora mismo hay mucha gente. Inténtalo de nuevo en unos segundos."),
        refused=("No ha funcionado", "Vuelve atrás, recarga la página y envíala otra vez."),
        broken=("Ha sido culpa nuestra", "Algo ha fallado por nuestra parte y ya lo sabemos. Inténtalo de nuevo."),
        back="Ver los eventos",
    ),
    "it": Words(
        skip="Vai al contenuto",
        events="Eventi",
        account="I tuoi ordini",
        languages="Lingue",
        not_found=(
            "Questa pagina non esiste",
            "Forse l’indirizzo è sbagliato, o l’evento non è più in vendita.",
        ),
        busy=("Un attimo, per favore", "In questo momento siete in tantissimi. Riprova tra qualche secondo."),
        refused=("Non ha funzionato", "Torna indietro, ricarica la pagina e inviala di nuovo."),
        broken=("È colpa nostra", "Qualcosa si è rotto da noi e lo sappiamo già. Riprova."),
        back="Vedi gli eventi",
    ),
    "ar": Words(
        skip="انتقل إلى المحتوى",
        events="الفعاليات",
        account="طلباتك",
        languages="اللغات",
        not_found=("لا توجد صفحة كهذه", "ربما في العنوان خطأ، أو لم تعد الفعالية معروضة للبيع."),
        busy=("لحظة من فضلك", "العدد الآن أكبر مما نستطيع خدمته دفعة واحدة. حاول مجددًا بعد ثوانٍ."),
        refused=("لم ينجح ذلك", "ارجع إلى الصفحة وأعد تحميلها ثم أرسلها مرة أخرى."),
        broken=("الخطأ منّا", "حدث عطل لدينا وقد علمنا به. حاول مرة أخرى."),
        back="شاهد الفعاليات",
    ),
    "ja": Words(
        skip="本文へ移動",
        events="イベント",
        account="ご注文",
        languages="言語",
        not_found=("ページが見つかりません", "アドレスに誤りがあるか、イベントの販売が終了した可能性があります。"),
        busy=("少々お待ちください", "ただいま大変混み合っています。数秒後にもう一度お試しください。"),
        refused=("うまくいきませんでした", "前のページに戻り、再読み込みしてからもう一度送信してください。"),
        broken=("申し訳ありません", "当方で問題が発生しました。もう一度お試しください。"),
        back="イベントを見る",
    ),
}
