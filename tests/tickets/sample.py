"""A ticket as a picture for the documentation: `python -m tests.tickets.sample docs/images/ticket.png`."""

import sys
from pathlib import Path

from services.tickets.rendering import render
from tests.tickets.building import an_order, codes_of, pictures, png


def main(path: Path) -> None:
    order = an_order("Ada Lovelace", "Charles Babbage", event="EuroPython 2027", organiser="EuroPython Society")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(pictures(render(order, codes_of(order)), dots_per_inch=100)[0]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
