# Orders, behind the same machine's HAProxy (infra/haproxy/edge.cfg, "behind the cache"), which knows its processes.
# Without HAProxy: the port of orders itself.

backend orders {
    .host = "127.0.0.1";
    .port = "8090";
    .connect_timeout = 2s;
    .first_byte_timeout = 30s;
    .between_bytes_timeout = 60s;
    # Two misses in a row and the service counts as away; two answers and it is back.
    .probe = {
        .url = "/readyz";
        .interval = 1s;
        .timeout = 1s;
        .window = 3;
        .threshold = 2;
        .initial = 2;
    }
}
