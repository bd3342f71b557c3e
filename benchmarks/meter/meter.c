/*
 * Opens many WebSocket clients and measures how long one message takes to reach all of them.
 *
 *   meter ADDRESS PORT PATH
 *
 * Commands come on stdin, one a line, fields separated by tabs; answers go to stdout, fields separated by spaces.
 *
 *   step WAIT SEND               add a step to the handshake of the clients to come: on a message that holds WAIT, send
 *                                SEND; a client that took all its steps is ready
 *   forget                       forget the steps
 *   open COUNT INFLIGHT          open clients, at most INFLIGHT of them unready at a time   -> opened COUNT NANOSECONDS
 *   rounds ALL COUNT PAUSE DRIVER FIRST MODULO SEND MARKER
 *                                COUNT times: client DRIVER sends SEND, then wait until every client (ALL is 1) or only
 *                                the driver (ALL is 0) got a message that holds MARKER, then rest for PAUSE microseconds.
 *                                "{n}" in both is FIRST plus the round, "{v}" the same modulo MODULO, plus 1.
 *                                                                             -> round NANOSECONDS ... done
 *   gather EACH SEND MARKER      the first client sends SEND, if that is not empty; then wait until every client got EACH
 *                                messages that hold MARKER. BYTES came for all clients together.
 *                                                                             -> gathering gathered BYTES
 *   close                        close all clients                                          -> closed
 *
 * Pings, of WebSocket and of Engine.IO, are answered at all times. Anything unexpected ends the program with a message.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_STEPS = 8, MAX_EVENTS = 1024, LINE = 1 << 16, PER_ADDRESS = 60, TIMEOUT_MS = 20000, READ_EVERY_US = 2000, GATHER_TIMEOUT_MS = 180000 };
enum { TEXT = 1, CLOSE = 8, PING = 9 };

struct client {
    int fd, step, upgraded, ready;
    uint64_t seen;     /* the last round whose marker came */
    int gathered;      /* messages with the marker, while gathering */
    char *rest;        /* an unfinished frame or handshake */
    size_t rest_size;
};

struct step {
    char *wait, *send;
};

static struct sockaddr_in server;
static const char *path;
static struct client *clients;
static int count, ready, poll_fd;
static struct step steps[MAX_STEPS];
static int step_count;
static char marker[LINE];
static size_t marker_size;
static uint64_t round_number;
static int arrived, only = -1, each;
static uint64_t gathered_bytes;
static uint64_t last_arrival, came; /* by CLOCK_REALTIME; `came` is when the bytes being looked at did */

static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

static uint64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void write_all(struct client *client, const char *data, size_t size) {
    if (send(client->fd, data, size, MSG_NOSIGNAL) != (ssize_t)size) die("a client could not write: %s", strerror(errno));
}

/* Client frames are masked; a mask of zeros leaves the content as it is. */
static void send_frame(struct client *client, int opcode, const char *data, size_t size) {
    char frame[LINE + 16];
    size_t head = 2;
    if (size > LINE) die("too long to send");
    frame[0] = (char)(0x80 | opcode);
    if (size < 126) {
        frame[1] = (char)(0x80 | size);
    } else {
        frame[1] = (char)(0x80 | 126);
        frame[2] = (char)(size >> 8);
        frame[3] = (char)size;
        head = 4;
    }
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, data, size);
    write_all(client, frame, head + 4 + size);
}

static int holds(const char *data, size_t size, const char *wanted, size_t wanted_size) {
    return memmem(data, size, wanted, wanted_size) != NULL;
}

static void advance(struct client *client) {
    if (!client->ready && client->step == step_count) {
        client->ready = 1;
        ready++;
    }
}

static void on_text(struct client *client, const char *data, size_t size) {
    if (size == 1 && data[0] == '2') {
        send_frame(client, TEXT, "3", 1);
        return;
    }
    if (!client->ready) {
        struct step *step = &steps[client->step];
        if (!holds(data, size, step->wait, strlen(step->wait))) return;
        if (*step->send) send_frame(client, TEXT, step->send, strlen(step->send));
        client->step++;
        advance(client);
        return;
    }
    if (each && holds(data, size, marker, marker_size) && ++client->gathered == each) arrived++;
    if (!each && client->seen != round_number && marker_size && holds(data, size, marker, marker_size)) {
        client->seen = round_number;
        if (only < 0 || client == &clients[only]) {
            arrived++;
            if (came > last_arrival) last_arrival = came;
        }
    }
}

