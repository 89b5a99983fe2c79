/* Buyers and their mailboxes in one process: places orders over HTTP, takes the mails, and tells how long each took.
 *
 *     buyers HTTP_PORT SMTP_PORT CONNECTIONS < commands, after the size of the request and its bytes
 *
 * The first line of standard input is the request's size; its bytes follow, with @SERIAL@ where the order's serial
 * belongs, which the recipient's local part must be after a letter: `b@SERIAL@@example.org`. Then a line a run:
 *
 *     WINDOW RATE WARM_UP SECONDS ORDERS DRAIN
 *
 * WINDOW > 0 is a closed loop: so many orders are placed and not yet mailed at any time. Else RATE orders a second are
 * due, whatever becomes of those before, and every time counts from the moment the order was due, so that waiting for
 * a connection is waiting. Measured is, after WARM_UP, until SECONDS have passed and ORDERS were mailed; then nothing is
 * sent, and up to DRAIN seconds are waited for what is under way. On standard output go "begun", "ended" and a line of JSON. */
#define _GNU_SOURCE
#include "buyers.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define KINDS 8

struct run {
    uint64_t first, window, orders, began, measured_from, measured_to, drained_by, due, resumes;
    double rate;
    uint64_t outstanding, mailed, duplicates, refused, stray;
    int measuring, sending;
};

static int poller;
static struct order *orders;
static uint64_t next_serial = 1, capacity;
static struct run run;

uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

void die(const char *what) {
    perror(what);
    exit(1);
}

void *checked(void *memory) {
    if (!memory) die("memory");
    return memory;
}

static void control(int how, struct waiter *waiter, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = waiter};
    if (epoll_ctl(poller, how, waiter->descriptor, &event)) die("epoll");
}

void watch(struct waiter *waiter, uint32_t events) { control(EPOLL_CTL_ADD, waiter, events); }
void rewatch(struct waiter *waiter, uint32_t events) { control(EPOLL_CTL_MOD, waiter, events); }

struct order *order_of(uint64_t serial) { return serial < next_serial ? &orders[serial] : NULL; }

static uint64_t new_order(uint64_t due) {
    if (next_serial >= capacity) {
        capacity = capacity ? capacity * 2 : 1 << 16;
        orders = checked(realloc(orders, capacity * sizeof *orders));
    }
    orders[next_serial] = (struct order){.due = due};
    return next_serial++;
}

void order_answered(uint64_t serial, uint16_t status) {
    struct order *order = order_of(serial);
    order->answered = now();
    order->status = status;
    if (!status) run.resumes = order->answered + SECOND / 100;
    if (status / 100 != 2) {
        run.refused++;
        if (!order->mails) run.outstanding--;
    }
}

void order_mailed(uint64_t serial) {
    struct order *order = order_of(serial);
    if (!order || serial < run.first) {
        run.stray++;
    } else if (order->mails++) {
        run.duplicates++;
    } else {
        order->mailed = now();
        if (!order->status || order->status / 100 == 2) run.outstanding--;
        run.mailed += (uint64_t)run.measuring;
    }
}

static void send_due(void) {
    uint64_t time = now();
    if (run.window)
        while (run.outstanding < run.window && http_idle() && run.resumes <= time) {
            run.outstanding++;
            http_send(new_order(time));
        }
    while (!run.window && http_idle() && run.due <= time && run.resumes <= time) {
        run.outstanding++;
        http_send(new_order(run.due));
        run.due += (uint64_t)((double)SECOND / run.rate);
    }
}

static void tell(const char *what) {
    puts(what);
    fflush(stdout);
}

static void turn(void) {
    struct epoll_event events[256];
    if (run.sending) send_due();
    int count = epoll_wait(poller, events, 256, 1);
    for (int n = 0; n < count; n++) {
        struct waiter *waiter = events[n].data.ptr;
        waiter->ready(waiter, events[n].events);
    }
}

