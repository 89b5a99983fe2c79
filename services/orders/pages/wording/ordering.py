"""The order form, the page that reads it back, and what can be wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """A pair is a heading and what to do. `how_many` and `fewer`, `more` are read out before a type's name."""

    title: str
    how_many: str
    fewer: str
    more: str
    details: str
    name: str
    email: str
    email_hint: str
    names: str
    names_hint: str
    name_of: str
    total: str
    go_on: str
    buy: str
    placing: str
    review: tuple[str, str]
    change: str
    look_again: str
    name_wrong: str
    email_wrong: str
    quantity_wrong: str
    choose: str
    at_most: str
    attendee_wrong: str
    gone: str
    one_currency: str
    sold_out: tuple[str, str]
    only_left: str
    none_left: str
    closed: tuple[str, str]
    again: tuple[str, str]
    too_many: str
    price_changed: tuple[str, str]
    paused: tuple[str, str]


WORDS: Mapping[str, Words] = {
    "en": Words(
        *("Tickets", "How many", "One fewer", "One more"),
        *("Your details", "Name", "E-mail", "Your tickets are sent here."),
        *("Names on the tickets", "Left empty, a ticket is in your name.", "Ticket {n}"),
        *("Total", "Continue", "Place the order", "Placing your order …"),
        ("Check your order", "Nothing is ordered until you press the button."),
        *("Change something", "Please look at this again"),
        "Enter your name, with at most 200 characters.",
        "Enter an e-mail address like ada@example.org.",
        "Enter a whole number, 0 or more.",
        "Choose at least one ticket.",
        "At most {count} of “{name}” in one order.",
        "Write this name in one line of at most 200 characters.",
        "This kind of ticket is no longer on offer.",
        "Tickets in different currencies need an order each.",
        ("Somebody was quicker", "There are not enough left. Nothing was ordered, and what you typed is still here."),
        *("{count} left now: choose fewer.", "Sold out a moment ago."),
        ("Not on sale", "Nothing was ordered. Below is what can be had now."),
        (
            "You sent this before",
            "It had other details then, and it counts. For another order, press the button again.",
        ),
        too_many="At most {kinds} kinds of ticket and {places} tickets in one order: order the rest separately.",
        price_changed=(
            "The price has changed",
            "Nothing was ordered. Below is what it costs now: press the button if you agree.",
        ),
        paused=("Sales are paused", "No orders are taken just now. Come back a little later."),
    ),
    "de": Words(
        *("Tickets", "Anzahl", "Eins weniger", "Eins mehr"),
        *("Deine Angaben", "Name", "E-Mail", "Dorthin schicken wir die Tickets."),
        *("Namen auf den Tickets", "Wo nichts steht, gilt dein Name.", "Ticket {n}"),
        *("Summe", "Weiter", "Jetzt bestellen", "Bestellung läuft …"),
        ("Prüfe deine Bestellung", "Bestellt ist erst, wenn du den Knopf drückst."),
        *("Etwas ändern", "Bitte sieh dir das noch einmal an"),
        "Gib deinen Namen an, mit höchstens 200 Zeichen.",
        "Gib eine E-Mail-Adresse an, etwa ada@example.org.",
        "Gib eine ganze Zahl an, 0 oder mehr.",
        "Wähle mindestens ein Ticket.",
        "Höchstens {count} von „{name}“ je Bestellung.",
        "Schreib diesen Namen in eine Zeile mit höchstens 200 Zeichen.",
        "Diese Art Ticket gibt es nicht mehr.",
        "Tickets in verschiedenen Währungen brauchen je eine Bestellung.",
        (
            "Jemand war schneller",
            "Es sind nicht mehr genug da. Bestellt wurde nichts, und deine Angaben sind noch da.",
        ),
        *("Jetzt noch {count}: wähle weniger.", "Eben ausverkauft."),
        ("Nicht im Verkauf", "Bestellt wurde nichts. Hier steht, was es jetzt gibt."),
        (
            "Das kam schon einmal",
            "Damals mit anderen Angaben, und es gilt. Für eine weitere Bestellung drücke den Knopf noch einmal.",
        ),
        too_many="Höchstens {kinds} Arten und {places} Tickets je Bestellung: bestelle den Rest gesondert.",
        price_changed=(
            "Der Preis hat sich geändert",
            "Bestellt wurde nichts. Unten steht, was es jetzt kostet: drücke den Knopf, wenn du einverstanden bist.",
        ),
        paused=("Der Verkauf ruht", "Gerade nehmen wir keine Bestellungen an. Komm etwas später wieder."),
    ),
    "fr": Words(
        *("Billets", "Combien", "Un de moins", "Un de plus"),
        *("Vos coordonnées", "Nom", "E-mail", "Vos billets y seront envoyés."),
        *("Noms sur les billets", "Laissé vide, un billet est à votre nom.", "Billet {n}"),
        *("Total", "Continuer", "Passer la commande", "Commande en cours …"),
        ("Vérifiez votre commande", "Rien n’est commandé avant que vous n’appuyiez sur le bouton."),
        *("Modifier", "Veuillez revoir ceci"),
        "Indiquez votre nom, en 200 caractères au plus.",
        "Indiquez une adresse e-mail comme ada@example.org.",
        "Indiquez un nombre entier, 0 ou plus.",
        "Choisissez au moins un billet.",
        "Au plus {count} « {name} » par commande.",
        "Écrivez ce nom sur une ligne de 200 caractères au plus.",
        "Ce type de billet n’est plus proposé.",
        "Les billets en devises différentes se commandent séparément.",
        (
            "Quelqu’un a été plus rapide",
            "Il n’en reste pas assez. Rien n’a été commandé, et votre saisie est conservée.",
        ),
        *("Il en reste {count} : choisissez-en moins.", "Épuisé à l’instant."),
        ("Pas en vente", "Rien n’a été commandé. Voici ce qui est disponible maintenant."),
        (
            "Vous l’avez déjà envoyé",
            "C’était avec d’autres données, et cela compte. Pour une autre commande, appuyez de nouveau.",
        ),
        too_many="Au plus {kinds} types et {places} billets par commande : commandez le reste séparément.",
        price_changed=(
            "Le prix a changé",
            "Rien n’a été commandé. Voici le prix actuel : appuyez sur le bouton si vous êtes d’accord.",
        ),
        paused=("La vente est suspendue", "Aucune commande n’est prise pour l’instant. Revenez un peu plus tard."),
    ),
    "es": Words(
        *("Entradas", "Cuántas", "Una menos", "Una más"),
        *("Tus datos", "Nombre", "Correo electrónico", "Aquí enviaremos tus entradas."),
        *("Nombres en las entradas", "Si lo dejas vacío, la entrada va a tu nombre.", "Entrada {n}"),
        *("Total", "Continuar", "Hacer el pedido", "Haciendo el pedido …"),
        ("Revisa tu pedido", "No se pide nada hasta que pulses el botón."),
        *("Cambiar algo", "Revisa esto, por favor"),
        "Escribe tu nombre, con 200 caracteres como máximo.",
        "Escribe un correo como ada@example.org.",
        "Escribe un número entero, 0 o más.",
        "Elige al menos una entrada.",
        "Como máximo {count} de «{name}» por pedido.",
        "Escribe este nombre en una línea de 200 caracteres como máximo.",
        "Este tipo de entrada ya no se ofrece.",
        "Las entradas en distintas monedas van en pedidos separados.",
        ("Alguien fue más rápido", "No quedan suficientes. No se ha pedido nada y lo que escribiste sigue aquí."),
        *("Quedan {count}: elige menos.", "Se acaba de agotar."),
        ("No está a la venta", "No se ha pedido nada. Abajo está lo disponible ahora."),
        ("Ya lo enviaste", "Fue con otros datos, y cuenta. Para otro pedido, pulsa el botón otra vez."),
        too_many="Como máximo {kinds} tipos y {places} entradas por pedido: pide el resto por separado.",
        price_changed=(
            "El precio ha cambiado",
            "No se ha pedido nada. Abajo está lo que cuesta ahora: pulsa el botón si estás de acuerdo.",
        ),
        paused=("La venta está en pausa", "Ahora mismo no se aceptan pedidos. Vuelve un poco más tarde."),
    ),
    "it": Words(
        *("Biglietti", "Quanti", "Uno in meno", "Uno in più"),
        *("I tuoi dati", "Nome", "E-mail", "I biglietti arrivano qui."),
        *("Nomi sui biglietti", "Se resta vuoto, il biglietto è a tuo nome.", "Biglietto {n}"),
        *("Totale", "Continua", "Invia l’ordine", "Ordine in corso …"),
        ("Controlla l’ordine", "Nulla è ordinato finché non premi il pulsante."),
        *("Modifica", "Per favore, ricontrolla"),
        "Scrivi il tuo nome, con 200 caratteri al massimo.",
        "Scrivi un indirizzo e-mail come ada@example.org.",
        "Scrivi un numero intero, 0 o più.",
        "Scegli almeno un biglietto.",
        "Al massimo {count} di «{name}» per ordine.",
        "Scrivi questo nome in una riga di 200 caratteri al massimo.",
        "Questo tipo di biglietto non è più disponibile.",
        "I biglietti in valute diverse vanno in ordini separati.",
        (
            "Qualcuno è stato più veloce",
            "Non ne restano abbastanza. Nulla è stato ordinato; i tuoi dati sono qui.",
        ),
        *("Ne restano {count}: scegline meno.", "Esaurito proprio ora."),
        ("Non in vendita", "Nulla è stato ordinato. Qui sotto c’è ciò che è disponibile ora."),
        ("L’hai già inviato", "Era con altri dati, e vale. Per un altro ordine, premi di nuovo il pulsante."),
        too_many="Al massimo {kinds} tipi e {places} biglietti per ordine: ordina il resto a parte.",
        price_changed=(
            "Il prezzo è cambiato",
            "Nulla è stato ordinato. Qui sotto c’è il prezzo attuale: premi il pulsante se sei d’accordo.",
        ),
        paused=("La vendita è sospesa", "Al momento non accettiamo ordini. Torna tra un po’."),
    ),
    "ar": Words(
        *("التذاكر", "العدد", "إنقاص واحدة", "زيادة واحدة"),
        *("بياناتك", "الاسم", "البريد الإلكتروني", "نرسل التذاكر إلى هذا العنوان."),
        *("الأسماء على التذاكر", "إذا تُرك فارغًا فالتذكرة باسمك.", "التذكرة {n}"),
        *("المجموع", "متابعة", "تأكيد الطلب", "جارٍ تسجيل طلبك …"),
        ("راجع طلبك", "لن يُسجَّل الطلب حتى تضغط الزر."),
        *("تعديل", "راجع ما يلي من فضلك"),
        "أدخل اسمك بما لا يزيد على 200 حرف.",
        "أدخل بريدًا إلكترونيًا مثل ada@example.org.",
        "أدخل عددًا صحيحًا، 0 أو أكثر.",
        "اختر تذكرة واحدة على الأقل.",
        "بحد أقصى {count} من «{name}» في الطلب الواحد.",
        "اكتب هذا الاسم في سطر واحد لا يزيد على 200 حرف.",
        "هذا النوع من التذاكر لم يعد متاحًا.",
        "التذاكر بعملات مختلفة تحتاج إلى طلبات منفصلة.",
        ("سبقك أحدهم", "لم يبق ما يكفي. لم يُطلب شيء، وما كتبته ما زال هنا."),
        *("المتبقي الآن {count}: اختر أقل.", "نفدت قبل لحظات."),
        ("غير معروضة للبيع", "لم يُطلب شيء. المتاح الآن موضح أدناه."),
        ("أرسلت هذا من قبل", "كان ببيانات أخرى وهو محسوب. لطلب آخر اضغط الزر مجددًا."),
        too_many="بحد أقصى {kinds} نوعًا و{places} تذكرة في الطلب الواحد: اطلب الباقي على حدة.",
        price_changed=("تغيّر السعر", "لم يُطلب شيء. السعر الحالي موضح أدناه: اضغط الزر إذا كنت موافقًا."),
        paused=("البيع متوقف مؤقتًا", "لا تُقبل الطلبات الآن. عُد بعد قليل."),
    ),
    "ja": Words(
        *("チケット", "枚数", "1枚減らす", "1枚増やす"),
        *("お客様情報", "お名前", "メールアドレス", "チケットをこちらにお送りします。"),
        *("チケットに記載するお名前", "空欄の場合はご購入者のお名前になります。", "チケット{n}"),
        *("合計", "次へ", "注文を確定する", "注文しています…"),
        ("ご注文内容の確認", "ボタンを押すまで注文は確定しません。"),
        *("変更する", "もう一度ご確認ください"),
        "お名前を200文字以内でご入力ください。",
        "ada@example.org のようなメールアドレスをご入力ください。",
        "0以上の整数をご入力ください。",
        "チケットを1枚以上お選びください。",
        "「{name}」は1回のご注文につき{count}枚までです。",
        "お名前は200文字以内、1行でご入力ください。",
        "この券種は現在取り扱っていません。",
        "通貨の異なるチケットは別々にご注文ください。",
        ("他の方が先に購入されました", "残りが足りません。注文は行われておらず、入力内容は残っています。"),
        *("残り{count}枚です。枚数を減らしてください。", "たった今、完売しました。"),
        ("販売していません", "注文は行われていません。現在お求めいただけるものは以下のとおりです。"),
        (
            "以前に送信されています",
            "前回は別の内容で確定しています。別のご注文は、もう一度ボタンを押してください。",
        ),
        too_many="1回のご注文は{kinds}券種・{places}枚までです。残りは別にご注文ください。",
        price_changed=(
            "価格が変わりました",
            "注文は行われていません。現在の価格は以下のとおりです。よろしければボタンを押してください。",
        ),
        paused=(
            "販売を一時停止しています",
            "ただいまご注文を受け付けておりません。しばらくしてお越しください。",
        ),
    ),
}
