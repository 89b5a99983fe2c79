/* A mail server that takes everything, keeps nothing, and notes whom each message was for.
 *
 * The recipient's local part is a letter and the order's serial. Commands may come pipelined. */
#define _GNU_SOURCE
#include "buyers.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE 2048
#define REPLIES 8192

struct session {
    struct waiter waiter;
    int in_data, ended;
    unsigned dots; /* how much of CR LF dot CR LF was seen */
    uint64_t serial;
    int has_serial;
    size_t filled, owed;
    char line[LINE], replies[REPLIES];
};

static struct waiter door;

static void reply(struct session *session, const char *text) {
    size_t size = strlen(text);
    if (session->owed + size > REPLIES) session->ended = 1;
    else memcpy(session->replies + session->owed, text, size), session->owed += size;
}

static void flush(struct session *session) {
    if (session->owed && send(session->waiter.descriptor, session->replies, session->owed, MSG_NOSIGNAL) < 0)
        session->ended = 1;
    session->owed = 0;
}

static void recipient(struct session *session, const char *line) {
    const char *at = strchr(line, '<');
    session->has_serial = at && at[1] == 'b';
    if (session->has_serial) session->serial = strtoull(at + 2, NULL, 10);
    reply(session, "250 2.1.5 Ok\r\n");
}

static void command(struct session *session, const char *line) {
    if (!strncasecmp(line, "EHLO", 4))
        reply(session, "250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                       "250-ENHANCEDSTATUSCODES\r\n250 SIZE 52428800\r\n");
    else if (!strncasecmp(line, "RCPT", 4)) recipient(session, line);
    else if (!strncasecmp(line, "DATA", 4)) {
        session->in_data = 1;
        session->dots = 2; /* a lone dot may come first */
        reply(session, "354 Go on\r\n");
    } else if (!strncasecmp(line, "QUIT", 4)) {
        reply(session, "221 2.0.0 Bye\r\n");
        session->ended = 1;
    } else reply(session, "250 2.0.0 Ok\r\n");
}

/* The 250 is sent before the order is noted as mailed: its time is that of the answer. */
static void message_ended(struct session *session) {
    session->in_data = 0;
    reply(session, "250 2.0.0 Taken\r\n");
    flush(session);
    if (session->has_serial) order_mailed(session->serial);
    session->has_serial = 0;
}

static size_t take_data(struct session *session, const char *bytes, size_t size) {
    static const char end[] = "\r\n.\r\n";
    for (size_t n = 0; n < size; n++) {
        if (!session->dots) {
            const char *found = memchr(bytes + n, '\r', size - n);
            if (!found) return size;
            n = (size_t)(found - bytes);
        }
        if (bytes[n] == end[session->dots]) session->dots++;
        else session->dots = bytes[n] == '\r';
        if (session->dots == 5) return message_ended(session), n + 1;
    }
    return size;
}

static size_t take_line(struct session *session, const char *bytes, size_t size) {
    const char *end = memchr(bytes, '\n', size);
    size_t part = end ? (size_t)(end - bytes) + 1 : size;
    if (session->filled + part >= LINE) return session->ended = 1, size;
    memcpy(session->line + session->filled, bytes, part);
    session->filled += part;
    if (end) {
        session->line[session->filled] = 0;
        session->filled = 0;
        command(session, session->line);
    }
    return part;
}

static void session_ready(struct waiter *waiter, uint32_t events) {
    static char bytes[1 << 18];
    struct session *session = (struct session *)waiter;
    (void)events;
    ssize_t size = recv(waiter->descriptor, bytes, sizeof bytes, 0);
    if (size <= 0) session->ended = 1;
    for (size_t done = 0; size > 0 && done < (size_t)size && !session->ended;)
        done += (session->in_data ? take_data : take_line)(session, bytes + done, (size_t)size - done);
    flush(session);
    if (session->ended) {
        close(waiter->descriptor);
        free(session);
    }
}

static void knock(struct waiter *waiter, uint32_t events) {
    (void)events;
    int descriptor = accept4(waiter->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    struct session *session = checked(calloc(1, sizeof *session));
    session->waiter = (struct waiter){descriptor, session_ready};
    watch(&session->waiter, EPOLLIN);
    reply(session, "220 sink.example ESMTP\r\n");
    flush(session);
}

void smtp_listen(uint16_t port) {
    int yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    door = (struct waiter){socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), knock};
    setsockopt(door.descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(door.descriptor, (struct sockaddr *)&here, sizeof here) || listen(door.descriptor, 128)) die("SMTP port");
    watch(&door, EPOLLIN);
}