/* Returns how many bytes of whole frames were taken. */
static size_t take_frames(struct client *client, const char *data, size_t size) {
    size_t taken = 0;
    while (size - taken >= 2) {
        const unsigned char *frame = (const unsigned char *)data + taken;
        size_t head = 2, length = frame[1] & 127, have = size - taken;
        if (length == 126) {
            if (have < 4) break;
            length = (size_t)frame[2] << 8 | frame[3];
            head = 4;
        } else if (length == 127) {
            if (have < 10) break;
            length = 0;
            for (int index = 2; index < 10; index++) length = length << 8 | frame[index];
            head = 10;
        }
        if (have < head + length) break;
        const char *content = data + taken + head;
        int opcode = frame[0] & 15;
        if (opcode == TEXT) on_text(client, content, length);
        else if (opcode == PING) send_frame(client, 10, content, length);
        else if (opcode == CLOSE) die("the server closed a client: %.*s", length > 2 ? (int)length - 2 : 0, content + 2);
        taken += head + length;
    }
    return taken;
}

static size_t take_handshake(struct client *client, const char *data, size_t size) {
    const char *end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (size < 12 || memcmp(data + 9, "101", 3)) die("no upgrade: %.*s", (int)size, data);
    client->upgraded = 1;
    advance(client);
    return (size_t)(end + 4 - data);
}

/* The kernel notes when bytes come, so that they can be read later without being timed later. */
static ssize_t receive(int fd, char *buffer, size_t size) {
    char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec place = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {.msg_iov = &place, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
    if (got <= 0) return got;
    came = 0;
    for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
        struct timespec time;
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_TIMESTAMPNS) continue;
        memcpy(&time, CMSG_DATA(head), sizeof time);
        came = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
    }
    if (!came) die("the kernel does not say when bytes came");
    return got;
}

static void on_readable(struct client *client) {
    static char buffer[1 << 22];
    size_t size = client->rest_size, taken = 0;
    if (size) memcpy(buffer, client->rest, size);
    ssize_t got = receive(client->fd, buffer + size, sizeof buffer - size);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) die("the server dropped a client");
    gathered_bytes += (uint64_t)got;
    size += (size_t)got;
    if (!client->upgraded) taken = take_handshake(client, buffer, size);
    if (client->upgraded) taken += take_frames(client, buffer + taken, size - taken);
    size_t left = size - taken;
    if (left != client->rest_size || left) {
        client->rest = realloc(client->rest, left ? left : 1);
        memcpy(client->rest, buffer + taken, left);
        client->rest_size = left;
    }
}

static int serve(int timeout_ms) {
    static struct epoll_event events[MAX_EVENTS];
    int stdin_ready = 0, got = epoll_wait(poll_fd, events, MAX_EVENTS, timeout_ms);
    for (int index = 0; index < got; index++) {
        if (events[index].data.u32 == UINT32_MAX) stdin_ready = 1;
        else on_readable(&clients[events[index].data.u32]);
    }
    return stdin_ready;
}

