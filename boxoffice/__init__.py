"""Everything on one machine: the command line, the supervisor, the embedded Postgres and the inbox."""
