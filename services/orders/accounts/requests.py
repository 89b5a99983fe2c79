"""What someone sends to sign in."""

from services.orders.requests import EmailAddress, Locale
from services.orders.shapes import Request


class SignInRequest(Request):
    email: EmailAddress
    locale: Locale = "en"
