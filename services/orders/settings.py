"""What the orders service can be told."""

from pydantic import Field, TypeAdapter, field_validator

from shared.clients import PRIVATE, Network, networks
from shared.settings import Settings, WebAddress

_ADDRESS: TypeAdapter[str] = TypeAdapter(WebAddress)


class OrdersSettings(Settings):
    """Beside the shared ones: who may call from a browser, what stands in front, and whom webhooks may reach."""

    cors_origins: str = Field(
        "*", description="Origins whose pages may call the buyers' API, comma-separated; `*` is any."
    )
    webhooks_allow_private: bool = Field(
        False,
        description="`true` lets webhooks go to private addresses, and over plain `http://`: for trying out, or where "
        "every organiser is trusted with your network.",
    )

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for origin in value.split(","):
            if origin.strip() != "*" and not origin.strip().startswith(("http://", "https://")):
                raise ValueError("must be `*` or origins like https://shop.example, comma-separated")
        return value

    purge_urls: str = Field(
        "",
        description="The inner listeners of the Varnishes in front, `http://varnish:6082`, comma-separated: "
        "what an organiser changes is taken out of them. Unset: there are none.",
    )

    @field_validator("purge_urls")
    @classmethod
    def _addresses(cls, value: str) -> str:
        return ",".join(_ADDRESS.validate_python(url.strip()) for url in value.split(",") if url.strip())

    trusted_proxies: str = Field(
        PRIVATE,
        description="Addresses and networks of the proxies in front, comma-separated: who asks is who they say, in "
        "`X-Forwarded-For`.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        try:
            networks(value)
        except ValueError as error:
            raise ValueError(f"must be networks like 10.0.0.0/8, comma-separated: {error}") from None
        return value

    @property
    def proxies(self) -> tuple[Network, ...]:
        return networks(self.trusted_proxies)

    @property
    def caches(self) -> tuple[str, ...]:
        return tuple(filter(None, self.purge_urls.split(",")))

    @property
    def origins(self) -> frozenset[str]:
        return frozenset(origin.strip().rstrip("/") for origin in self.cors_origins.split(","))
