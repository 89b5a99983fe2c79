/* What the two halves share: the orders under way, and the loop that turns for both. */
#ifndef BUYERS_H
#define BUYERS_H

#include <stddef.h>
#include <stdint.h>

#define SERIAL_DIGITS 10

/* An order by its serial. Times are nanoseconds of the monotonic clock, 0 until they are known. */
struct order {
    uint64_t due, answered, mailed;
    uint16_t status;
    uint16_t mails;
};

/* Something that waits for its file descriptor: called with the events of epoll. */
struct waiter {
    int descriptor;
    void (*ready)(struct waiter *self, uint32_t events);
};

uint64_t now(void);
void watch(struct waiter *waiter, uint32_t events);
void rewatch(struct waiter *waiter, uint32_t events);
void die(const char *what);
void *checked(void *memory);

/* buyers.c */
struct order *order_of(uint64_t serial);
void order_answered(uint64_t serial, uint16_t status);
void order_mailed(uint64_t serial);

/* http.c */
void http_open(const char *port, const char *request, size_t size, unsigned connections);
int http_send(uint64_t serial);
unsigned http_idle(void);

/* smtp.c */
void smtp_listen(uint16_t port);

#endif
