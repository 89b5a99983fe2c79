"""The classic design, in one file, as the documentation of its parts shows it: what ours is compared with.

Django takes the order in a transaction, `delay_on_commit` hands it to Celery over RabbitMQ, one task draws the tickets
with reportlab and keeps the file, the next mails it. Settings come first, as this module is its own settings module;
models, view and tasks follow. In an environment with `benchmarks/requirements.txt`, and in this folder:

    python -c "import celery_design; celery_design.prepare()"
    gunicorn --workers 5 celery_design:application
    celery -A celery_design worker
"""

import json
import os
import secrets
import uuid
from urllib.parse import urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "celery_design")

_database = urlsplit(os.environ["DATABASE_URL"])
SECRET_KEY = "benchmark"  # noqa: S105
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "celery_design"
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.path[1:],
        "HOST": _database.hostname,
        "PORT": _database.port,
        "USER": _database.username,
        "PASSWORD": _database.password or "",
        "CONN_MAX_AGE": 60,
    }
}
STORAGES = {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
MEDIA_ROOT = os.environ["MEDIA_ROOT"]
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ["SMTP_PORT"])
DEFAULT_FROM_EMAIL = "tickets@example.org"
CELERY_BROKER_URL = os.environ["BROKER_URL"]
CELERY_TASK_IGNORE_RESULT = True

import django  # noqa: E402

django.setup()

from celery import Celery, shared_task  # noqa: E402
from django.core.files.base import ContentFile  # noqa: E402
from django.core.mail import EmailMessage  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from naive_ticket import CODE_DIGITS, draw_tickets  # noqa: E402

app = Celery("celery_design")
app.config_from_object("django.conf:settings", namespace="CELERY")


class TicketType(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    available = models.PositiveIntegerField()
    price = models.PositiveIntegerField()

    class Meta:
        app_label = "shop"


class Order(models.Model):
    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    email = models.EmailField()
    total = models.PositiveIntegerField()
    placed_at = models.DateTimeField(auto_now_add=True)
    tickets_pdf = models.FileField(upload_to="tickets", blank=True)
    mailed = models.BooleanField(default=False)

    class Meta:
        app_label = "shop"


class Ticket(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    order = models.ForeignKey(Order, models.CASCADE, related_name="tickets")
    ticket_type = models.ForeignKey(TicketType, models.PROTECT)
    attendee = models.CharField(max_length=200)

    class Meta:
        app_label = "shop"


@csrf_exempt
def place_order(request: HttpRequest) -> JsonResponse:
    """What `POST /v1/orders` takes, as far as the benchmark sends it."""
    wanted = json.loads(request.body)
    buyer, (line,) = wanted["buyer"], wanted["lines"]
    with transaction.atomic():
        kind = TicketType.objects.select_for_update().get(slug=line["ticket_type"])
        if kind.available < line["quantity"]:
            return JsonResponse({"type": "sold-out"}, status=409)
        kind.available -= line["quantity"]
        kind.save(update_fields=["available"])
        order = Order.objects.create(number=secrets.token_hex(5).upper(), total=kind.price * line["quantity"], **buyer)
        Ticket.objects.bulk_create(
            Ticket(order=order, ticket_type=kind, attendee=attendee["name"]) for attendee in line["attendees"]
        )
        issue_tickets.delay_on_commit(order.pk)
    return JsonResponse({"confirmation_number": order.number, "status": "confirmed"}, status=201)


@shared_task
def issue_tickets(order_id: int) -> None:
    order = Order.objects.get(pk=order_id)
    tickets = [
        (ticket.attendee, ticket.ticket_type.name, f"{ticket.pk.int:0{CODE_DIGITS}}")
        for ticket in order.tickets.select_related("ticket_type")
    ]
    pdf = draw_tickets("Summer Night", "Lakeside, 1 Shore Road, 10115 Berlin", "17 July 2027", order.number, tickets)
    order.tickets_pdf.save(f"{order.number}.pdf", ContentFile(pdf))
    mail_tickets.delay(order.pk)


@shared_task
def mail_tickets(order_id: int) -> None:
    order = Order.objects.get(pk=order_id)
    mail = EmailMessage(
        f"Your tickets, order {order.number}",
        f"Hello {order.name},\n\nyour tickets are attached. Your confirmation number is {order.number}.\n",
        to=[order.email],
    )
    with order.tickets_pdf.open() as file:
        mail.attach(f"tickets-{order.number}.pdf", file.read(), "application/pdf")
    mail.send()
    order.mailed = True
    order.save(update_fields=["mailed"])


def prepare() -> None:
    """Make the tables, and something to sell."""
    with connection.schema_editor() as editor:
        for model in (TicketType, Order, Ticket):
            editor.create_model(model)
    TicketType.objects.create(slug="type-0", name="General", available=1_000_000_000, price=4500)


urlpatterns = [path("v1/orders", place_order)]
application = get_wsgi_application()
