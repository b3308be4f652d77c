/* The server. HTTP/1.1 (RFC 9112), as much of it as one file needs; Connection: close. */
#include "tests/mmar/support/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

struct connection {
    struct http_server *server;
    struct http_behaviour does;
    int socket;
    SSL *tls;
};

static bool stopping(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    bool stop = server->stopping;
    pthread_mutex_unlock(&server->lock);
    return stop;
}

static bool put(struct connection *c, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size) {
        ssize_t n = c->tls ? SSL_write(c->tls, at, (int)size) : send(c->socket, at, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static ssize_t get(struct connection *c, void *bytes, size_t size)
{
    return c->tls ? SSL_read(c->tls, bytes, (int)size) : recv(c->socket, bytes, size, 0);
}

/* Until the other side has gone, or the test is over. */
static void stall(struct connection *c)
{
    struct pollfd one = {c->socket, POLLIN, 0};
    char byte;
    while (!stopping(c->server)) {
        ssize_t n = poll(&one, 1, 20) > 0 ? recv(c->socket, &byte, 1, MSG_DONTWAIT) : 1;
        if (n == 0 || (n < 0 && errno != EAGAIN))
            return;
    }
}

static void header(const char *request, const char *name, char *out, size_t size)
{
    *out = '\0';
    for (const char *line = request; (line = strstr(line, "\r\n"));) {
        line += 2;
        if (strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
            line += strlen(name) + 1;
            line += strspn(line, " ");
            snprintf(out, size, "%.*s", (int)strcspn(line, "\r"), line);
            return;
        }
    }
}

static bool read_request(struct connection *c)
{
    char request[8192];
    size_t length = 0;
    while (length < sizeof request - 1) {
        ssize_t n = get(c, request + length, sizeof request - 1 - length);
        if (n <= 0)
            return false;
        length += (size_t)n;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n"))
            break;
    }
    struct http_server *s = c->server;
    pthread_mutex_lock(&s->lock);
    s->requests++;
    sscanf(request, "%*s %255s", s->path);
    header(request, "Range", s->range, sizeof s->range);
    header(request, "If-Range", s->if_range, sizeof s->if_range);
    header(request, "Authorization", s->authorization, sizeof s->authorization);
    c->does = s->does;
    pthread_mutex_unlock(&s->lock);
    return true;
}

/* Where to begin: 0 for all of it, -1 when the range lies behind the end. */
static int64_t wanted(const struct connection *c)
{
    const struct http_server *s = c->server;
    unsigned long long first;
    if (c->does.ignores_ranges || sscanf(s->range, "bytes=%llu-", &first) != 1)
        return 0;
    bool same = !*s->if_range || (c->does.etag && !strcmp(s->if_range, c->does.etag)) ||
                (c->does.modified && !strcmp(s->if_range, c->does.modified));
    return !same ? 0 : first >= c->does.size ? -1 : (int64_t)first;
}

static void send_body(struct connection *c, const char *bytes, size_t size)
{
    const struct http_behaviour *d = &c->does;
    size_t step = d->piece ? d->piece : 65536, sent = 0;
    while (sent < size && !stopping(c->server)) {
        size_t n = size - sent < step ? size - sent : step;
        if (d->cut_after && sent + n > d->cut_after)
            n = d->cut_after - sent;
        if (d->stall_after && sent + n > d->stall_after)
            n = d->stall_after - sent;
        char line[32];
        snprintf(line, sizeof line, "%zx\r\n", n);
        if (n && ((d->chunked && !put(c, line, strlen(line))) || !put(c, bytes + sent, n) ||
                  (d->chunked && !put(c, "\r\n", 2))))
            return;
        sent += n;
        if (d->cut_after && sent == d->cut_after)
            return;
        if (d->stall_after && sent == d->stall_after) {
            stall(c);
            return;
        }
        if (d->pause_ms)
            usleep(d->pause_ms * 1000);
    }
    if (d->chunked)
        put(c, "0\r\n\r\n", 5);
}

static void say(struct connection *c, const char *head)
{
    put(c, head, strlen(head));
}

static void send_file(struct connection *c, int64_t first)
{
    const struct http_behaviour *d = &c->does;
    char head[2048];
    int n = 0;
    if (d->wrong_range && first > 0)
        first++;
    n += snprintf(head + n, sizeof head - (size_t)n, "HTTP/1.1 %s\r\nConnection: close\r\n",
                  first ? "206 Partial Content" : "200 OK");
    if (first)
        n += snprintf(head + n, sizeof head - (size_t)n, "Content-Range: bytes %lld-%zu/%zu\r\n", (long long)first,
                      d->size - 1, d->size);
    if (d->chunked)
        n += snprintf(head + n, sizeof head - (size_t)n, "Transfer-Encoding: chunked\r\n");
    else
        n += snprintf(head + n, sizeof head - (size_t)n, "Content-Length: %lld\r\n",
                      (long long)d->size - (long long)first + (long long)d->longer);
    if (d->etag)
        n += snprintf(head + n, sizeof head - (size_t)n, "ETag: %s\r\n", d->etag);
    if (d->modified)
        n += snprintf(head + n, sizeof head - (size_t)n, "Last-Modified: %s\r\n", d->modified);
    snprintf(head + n, sizeof head - (size_t)n, "\r\n");
    say(c, head);
    send_body(c, (const char *)d->bytes + first, d->size - (size_t)first);
}

static void answer(struct connection *c)
{
    const struct http_behaviour *d = &c->does;
    char head[1024], place[512];
    if (d->redirect) {
        const char *mark = strstr(d->redirect, "%d");
        if (mark)
            snprintf(place, sizeof place, "%.*s%d%s", (int)(mark - d->redirect), d->redirect, c->server->port,
                     mark + 2);
        else
            snprintf(place, sizeof place, "%s", d->redirect);
        snprintf(head, sizeof head,
                 "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n", place);
        say(c, head);
    } else if (d->status) {
        snprintf(head, sizeof head, "HTTP/1.1 %d \x1b[31mNo\r\nConnection: close\r\nContent-Length: 5\r\n\r\nsorry",
                 d->status);
        say(c, head);
    } else if (!d->empty) {
        int64_t first = wanted(c);
        if (first < 0)
            say(c, "HTTP/1.1 416 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        else
            send_file(c, first);
    }
}

static void serve(struct http_server *server, int socket)
{
    struct connection c = {.server = server, .socket = socket};
    if (server->tls) {
        c.tls = SSL_new(server->tls);
        SSL_set_fd(c.tls, socket);
    }
    if ((!c.tls || SSL_accept(c.tls) == 1) && read_request(&c)) {
        answer(&c);
        if (c.tls)
            SSL_shutdown(c.tls);
    }
    SSL_free(c.tls);
    shutdown(socket, SHUT_WR);
    close(socket);
}

static void *run(void *context)
{
    struct http_server *server = context;
    struct pollfd one = {server->listener, POLLIN, 0};
    while (!stopping(server)) {
        if (poll(&one, 1, 20) <= 0)
            continue;
        int socket = accept(server->listener, NULL, NULL);
        if (socket >= 0)
            serve(server, socket);
    }
    return NULL;
}

struct http_server *http_server_start(const char *certificate, const char *key)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct http_server *server = mm_alloc(sizeof *server);
    signal(SIGPIPE, SIG_IGN);
    if (certificate) {
        SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
        if (!tls || SSL_CTX_use_certificate_file(tls, certificate, SSL_FILETYPE_PEM) != 1 ||
            SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
            mm_bug("the test's server has no certificate");
        server->tls = tls;
    }
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listener, 8) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&server->thread, NULL, run, server) != 0)
        mm_bug("the test's server cannot start");
    server->port = ntohs(address.sin_port);
    return server;
}

