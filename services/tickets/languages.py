"""The words printed on a ticket, by language. The event's own words stay in the organiser's language."""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Words:
    """`ticket` has room for `{n}` and `{total}`. `advice` is for the half of the page below the fold."""

    ticket: str
    when: str
    where: str
    holder: str
    type: str
    price: str
    free: str
    number: str
    fold: str
    order: str
    booked_by: str
    booked_on: str
    tickets: str
    total: str
    entrance: str
    advice: tuple[str, str, str]


WORDS = MappingProxyType(
    {
        "en": Words(
            *("Ticket {n} of {total}", "When", "Where", "Ticket holder", "Ticket type", "Price", "Free"),
            *("Confirmation number", "Fold here", "Your order", "Booked by", "Booked on", "Tickets", "Total"),
            "At the entrance",
            (
                "Show this code on paper or on your phone, with the screen at full brightness.",
                "The code admits one person, once. Whoever shows it first gets in, so keep it to yourself.",
                "Each page is a ticket of its own: give every guest theirs.",
            ),
        ),
        "de": Words(
            *("Ticket {n} von {total}", "Wann", "Wo", "Name", "Kategorie", "Preis", "Kostenlos"),
            *("Bestellnummer", "Hier falten", "Deine Bestellung", "Bestellt von", "Bestellt am", "Tickets", "Summe"),
            "Am Einlass",
            (
                "Zeige diesen Code ausgedruckt oder auf dem Telefon, bei voller Bildschirmhelligkeit.",
                "Der Code gilt einmal, für eine Person. Wer ihn zuerst zeigt, kommt hinein: Bitte nicht weitergeben.",
                "Jede Seite ist ein eigenes Ticket: Gib jedem Gast seines.",
            ),
        ),
        "fr": Words(
            *("Billet {n} sur {total}", "Quand", "Où", "Titulaire", "Catégorie", "Prix", "Gratuit"),
            *("N° de confirmation", "Plier ici", "Votre commande", "Commandé par", "Commandé le", "Billets", "Total"),
            "À l’entrée",
            (
                "Présentez ce code sur papier ou sur votre téléphone, luminosité au maximum.",
                "Le code admet une personne, une seule fois. Le premier à le présenter entre : ne le partagez pas.",
                "Chaque page est un billet : remettez le sien à chaque invité.",
            ),
        ),
        "es": Words(
            *("Entrada {n} de {total}", "Cuándo", "Dónde", "Titular", "Tipo de entrada", "Precio", "Gratis"),
            *("Número de confirmación", "Dobla por aquí", "Tu pedido", "Comprado por", "Fecha", "Entradas", "Total"),
            "En la entrada",
            (
                "Muestra este código en papel o en el teléfono, con el brillo de la pantalla al máximo.",
                "El código admite a una persona, una sola vez. Entra quien lo muestre primero: no lo compartas.",
                "Cada página es una entrada: da a cada invitado la suya.",
            ),
        ),
        "it": Words(
            *("Biglietto {n} di {total}", "Quando", "Dove", "Intestatario", "Tipo di biglietto", "Prezzo", "Gratuito"),
            *("Numero di conferma", "Piega qui", "Il tuo ordine", "Ordinato da", "In data", "Biglietti", "Totale"),
            "All’ingresso",
            (
                "Mostra questo codice su carta o sul telefono, con lo schermo alla massima luminosità.",
                "Il codice vale per una persona, una sola volta. Entra chi lo mostra per primo: non condividerlo.",
                "Ogni pagina è un biglietto: dai a ogni ospite il suo.",
            ),
        ),
        "ar": Words(
            *("التذكرة {n} من {total}", "الموعد", "المكان", "حامل التذكرة", "نوع التذكرة", "السعر", "مجانًا"),
            *("رقم التأكيد", "اطوِ هنا", "طلبك", "صاحب الطلب", "تاريخ الطلب", "التذاكر", "المجموع"),
            "عند المدخل",
            (
                "أظهر هذا الرمز مطبوعًا أو على هاتفك مع رفع سطوع الشاشة إلى أقصى حد.",
                "يُدخل الرمز شخصًا واحدًا مرة واحدة فقط. يدخل من يُظهره أولًا، فلا تشاركه مع أحد.",
                "كل صفحة تذكرة مستقلة: أعطِ كل ضيف تذكرته.",
            ),
        ),
        "ja": Words(
            *("チケット {n} / {total}", "日時", "会場", "お名前", "券種", "料金", "無料"),
            *("確認番号", "ここで折る", "ご注文内容", "ご注文者", "ご注文日", "チケット", "合計"),
            "ご入場の際に",
            (
                "このコードを印刷するか、スマートフォンの画面を最も明るくしてご提示ください。",
                "コードはお一人様一回限り有効です。先に提示された方が入場となりますので、他の人に見せないでください。",
                "一ページが一枚のチケットです。お連れ様にはそれぞれのページをお渡しください。",
            ),
        ),
    }
)
