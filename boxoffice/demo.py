"""What is on sale after the first start: one organiser, invented acts, in many zones, currencies and scripts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.orders.editing import put_on_sale
from services.orders.organising import NewEvent, NewTicketType
from services.orders.store import add_organiser, any_event
from shared.database import Connection

ORGANISER = "Seven Seas Stages"
EVENT = "europython-2027"
TICKET_TYPE = "general"


async def seed(connection: Connection, now: datetime) -> bool:
    """Put the demo events on sale where nothing is yet; whether it did. Give a connection inside a transaction."""
    if await any_event(connection):
        return False
    organiser = await add_organiser(connection, ORGANISER)
    for event in demo_events(now.year + 1):
        await put_on_sale(connection, organiser, event)
    return True


def demo_events(year: int) -> list[NewEvent]:
    """All in this year. The first has the names that the API's example request uses."""
    return [
        _conference(year),
        _festival(year),
        _rooftop(year),
        _tokyo(year),
        _kolkata(year),
        _cairo(year),
        _sao_paulo(year),
    ]


def _conference(year: int) -> NewEvent:
    zone = "Europe/Berlin"
    return NewEvent(
        slug=EVENT,
        name=f"EuroPython {year}",
        description="Five days of talks, sprints and hallway conversations.",
        venue_name="Kongresshalle am Wasser",
        venue_address="Uferpromenade 1, 10115 Berlin, Deutschland",
        timezone=zone,
        **_times(zone, (year, 7, 12, 9, 0), hours=9),
        ticket_types=(
            NewTicketType(TICKET_TYPE, "General", 4500, "EUR", 5_000, "All talks, lunch and coffee."),
            NewTicketType("student", "Student", 1500, "EUR", 800, "Bring your student card.", max_per_order=1),
            NewTicketType(
                "vip", "VIP (speakers' dinner)", 24_000, "EUR", 60, "Everything, and dinner with the speakers."
            ),
        ),
    )


def _festival(year: int) -> NewEvent:
    zone = "Europe/London"
    return NewEvent(
        slug="long-summer-festival",
        name="Long Summer Festival",
        description="The Tidal Choir, Kestrel & Crow, Marlow Hush and forty more on one enormous meadow.",
        venue_name="Hartwell Meadow",
        venue_address="Mill Lane, Hartwell, HP17 8QP, United Kingdom",
        timezone=zone,
        **_times(zone, (year, 6, 19, 12, 0), hours=11),
        ticket_types=(
            NewTicketType("field", "Field", 8900, "GBP", 100_000, "One day on the meadow."),
            NewTicketType("camper", "Camper van", 6000, "GBP", 1_500, "A pitch for one van.", max_per_order=2),
            NewTicketType("child", "Child under 12", 0, "GBP", 10_000, "Free, with a grown-up."),
        ),
    )


def _rooftop(year: int) -> NewEvent:
    zone = "America/New_York"
    return NewEvent(
        slug="paper-lanterns-rooftop",
        name="The Paper Lanterns: Rooftop Session",
        description="Brass, strings and the skyline at sunset.",
        venue_name="Foundry Rooftop",
        venue_address="88 Ferry Street, Brooklyn, NY 11201, USA",
        timezone=zone,
        **_times(zone, (year, 9, 4, 19, 30), hours=3),
        ticket_types=(
            NewTicketType("standing", "Standing", 3800, "USD", 240),
            NewTicketType("table", "Table for two", 14_500, "USD", 18, "Two seats and a bottle.", max_per_order=4),
        ),
    )


def _tokyo(year: int) -> NewEvent:
    zone = "Asia/Tokyo"
    return NewEvent(
        slug="hoshikuzu-radio",
        name="星屑ラジオ 夏の夜会",
        description="星屑ラジオの単独公演。アコースティックの第一部と、全編書き下ろしの第二部。",
        venue_name="月見坂ホール",
        venue_address="〒150-0001 東京都渋谷区月見坂2-7-1",
        timezone=zone,
        **_times(zone, (year, 8, 8, 18, 30), hours=3),
        ticket_types=(
            NewTicketType("s-seki", "S席", 8800, "JPY", 600, "一階前方"),
            NewTicketType("a-seki", "A席", 6600, "JPY", 1_200, "一階後方・二階"),
        ),
    )


def _kolkata(year: int) -> NewEvent:
    zone = "Asia/Kolkata"
    return NewEvent(
        slug="nadi-ke-sur",
        name="नदी के सुर: शास्त्रीय संध्या",
        description="सितार, बाँसुरी और तबले के साथ नदी किनारे एक शाम।",
        venue_name="रवि मंच",
        venue_address="12 नदी मार्ग, कोलकाता 700001, भारत",
        timezone=zone,
        **_times(zone, (year, 2, 13, 18, 0), hours=4),
        ticket_types=(
            NewTicketType("samanya", "सामान्य", 75_000, "INR", 900),
            NewTicketType("vishesh", "विशेष", 250_000, "INR", 120, "आगे की पंक्तियाँ और जलपान।", max_per_order=6),
        ),
    )


def _cairo(year: int) -> NewEvent:
    zone = "Africa/Cairo"
    return NewEvent(
        slug="layali-al-nil",
        name="ليالي النيل: أمسية طرب",
        description="أمسية من العود والقانون والغناء على ضفاف النيل.",
        venue_name="مسرح الضفة",
        venue_address="٧ كورنيش النيل، القاهرة، مصر",
        timezone=zone,
        **_times(zone, (year, 10, 15, 20, 0), hours=3),
        ticket_types=(
            NewTicketType("am", "عام", 35_000, "EGP", 1_500),
            NewTicketType("mumayyaz", "مميز", 90_000, "EGP", 200, "الصفوف الأولى."),
        ),
    )


def _sao_paulo(year: int) -> NewEvent:
    zone = "America/Sao_Paulo"
    return NewEvent(
        slug="mare-alta-ao-vivo",
        name="Maré Alta ao Vivo",
        description="Samba, choro e coração: a turnê de despedida da Orquestra Maré Alta.",
        venue_name="Teatro da Estação",
        venue_address="Rua das Acácias, 305, São Paulo – SP, 01310-000, Brasil",
        timezone=zone,
        **_times(zone, (year, 11, 20, 21, 0), hours=2),
        ticket_types=(
            NewTicketType("pista", "Pista", 12_000, "BRL", 2_000),
            NewTicketType("meia", "Meia-entrada", 6_000, "BRL", 1_000, "Com comprovante.", max_per_order=4),
        ),
    )


def _times(zone: str, wall: tuple[int, int, int, int, int], hours: int) -> dict[str, datetime]:
    """Start and end from the date and time that clocks at the venue show."""
    starts_at = datetime(*wall, tzinfo=ZoneInfo(zone))
    return {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=hours)}