void http_server_do(struct http_server *server, const struct http_behaviour *behaviour)
{
    pthread_mutex_lock(&server->lock);
    server->does = *behaviour;
    server->requests = 0;
    *server->range = *server->if_range = *server->path = *server->authorization = '\0';
    pthread_mutex_unlock(&server->lock);
}

void http_server_stop(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->thread, NULL);
    close(server->listener);
    SSL_CTX_free(server->tls);
    pthread_mutex_destroy(&server->lock);
    mm_free(server);
}

void http_certificate(const char *certificate, const char *key, const char *name, long from, long to)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *made = X509_new();
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, name);
    X509_NAME *subject = X509_get_subject_name(made);
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), from);
    X509_gmtime_adj(X509_getm_notAfter(made), to);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(made, subject);
    X509_set_pubkey(made, pair);
    X509_add_ext(made, names, -1);
    X509_sign(made, pair, EVP_sha256());
    FILE *a = fopen(certificate, "w"), *b = fopen(key, "w");
    if (!a || !b || PEM_write_X509(a, made) != 1 || PEM_write_PrivateKey(b, pair, NULL, NULL, 0, NULL, NULL) != 1)
        mm_bug("the test cannot make a certificate");
    fclose(a);
    fclose(b);
    X509_EXTENSION_free(names);
    X509_free(made);
    EVP_PKEY_free(pair);
}
