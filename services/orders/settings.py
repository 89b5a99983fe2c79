"""What the orders service can be told."""

from pydantic import Field, field_validator

from shared.settings import Settings


class OrdersSettings(Settings):
    """Beside the shared ones: who may call from a browser, and how many orders may wait."""

    cors_origins: str = Field(
        "*", description="Origins whose pages may call the buyers' API, comma-separated; `*` is any."
    )

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for origin in value.split(","):
            if origin.strip() != "*" and not origin.strip().startswith(("http://", "https://")):
                raise ValueError("must be `*` or origins like https://shop.example, comma-separated")
        return value

    @property
    def origins(self) -> frozenset[str]:
        return frozenset(origin.strip().rstrip("/") for origin in self.cors_origins.split(","))
