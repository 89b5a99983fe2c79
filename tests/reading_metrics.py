"""What `/metrics` says, as numbers."""

import aiohttp
from prometheus_client.parser import text_string_to_metric_families


class Numbers:
    def __init__(self, text: str) -> None:
        self.families = {family.name: family.type for family in text_string_to_metric_families(text)}
        self._samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def sum(self, name: str, **labels: str) -> float:
        """Of all samples of this name that have these labels."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == name and all(sample.labels.get(key) == value for key, value in labels.items())
        )


async def numbers_at(http: aiohttp.ClientSession, base: str = "") -> Numbers:
    async with http.get(f"{base}/metrics") as response:
        assert response.status == 200
        assert response.content_type == "text/plain"
        return Numbers(await response.text())
