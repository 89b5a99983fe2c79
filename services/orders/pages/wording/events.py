"""What is on, when, where, for how much and how many are left."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`zone` names the event's zone by its city; `until` joins two times or two days."""

    title: str
    lead: str
    none: str
    later: str
    first: str
    since: str
    free: str
    left: str
    few: str
    sold_out: str
    opens: str
    closed: str
    when: str
    where: str
    by: str
    zone: str
    until: str = "{start} – {end}"


WORDS: Mapping[str, Words] = {
    "en": Words(
        *("What’s on", "Choose an evening. Your tickets are in your inbox before the kettle boils."),
        *("Nothing is on sale just now. Come back soon.", "Later events", "Back to the first"),
        *("from {price}", "Free", "{count} left", "Only {count} left", "Sold out"),
        *("On sale from {when}", "The sale has ended", "When", "Where", "by {organiser}", "{city} time"),
    ),
    "de": Words(
        *("Was läuft", "Such dir einen Abend aus. Die Tickets sind im Postfach, bevor das Teewasser kocht."),
        *("Gerade ist nichts im Verkauf. Schau bald wieder vorbei.", "Spätere Termine", "Zurück zum Anfang"),
        *("ab {price}", "Kostenlos", "Noch {count}", "Nur noch {count}", "Ausverkauft"),
        *("Im Verkauf ab {when}", "Der Verkauf ist beendet", "Wann", "Wo", "von {organiser}", "Ortszeit {city}"),
    ),
    "fr": Words(
        *("À l’affiche", "Choisissez une soirée. Vos billets arrivent par e-mail avant que l’eau ne bouille."),
        *("Rien n’est en vente pour le moment. Revenez bientôt.", "Dates suivantes", "Retour au début"),
        *("dès {price}", "Gratuit", "Encore {count}", "Plus que {count}", "Complet"),
        *("En vente à partir du {when}", "La vente est terminée", "Quand", "Où", "par {organiser}", "heure de {city}"),
    ),
    "es": Words(
        *("En cartel", "Elige una noche. Tendrás las entradas en tu correo antes de que hierva el agua."),
        *("Ahora mismo no hay nada a la venta. Vuelve pronto.", "Fechas siguientes", "Volver al principio"),
        *("desde {price}", "Gratis", "Quedan {count}", "Solo quedan {count}", "Agotado"),
        *("A la venta desde el {when}", "La venta ha terminado", "Cuándo", "Dónde", "de {organiser}", "hora de {city}"),
    ),
    "it": Words(
        *("In programma", "Scegli una serata. I biglietti arrivano nella posta prima che l’acqua bolla."),
        *("Al momento non c’è nulla in vendita. Torna presto.", "Date successive", "Torna all’inizio"),
        *("da {price}", "Gratuito", "Ancora {count}", "Solo {count} rimasti", "Esaurito"),
        *("In vendita dal {when}", "La vendita è terminata", "Quando", "Dove", "di {organiser}", "ora di {city}"),
    ),
    "ar": Words(
        *("المعروض الآن", "اختر أمسيتك، وستصلك التذاكر إلى بريدك قبل أن يغلي الماء."),
        *("لا شيء معروض للبيع الآن. عُد قريبًا.", "مواعيد لاحقة", "العودة إلى البداية"),
        *("ابتداءً من {price}", "مجانًا", "المتبقي: {count}", "لم يبق سوى {count}", "نفدت التذاكر"),
        *("يبدأ البيع {when}", "انتهى البيع", "الموعد", "المكان", "تنظيم {organiser}", "بتوقيت {city}"),
    ),
    "ja": Words(
        *("開催予定", "お好きな夜をお選びください。お湯が沸く前に、チケットがメールで届きます。"),
        *("現在販売中のイベントはありません。", "次の日程", "最初に戻る"),
        *("{price}から", "無料", "残り{count}枚", "残りわずか{count}枚", "完売"),
        *("{when}発売", "販売は終了しました", "日時", "会場", "主催：{organiser}", "{city}時間"),
        until="{start}～{end}",
    ),
}
