"""`boxoffice backup` and `boxoffice restore`: an installation copied while it runs, and made again from the copy.

What a backup holds (docs/backup.md):

manifest.json   what is in it, with counts and checksums; written last
tables/         each table in PostgreSQL's COPY text format, gzipped; all of one snapshot
store/          the PDFs that the snapshot names, under their keys
store.index     key, size and SHA-256 of each of them
signing.key     the installation's secret keys
"""
