"""The whole path, as its users walk it: `boxoffice up`, an order over HTTP, the mail in the inbox, the PDF."""