/* The loopback network has many addresses: spread over them, clients count as many sources. */
static void connect_client(int index) {
    struct client *client = &clients[index];
    struct sockaddr_in source = {.sin_family = AF_INET};
    int one = 1;
    char request[1024];
    memset(client, 0, sizeof *client);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(index / PER_ADDRESS));
    setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(client->fd, (struct sockaddr *)&source, sizeof source)) die("no source address: %s", strerror(errno));
    setsockopt(client->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    if (connect(client->fd, (struct sockaddr *)&server, sizeof server)) die("no connection: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int size = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                        path);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, client->fd, &event);
    write_all(client, request, (size_t)size);
}

static void open_clients(int more, int inflight) {
    uint64_t begun = now(CLOCK_MONOTONIC);
    int first = count, target = count + more;
    struct client *moved = realloc(clients, sizeof *clients * (size_t)target);
    if (!moved) die("out of memory");
    clients = moved;
    while (ready < target) {
        while (count < target && count - ready < inflight) connect_client(count++);
        serve(TIMEOUT_MS);
        if (now(CLOCK_MONOTONIC) - begun > 3 * (uint64_t)TIMEOUT_MS * 1000000u) die("only %d clients got ready", ready - first);
    }
    printf("opened %d %llu\n", more, (unsigned long long)(now(CLOCK_MONOTONIC) - begun));
}

static void close_clients(void) {
    for (int index = 0; index < count; index++) {
        close(clients[index].fd);
        free(clients[index].rest);
    }
    count = ready = 0;
    printf("closed\n");
}

static void fill(char *out, const char *template, long long number, long long value) {
    while (*template) {
        if (!strncmp(template, "{n}", 3) || !strncmp(template, "{v}", 3)) {
            out += sprintf(out, "%lld", template[1] == 'n' ? number : value);
            template += 3;
        } else {
            *out++ = *template++;
        }
    }
    *out = 0;
}

static void rest(uint64_t microseconds) {
    uint64_t end = now(CLOCK_MONOTONIC) + microseconds * 1000u;
    while (now(CLOCK_MONOTONIC) < end) serve(0);
}

/*
 * Between two looks the meter is busy with nothing. Asleep, it would have to be woken by each message, and looking all
 * the time, it would hold the sockets up: the server would be timed for what its clients do because they are on the same
 * machine. When a message came is the kernel's word.
 */
static void look_away(uint64_t microseconds) {
    uint64_t end = now(CLOCK_MONOTONIC) + microseconds * 1000u;
    while (now(CLOCK_MONOTONIC) < end) {}
}

static void run_rounds(char **fields) {
    static char text[LINE];
    int all = atoi(fields[1]), rounds = atoi(fields[2]), driver = atoi(fields[4]);
    uint64_t pause = strtoull(fields[3], NULL, 10);
    long long first = atoll(fields[5]), modulo = atoll(fields[6]);
    if (driver >= count) die("no such driver");
    only = all ? -1 : driver;
    for (int index = 0; index < rounds; index++) {
        long long number = first + index;
        fill(text, fields[7], number, number % modulo + 1);
        fill(marker, fields[8], number, number % modulo + 1);
        marker_size = strlen(marker);
        round_number++;
        arrived = 0;
        last_arrival = 0;
        uint64_t begun = now(CLOCK_REALTIME);
        send_frame(&clients[driver], TEXT, text, strlen(text));
        while (arrived < (all ? count : 1)) {
            if (all) look_away(READ_EVERY_US);
            serve(0);
            if (now(CLOCK_REALTIME) - begun > (uint64_t)TIMEOUT_MS * 1000000u) die("%d of %d got %s", arrived, all ? count : 1, marker);
        }
        printf("round %llu\n", (unsigned long long)(last_arrival - begun));
        rest(pause);
    }
    marker_size = 0;
    printf("done\n");
}

static void gather(char **fields) {
    each = atoi(fields[1]);
    strcpy(marker, fields[3]);
    marker_size = strlen(marker);
    arrived = 0;
    gathered_bytes = 0;
    for (int index = 0; index < count; index++) clients[index].gathered = 0;
    uint64_t begun = now(CLOCK_MONOTONIC);
    printf("gathering\n");
    fflush(stdout); /* who begins the storm waits for this */
    if (*fields[2]) send_frame(&clients[0], TEXT, fields[2], strlen(fields[2]));
    while (arrived < count) {
        look_away(READ_EVERY_US);
        serve(0);
        if (now(CLOCK_MONOTONIC) - begun > GATHER_TIMEOUT_MS * 1000000ull) die("%d of %d got %d times %s", arrived, count, each, marker);
    }
    each = 0;
    marker_size = 0;
    printf("gathered %llu\n", (unsigned long long)gathered_bytes);
}

static void obey(char *line) {
    char *fields[10] = {0};
    int size = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *field; size < 10 && (field = strsep(&line, "\t"));) fields[size++] = field;
    if (!strcmp(fields[0], "step") && size == 3 && step_count < MAX_STEPS) {
        steps[step_count++] = (struct step){strdup(fields[1]), strdup(fields[2])};
    } else if (!strcmp(fields[0], "forget") && size == 1) {
        step_count = 0;
    } else if (!strcmp(fields[0], "open") && size == 3) {
        open_clients(atoi(fields[1]), atoi(fields[2]));
    } else if (!strcmp(fields[0], "rounds") && size == 9) {
        run_rounds(fields);
    } else if (!strcmp(fields[0], "gather") && size == 4) {
        gather(fields);
    } else if (!strcmp(fields[0], "close") && size == 1) {
        close_clients();
    } else {
        die("not a command: %s", fields[0]);
    }
    fflush(stdout);
}

int main(int argc, char **argv) {
    static char line[LINE * 2];
    if (argc != 4) die("usage: meter ADDRESS PORT PATH");
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) die("not an address: %s", argv[1]);
    path = argv[3];
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    setvbuf(stdin, NULL, _IONBF, 0); /* what is read ahead would not wake epoll */
    for (;;) {
        if (!serve(-1)) continue;
        if (!fgets(line, sizeof line, stdin)) return 0;
        obey(line);
    }
}
