vcl 4.1;

# The cache in front of orders: docs/edge.md says what is kept for how long, and why.
#
# The service decides what may be kept (`Cache-Control: public`); this file decides who may be given it. An answer
# is stored only when all of three hold: its path is on the list of public ones, the request said nothing about who
# it comes from, and the answer calls itself public. Whatever is in doubt goes straight through.
#
# EDGE_TIME_SCALE in varnishd's environment shortens every time for tests (0.01: an hour becomes 36 s).

import std;

# Where orders are and how it is seen that they are well: differs from one installation to the next.
include "backend.vcl";

acl inside {
    "localhost";
    "127.0.0.0"/8;
    "::1";
    "10.0.0.0"/8;
    "172.16.0.0"/12;
    "192.168.0.0"/16;
    "fc00::"/7;
}

sub vcl_recv {
    if (req.restarts > 0) {
        # Only what is public is looked up again: see vcl_hit and vcl_synth.
        set req.http.X-Edge-Try = req.restarts;
        call how_stale;
        return (hash);
    }
    if (local.socket == "inside") {
        call serve_the_inside;
    }
    call refuse_what_makes_no_sense;
    call drop_what_strangers_claim;
    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    call tell_whether_public;
    if (!req.http.X-Edge-Public) {
        return (pass);
    }
    call make_alike;
    call how_stale;
    return (hash);
}

# Nothing but purging and our own health is served here, and only here: nobody comes in by it from outside.
sub serve_the_inside {
    if (client.ip !~ inside) {
        return (synth(403));
    }
    if (req.method == "PURGE") {
        if (req.http.Surrogate-Key !~ "^[A-Za-z0-9-]+( [A-Za-z0-9-]+)*$") {
            return (synth(400));
        }
        # On the object alone, so that the lurker can apply it and the list of bans stays short.
        if (std.ban("obj.http.Surrogate-Key ~ (?:^|[^A-Za-z0-9-])(?:"
                + regsuball(req.http.Surrogate-Key, " ", "|") + ")(?:$|[^A-Za-z0-9-])")) {
            return (synth(200));
        }
        return (synth(500));
    }
    if (req.url == "/healthz") {
        return (synth(200));
    }
    return (synth(404));
}

sub refuse_what_makes_no_sense {
    if (req.method !~ "^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$") {
        return (synth(405));
    }
    if (!req.http.Host) {
        return (synth(400));
    }
    # A body with GET means nothing, and is a way to have one answer stored for another question.
    if ((req.method == "GET" || req.method == "HEAD")
        && (req.http.Transfer-Encoding || req.http.Content-Length ~ "[^0]")) {
        return (synth(400));
    }
}

# None of these is part of what an answer is kept under, so none of them may shape one.
sub drop_what_strangers_claim {
    unset req.http.X-Forwarded-Host;
    unset req.http.X-Forwarded-Server;
    unset req.http.X-Forwarded-Port;
    unset req.http.X-Forwarded-Prefix;
    unset req.http.X-Forwarded-Path;
    unset req.http.X-Forwarded-Scheme;
    unset req.http.X-Forwarded-Ssl;
    unset req.http.X-Host;
    unset req.http.X-Original-URL;
    unset req.http.X-Original-Host;
    unset req.http.X-Rewrite-URL;
    unset req.http.X-HTTP-Method;
    unset req.http.X-HTTP-Method-Override;
    unset req.http.X-Method-Override;
    unset req.http.Forwarded;
    unset req.http.Front-End-Https;
    unset req.http.Surrogate-Capability;
    unset req.http.Proxy;
    unset req.http.X-Edge-Public;
    unset req.http.X-Edge-Try;
    unset req.http.X-Edge-Cache;
    if (req.http.X-Forwarded-Proto && req.http.X-Forwarded-Proto != "https") {
        unset req.http.X-Forwarded-Proto;
    }
}

# A closed list of addresses in their plainest form: with "..", "//", "%2e" or a suffix put on, none is on it.
sub tell_whether_public {
    if (req.url !~ "^/(?:events/[A-Za-z0-9-]{1,100}|assets/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|v1/events(?:/[A-Za-z0-9-]{1,100})?|(?:openapi|asyncapi)\.json|docs)?(?:\?|$)") {
        return;
    }
    std.collect(req.http.Cookie, "; ");
    if (req.http.Authorization || req.http.Cookie ~ "(?i)(?:^|[;,\s\x22])(?:__Host-|__Secure-)?boxoffice_") {
        return;
    }
    set req.http.X-Edge-Public = "yes";
}

