# Orders, behind the compose file's HAProxy, which has this name on the network that the two share.

backend orders {
    .host = "haproxy-inside";
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
