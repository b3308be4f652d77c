/* A server of one file on 127.0.0.1, in a thread of the test, that can do wrong whatever servers do wrong. One connection at a time. */
#ifndef MM_TESTS_MMAR_SUPPORT_HTTP_SERVER_H
#define MM_TESTS_MMAR_SUPPORT_HTTP_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What it does from the next request on; all zero: serves the file with its ETag, ranges and If-Range as RFC 9110 says. */
struct http_behaviour {
    const void *bytes;
    size_t size;
    const char *etag;         /* "\"a\""; NULL: none                                               */
    const char *modified;     /* Last-Modified; NULL: none                                         */
    int status;               /* another one than 200, with a short body                           */
    const char *redirect;     /* 302 to there; "%d" in it becomes the server's port                */
    bool ignores_ranges;      /* sends all of it, always                                           */
    bool wrong_range;         /* answers ranges with a piece that starts one byte later            */
    bool chunked;             /* without Content-Length                                            */
    bool empty;               /* ends the connection without a word                                */
    size_t cut_after;         /* bytes of the body behind which the connection ends; 0: none       */
    size_t stall_after;       /* bytes behind which nothing comes any more; 0: none                */
    int64_t longer;           /* Content-Length lies by that                                       */
    unsigned piece, pause_ms; /* sends so many bytes at a time, with a pause; 0: at once           */
};
struct http_server {
    int port;
    struct http_behaviour does;
    /* What was asked. */
    int requests;
    char path[256], range[64], if_range[128], authorization[128];
    /* Its own. */
    int listener;
    void *tls;
    bool stopping;
    pthread_t thread;
    pthread_mutex_t lock;
};

/* `certificate`, `key`: PEM files; NULL: plain http. Aborts the test when it cannot start. */
struct http_server *http_server_start(const char *certificate, const char *key);
void http_server_do(struct http_server *server, const struct http_behaviour *behaviour);
void http_server_stop(struct http_server *server);

/* A self-signed certificate for `name` ("IP:127.0.0.1", "DNS:example.org"), valid from `from` to `to` seconds from now. */
void http_certificate(const char *certificate, const char *key, const char *name, long from, long to);

#endif
