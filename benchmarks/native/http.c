/* Kept connections that send one prepared request, again and again, with another serial in it. */
#define _GNU_SOURCE
#include "buyers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD 8192
#define MARK "@SERIAL@"

struct connection {
    struct waiter waiter;
    uint64_t serial;
    int open, busy, closes;
    size_t sent, filled, body_left;
    int in_body;
    char head[HEAD + 1];
    char *request;
    struct connection *next;
};

static struct sockaddr_in there;
static const char *template_bytes;
static size_t request_size, marks[8], mark_count;
static struct connection *idle;
static unsigned idle_count;

static void connection_ready(struct waiter *waiter, uint32_t events);

/* The mark is as long as nothing: each is replaced by ten digits, so that the length never changes. */
static void prepare(const char *request, size_t size) {
    char *whole = checked(malloc(size * 2 + 64));
    size_t filled = 0;
    for (size_t n = 0; n < size;) {
        if (size - n >= strlen(MARK) && !memcmp(request + n, MARK, strlen(MARK))) {
            if (mark_count == sizeof marks / sizeof *marks) die("too many marks");
            marks[mark_count++] = filled;
            memset(whole + filled, '0', SERIAL_DIGITS);
            filled += SERIAL_DIGITS;
            n += strlen(MARK);
        } else whole[filled++] = request[n++];
    }
    template_bytes = whole;
    request_size = filled;
}

static void release(struct connection *connection) {
    connection->busy = 0;
    connection->next = idle;
    idle = connection;
    idle_count++;
}

void http_open(const char *port, const char *request, size_t size, unsigned connections) {
    there = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    prepare(request, size);
    for (unsigned n = 0; n < connections; n++) {
        struct connection *connection = checked(calloc(1, sizeof *connection));
        connection->request = checked(malloc(request_size));
        memcpy(connection->request, template_bytes, request_size);
        release(connection);
    }
}

unsigned http_idle(void) { return idle_count; }

static int reach(struct connection *connection) {
    int yes = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(descriptor, (struct sockaddr *)&there, sizeof there) && errno != EINPROGRESS)
        return close(descriptor), 0;
    connection->waiter = (struct waiter){descriptor, connection_ready};
    watch(&connection->waiter, EPOLLIN | EPOLLOUT);
    return connection->open = 1;
}

static void hang_up(struct connection *connection) {
    if (connection->open) close(connection->waiter.descriptor);
    connection->open = 0;
}

static void finish(struct connection *connection, uint16_t status) {
    uint64_t serial = connection->serial;
    if (connection->closes || !status) hang_up(connection);
    release(connection);
    order_answered(serial, status);
}

static void write_more(struct connection *connection) {
    ssize_t size = send(connection->waiter.descriptor, connection->request + connection->sent,
                        request_size - connection->sent, MSG_NOSIGNAL);
    if (size < 0) {
        if (errno != EAGAIN && errno != ENOTCONN) finish(connection, 0);
        return;
    }
    connection->sent += (size_t)size;
    rewatch(&connection->waiter, connection->sent == request_size ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

/* Begin an order on an idle connection. Returns 0 when there is none. */
int http_send(uint64_t serial) {
    struct connection *connection = idle;
    char digits[SERIAL_DIGITS + 1];
    if (!connection) return 0;
    idle = connection->next;
    idle_count--;
    connection->serial = serial;
    connection->busy = 1;
    connection->sent = connection->filled = connection->body_left = 0;
    connection->in_body = connection->closes = 0;
    snprintf(digits, sizeof digits, "%0*llu", SERIAL_DIGITS, (unsigned long long)serial);
    for (size_t n = 0; n < mark_count; n++) memcpy(connection->request + marks[n], digits, SERIAL_DIGITS);
    if (!connection->open) {
        if (!reach(connection)) finish(connection, 0);
    } else write_more(connection);
    return 1;
}

static const char *header(const char *head, const char *name) {
    const char *found = strcasestr(head, name);
    return found ? found + strlen(name) : "";
}

/* The head is complete: what follows it in the buffer is body. */
static void begin_body(struct connection *connection, const char *end) {
    size_t surplus = connection->filled - (size_t)(end - connection->head);
    size_t length = strtoul(header(connection->head, "\r\ncontent-length:"), NULL, 10);
    connection->closes = !strncasecmp(header(connection->head, "\r\nconnection: "), "close", 5);
    connection->in_body = 1;
    connection->body_left = length > surplus ? length - surplus : 0;
}

static void take(struct connection *connection, const char *bytes, size_t size) {
    if (connection->in_body) {
        connection->body_left -= size < connection->body_left ? size : connection->body_left;
    } else {
        if (size > HEAD - connection->filled) return finish(connection, 0);
        memcpy(connection->head + connection->filled, bytes, size);
        connection->filled += size;
        connection->head[connection->filled] = 0;
        const char *end = strstr(connection->head, "\r\n\r\n");
        if (!end) return;
        begin_body(connection, end + 4);
    }
    if (!connection->body_left) finish(connection, (uint16_t)atoi(connection->head + strlen("HTTP/1.1 ")));
}

static void connection_ready(struct waiter *waiter, uint32_t events) {
    static char bytes[1 << 16];
    struct connection *connection = (struct connection *)waiter;
    if ((events & EPOLLOUT) && connection->busy && connection->sent < request_size) write_more(connection);
    if (!connection->open || !(events & (EPOLLIN | EPOLLERR | EPOLLHUP))) return;
    ssize_t size = recv(waiter->descriptor, bytes, connection->in_body ? sizeof bytes : HEAD / 2, 0);
    if (size > 0 && connection->busy) take(connection, bytes, (size_t)size);
    else if (size == 0 || (size < 0 && errno != EAGAIN)) {
        if (connection->busy) finish(connection, 0);
        else hang_up(connection);
    }
}