# Requests for one and the same thing become one and the same request.
sub make_alike {
    unset req.http.Cookie;
    unset req.http.Cache-Control;
    unset req.http.Pragma;
    set req.http.Host = std.tolower(req.http.Host);
    if (req.url ~ "\?") {
        set req.url = regsuball(req.url, "(?i)(?<=[?&])(?:utm_[a-z0-9_.-]*|[a-z]*clid|[gw]braid|mc_[ce]id|_gl|_ga|igsh|igshid|srsltid|li_fat_id|ref_src|vero_id|mkt_tok|oly_(?:anon|enc)_id|_hs(?:enc|mi)|s_kwcid|epik|ttp)(?:=[^&]*)?(?:&|$)", "");
        set req.url = std.querysort(regsub(req.url, "[?&]+$", ""));
    }
    # A page or a program: the only difference it makes, where something is not there.
    if (req.http.Accept ~ "(?i)text/html") {
        set req.http.Accept = "text/html";
    } else {
        set req.http.Accept = "*/*";
    }
    call choose_the_language;
}

# The first of our languages that is wanted at all. It is part of the key where an answer says `Vary: Accept-Language`.
sub choose_the_language {
    std.collect(req.http.Accept-Language);
    set req.http.Accept-Language = regsuball(std.tolower(req.http.Accept-Language), "[^,]*;\s*q=0(?:\.0*)?\s*(?:,|$)", "");
    set req.http.Accept-Language = regsub(req.http.Accept-Language,
        "^\s*(?:(?!(?:en|de|fr|es|it|ar|ja)\b)[^,]*(?:,\s*|$))*(en|de|fr|es|it|ar|ja)?\b.*$", "\1");
    if (req.http.Accept-Language !~ "^(?:en|de|fr|es|it|ar|ja)$") {
        set req.http.Accept-Language = "en";
    }
}

# How far past its time an answer may be to be found. The first try finds everything, the second (vcl_hit) only what
# is as good as fresh, so that it fetches; the third falls back on what the first one found.
sub how_stale {
    if (req.restarts == 1) {
        set req.grace = 10s * std.real(std.getenv("EDGE_TIME_SCALE"), 1.0);
    } else {
        set req.grace = 1h * std.real(std.getenv("EDGE_TIME_SCALE"), 1.0);
    }
}

sub vcl_hash {
    hash_data(req.url);
    hash_data(req.http.Host);
    if (req.http.X-Forwarded-Proto) {
        hash_data("https");
    }
    return (lookup);
}

# Past its time by up to 10 s (its last 10, see how_long): given at once, and renewed behind it.
# By more, and the service is well: asked for anew, with the old one to fall back on. The service is away: given.
sub vcl_hit {
    set req.http.X-Edge-Cache = "hit";
    if (obj.ttl + 10s * std.real(std.getenv("EDGE_TIME_SCALE"), 1.0) < 0s) {
        set req.http.X-Edge-Cache = "stale";
        if (req.restarts == 0 && std.healthy(req.backend_hint)) {
            return (restart);
        }
    }
    return (deliver);
}

sub vcl_miss {
    set req.http.X-Edge-Cache = "miss";
    return (fetch);
}

sub vcl_pass {
    set req.http.X-Edge-Cache = "pass";
    return (fetch);
}

sub vcl_backend_fetch {
    unset bereq.http.X-Edge-Public;
    unset bereq.http.X-Edge-Cache;
    return (fetch);
}

sub vcl_backend_response {
    if (bereq.uncacheable) {
        # Streams and documents go through as they come: no gzip, no waiting for the end.
        return (deliver);
    }
    if (beresp.status >= 500) {
        call keep_no_failure;
        return (deliver);
    }
    std.collect(beresp.http.Cache-Control);
    std.collect(beresp.http.Vary);
    std.collect(beresp.http.Surrogate-Key, " ");
    call tell_whether_storable;
    if (beresp.http.X-Edge-Private || beresp.ttl <= 0s) {
        unset beresp.http.X-Edge-Private;
        # Remembered as not to be kept, so that those who ask next go through side by side and not one by one.
        set beresp.uncacheable = true;
        set beresp.ttl = 60s * std.real(std.getenv("EDGE_TIME_SCALE"), 1.0);
        return (deliver);
    }
    call how_long;
    unset beresp.http.X-Request-Id;
    if (beresp.http.Content-Type ~ "^(?:text/|application/javascript|image/svg)" && !beresp.http.Content-Encoding) {
        set beresp.do_gzip = true;
    }
    return (deliver);
}