static int ascending(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

/* `"name": {"p50": …}` in milliseconds, of the orders that were due while it was measured. */
static void tell_percentiles(const char *name, int mails) {
    static const double shares[] = {0.5, 0.9, 0.99, 0.999, 1};
    static const char *const names[] = {"p50", "p90", "p99", "p99.9", "max"};
    uint64_t count = 0, *times = checked(malloc((next_serial - run.first + 1) * sizeof *times));
    for (uint64_t n = run.first; n < next_serial; n++) {
        const struct order *order = &orders[n];
        uint64_t end = mails ? order->mailed : order->answered;
        if (end && order->due >= run.measured_from && order->due < run.measured_to) times[count++] = end - order->due;
    }
    qsort(times, count, sizeof *times, ascending);
    printf(", \"%s\": {", name);
    for (size_t n = 0; n < 5; n++) {
        uint64_t rank = (uint64_t)(shares[n] * (double)count);
        double time = count ? (double)times[rank < count ? rank : count - 1] / 1e6 : 0;
        printf("%s\"%s\": %.3f", n ? ", " : "", names[n], time);
    }
    printf("}");
    free(times);
}

static void tell_statuses(void) {
    uint64_t counts[1000] = {0};
    const char *comma = "";
    for (uint64_t n = run.first; n < next_serial; n++) counts[orders[n].status % 1000]++;
    printf(", \"statuses\": {");
    for (int status = 0; status < 1000; status++)
        if (counts[status]) printf("%s\"%d\": %llu", comma, status, (unsigned long long)counts[status]), comma = ", ";
    printf("}");
}

static void tell_result(uint64_t drained) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("{\"seconds\": %.3f, \"mailed\": %llu, \"drain_seconds\": %.3f, \"unmailed\": %llu, \"duplicates\": %llu, "
           "\"refused\": %llu, \"stray\": %llu, \"cpu_seconds\": %.3f",
           (double)(run.measured_to - run.measured_from) / 1e9, (unsigned long long)run.mailed,
           (double)(drained - run.measured_to) / 1e9, (unsigned long long)run.outstanding,
           (unsigned long long)run.duplicates, (unsigned long long)run.refused, (unsigned long long)run.stray, cpu);
    tell_statuses();
    tell_percentiles("answered", 0);
    tell_percentiles("mailed_after", 1);
    tell("}");
}

static void perform(double warm_up, double seconds, double drain) {
    run.began = run.due = now();
    run.sending = 1;
    while (now() < run.began + (uint64_t)(warm_up * 1e9)) turn();
    run.measured_from = now();
    run.measuring = 1;
    tell("begun");
    while (now() < run.measured_from + (uint64_t)(seconds * 1e9) || run.mailed < run.orders) turn();
    run.measured_to = now();
    run.measuring = run.sending = 0;
    tell("ended");
    run.drained_by = run.measured_to + (uint64_t)(drain * 1e9);
    while (run.outstanding && now() < run.drained_by) turn();
    tell_result(now());
}

/* Reads a line without taking more: commands come while the mail server must go on answering. */
static int read_line(char *line, size_t size) {
    size_t filled = 0;
    while (filled < size - 1) {
        ssize_t got = read(STDIN_FILENO, line + filled, 1);
        if (got == 0) return 0;
        if (got < 0) {
            turn();
            continue;
        }
        if (line[filled] == '\n') break;
        filled++;
    }
    line[filled] = 0;
    return 1;
}

int main(int count, char **words) {
    char line[256];
    double warm_up, seconds, drain;
    unsigned long long window, most;
    if (count != 4) return fprintf(stderr, "usage: buyers HTTP_PORT SMTP_PORT CONNECTIONS\n"), 2;
    poller = epoll_create1(EPOLL_CLOEXEC);
    smtp_listen((uint16_t)atoi(words[2]));
    if (!read_line(line, sizeof line)) return 2;
    size_t size = strtoul(line, NULL, 10), filled = 0;
    char *request = checked(malloc(size + 1));
    while (filled < size) {
        ssize_t got = read(STDIN_FILENO, request + filled, size - filled);
        if (got <= 0) return 2;
        filled += (size_t)got;
    }
    http_open(words[1], request, size, (unsigned)atoi(words[3]));
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    while (read_line(line, sizeof line)) {
        memset(&run, 0, sizeof run);
        run.first = next_serial;
        if (sscanf(line, "%llu %lf %lf %lf %llu %lf", &window, &run.rate, &warm_up, &seconds, &most, &drain) != 6)
            return fprintf(stderr, "what is %s?\n", line), 2;
        run.window = window;
        run.orders = most;
        perform(warm_up, seconds, drain);
    }
    return 0;
}
