// Keeps messages in flight to a WebSocket echo server, as echo-load.ts does, but shares no code with
// the library: neither its language nor its runtimes. It checks each byte of each echo.
//
// Its last argument is the options of echo-load.ts as JSON. Reads a line {"units": N} for each round, in which
// it sends at least N messages, and prints what the round took.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// Of RFC 6455 section 1.3.
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

// A connection. Positions are counted in bytes from the start of the round.
struct connection {
  int fd;
  int waits;
  long sent, received, allowed, total;
};

static uint8_t *frames, *echoes;
static long frameLength, echoLength, connections, depth, size;
// How many copies of a frame and of an echo stand one after another.
static long copies;
static int poller;
static uint8_t input[1 << 20];

static void fail(const char *what) {
  fprintf(stderr, "%s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}

static long option(const char *json, const char *name) {
  char key[64];
  snprintf(key, sizeof key, "\"%s\":", name);
  const char *at = strstr(json, key);
  return at ? atol(at + strlen(key)) : 0;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static double cpuTime(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int writeHeader(uint8_t *at, int maskBit) {
  at[0] = 0x82;
  if (size < 126) return at[1] = maskBit | size, 2;
  if (size < 65536) return at[1] = maskBit | 126, at[2] = size >> 8, at[3] = size, 4;
  at[1] = maskBit | 127;
  for (int i = 0; i < 8; i++) at[2 + i] = (uint64_t)size >> (56 - 8 * i);
  return 10;
}

static void makeFrames(void) {
  static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
  uint8_t header[10];
  int headerLength = writeHeader(header, 0);
  echoLength = headerLength + size;
  frameLength = echoLength + 4;
  copies = 262144 / frameLength + 2;
  frames = malloc(copies * frameLength);
  echoes = malloc(copies * echoLength);
  for (long copy = 0; copy < copies; copy++) {
    uint8_t *frame = frames + copy * frameLength, *echo = echoes + copy * echoLength;
    writeHeader(echo, 0);
    memcpy(frame + writeHeader(frame, 0x80), key, 4);
    for (long i = 0; i < size; i++) {
      uint8_t byte = (uint8_t)(i * 7 + i / 251);
      echo[headerLength + i] = byte;
      frame[headerLength + 4 + i] = byte ^ key[i & 3];
    }
  }
}

static void await(struct connection *one, int output) {
  if (one->waits == output) return;
  one->waits = output;
  struct epoll_event event = {.events = EPOLLIN | (output ? EPOLLOUT : 0), .data.ptr = one};
  epoll_ctl(poller, EPOLL_CTL_MOD, one->fd, &event);
}

// Sends what may be in flight.
static void flush(struct connection *one) {
  while (one->sent < one->allowed) {
    long at = one->sent % frameLength, left = one->allowed - one->sent;
    long length = copies * frameLength - at;
    ssize_t sent = send(one->fd, frames + at, left < length ? left : length, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return await(one, 1);
    if (sent < 0) fail("send");
    one->sent += sent;
  }
  await(one, 0);
}

// Reads echoes, and allows as many messages as have come back whole.
static void receive(struct connection *one) {
  ssize_t length = recv(one->fd, input, sizeof input, 0);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) fail("a connection was closed");
  for (long at = 0; at < length;) {
    long from = (one->received + at) % echoLength, part = copies * echoLength - from;
    if (part > length - at) part = length - at;
    if (memcmp(input + at, echoes + from, part)) errno = 0, fail("an echo differs from what was sent");
    at += part;
  }
  one->received += length;
  if (one->received > one->total * echoLength) errno = 0, fail("more echoes than messages");
  long inFlight = depth + one->received / echoLength;
  one->allowed = (inFlight < one->total ? inFlight : one->total) * frameLength;
  flush(one);
}

static int openConnection(long port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  char head[4096];
  int length = snprintf(head, sizeof head,
                        "GET / HTTP/1.1\r\nHost: 127.0.0.1:%ld\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\n"
                        "Sec-WebSocket-Version: 13\r\n\r\n",
                        port);
  if (send(fd, head, length, 0) != length) fail("send");
  for (length = 0; length < 4 || memcmp(head + length - 4, "\r\n\r\n", 4); length++) {
    if (length == sizeof head - 1 || recv(fd, head + length, 1, 0) != 1) fail("no response");
    head[length + 1] = 0;
  }
  errno = 0;
  if (!strstr(head, " 101 ") || !strstr(head, ACCEPT)) fail("the handshake was refused");
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

// Sends the same number of messages over each connection, and waits for all echoes.
static void run(struct connection *all, long units) {
  long each = (units + connections - 1) / connections;
  double start = now(), cpu = cpuTime();
  for (long i = 0; i < connections; i++) {
    all[i].sent = all[i].received = 0;
    all[i].total = each;
    all[i].allowed = (depth < each ? depth : each) * frameLength;
    flush(all + i);
  }
  struct epoll_event events[512];
  for (long left = connections * each * echoLength; left > 0;) {
    int count = epoll_wait(poller, events, 512, 10000);
    if (count <= 0) errno = 0, fail("no echo for 10 seconds");
    for (int i = 0; i < count; i++) {
      struct connection *one = events[i].data.ptr;
      long before = one->received;
      if (events[i].events & EPOLLOUT) flush(one);
      if (events[i].events & ~EPOLLOUT) receive(one);
      left -= one->received - before;
    }
  }
  double seconds = now() - start;
  printf("{\"units\":%ld,\"seconds\":%f,\"loadBusy\":%f}\n", connections * each, seconds,
         (cpuTime() - cpu) / seconds);
  fflush(stdout);
}

int main(int count, char **arguments) {
  const char *options = arguments[count - 1];
  connections = option(options, "connections");
  depth = option(options, "depth");
  size = option(options, "size");
  if (connections < 1 || depth < 1) fail("no options");
  makeFrames();
  poller = epoll_create1(0);
  struct connection *all = calloc(connections, sizeof *all);
  for (long i = 0; i < connections; i++) {
    all[i].fd = openConnection(option(options, "port"));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = all + i};
    epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &event);
  }
  printf("{}\n");
  fflush(stdout);
  char line[256];
  while (fgets(line, sizeof line, stdin)) run(all, option(line, "units"));
}