# The answer's own word, and never against it. What differs by anything that is not part of the key is not kept either,
# nor is what a narrowed CORS_ORIGINS refused: strangers' origins would pile up.
sub tell_whether_storable {
    if (beresp.http.Set-Cookie
        || beresp.http.Cache-Control !~ "(?i)(?:^|[,\s])public(?:$|[,\s])"
        || beresp.http.Cache-Control ~ "(?i)(?:^|[,\s])(?:private|no-store|no-cache)"
        || beresp.http.Vary !~ "(?i)^(?:\s*(?:accept|accept-encoding|accept-language|authorization|cookie|origin)\s*(?:,|$))*$"
        || (beresp.http.Vary ~ "(?i)origin" && bereq.http.Origin && !beresp.http.Access-Control-Allow-Origin)
        || (beresp.status != 200 && beresp.status != 301 && beresp.status != 308 && beresp.status != 404)) {
        set beresp.http.X-Edge-Private = "yes";
    }
}

# The last 10 s of an answer's time are those in which it is renewed while it is still given.
sub how_long {
    if (beresp.ttl > 20s) {
        set beresp.ttl -= 10s;
    }
    set beresp.grace = 1h * std.real(std.getenv("EDGE_TIME_SCALE"), 1.0);
    if (beresp.status == 404) {
        if (beresp.ttl > 5s) {
            set beresp.ttl = 5s;
        }
        set beresp.grace = 0s;
    }
    set beresp.ttl = beresp.ttl * std.real(std.getenv("EDGE_TIME_SCALE"), 1.0);
    set beresp.keep = 0s;
}

# A failure takes no answer's place: where there is an old one to fall back on, it leaves no trace (vcl_synth goes on);
# where there is none, those who ask in the next second go through side by side instead of each after the other's failure.
sub keep_no_failure {
    if (bereq.is_bgfetch || bereq.http.X-Edge-Try == "1") {
        return (abandon);
    }
    set beresp.uncacheable = true;
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    set beresp.ttl = 1s;
}

# No answer at all.
sub vcl_backend_error {
    call keep_no_failure;
    set beresp.http.Retry-After = "2";
    set beresp.http.Cache-Control = "no-store";
    if (bereq.url ~ "^/v1/") {
        set beresp.http.Content-Type = "application/problem+json";
        set beresp.body = """{"type":"urn:boxoffice:problem:overloaded","title":"Busy","status":503,"detail":"We can't take this right now. Try again in a moment."}""";
    } else {
        set beresp.http.Content-Type = "text/html; charset=utf-8";
        set beresp.body = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Back in a moment</title>
<h1>Back in a moment</h1>
<p>We can't show this page right now. Nothing was ordered, and nothing that you ordered before is lost. Please try again in a moment.</p>
""";
    }
    return (deliver);
}

sub vcl_deliver {
    set resp.http.X-Cache = req.http.X-Edge-Cache;
    if (req.http.X-Request-Id) {
        set resp.http.X-Request-Id = req.http.X-Request-Id;
    }
    unset resp.http.Surrogate-Key;
    unset resp.http.X-Varnish;
    unset resp.http.Via;
    return (deliver);
}

sub vcl_synth {
    if (resp.status == 503 && req.restarts == 1) {
        return (restart);
    }
    unset resp.http.Server;
    unset resp.http.X-Varnish;
    set resp.http.Cache-Control = "no-store";
    set resp.http.Content-Type = "application/problem+json";
    if (resp.status == 200) {
        set resp.http.Content-Type = "text/plain";
        set resp.body = "ok";
    } else if (resp.status == 405) {
        set resp.http.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
        set resp.body = """{"type":"urn:boxoffice:problem:method-not-allowed","title":"Wrong method","status":405,"detail":"Use one of the methods that Allow names."}""";
    } else if (resp.status == 400) {
        set resp.body = """{"type":"urn:boxoffice:problem:bad-request","title":"Bad request","status":400,"detail":"Send a Host, and no body with GET or HEAD."}""";
    } else {
        set resp.body = """{"type":"urn:boxoffice:problem:bad-request","title":"Refused","status":""" + resp.status + ""","detail":"Check the request and send it again."}""";
    }
    return (deliver);
}
