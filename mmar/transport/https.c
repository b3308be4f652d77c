/* HTTPS by libcurl. HTTP facts: RFC 9110 sections 8.8 (validators), 13.1.5 (If-Range), 14 (ranges). Certificates are always checked;
 * proxies come from the environment (https_proxy, no_proxy), passwords from ~/.netrc; a redirect leads to https only, unless plain http
 * was allowed. Nothing is decompressed: the bytes are the file's. */
#include <curl/curl.h>
#include <inttypes.h>

#include "base/text.h"
#include "mmar/card.h"
#include "mmar/command.h"
#include "mmar/transport/http_head.h"
#include "mmar/transport/transport.h"

#define REDIRECTS_MAX 5
#define SAID_MAX      (CURL_ERROR_SIZE + 64)

struct exchange {
    CURL *curl;
    const struct mm_transport_request *request;
    const struct mm_transport_sink *sink;
    struct mm_http_head head; /* of the latest response */
    struct mm_transport_answer answer;
    bool begun;
    uint64_t at;           /* bytes of the whole file that are here now */
    struct mm_error error; /* of a callback                             */
    char said[CURL_ERROR_SIZE];
};

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    mm_http_head_line(&x->head, line, size * count);
    return size * count;
}

/* What the response is about, or why it cannot be taken. */
static enum mm_status begin(struct exchange *x, struct mm_error *err)
{
    const struct mm_transport_request *r = x->request;
    enum mm_status s;
    if (x->head.status != 200 && x->head.status != 206)
        return mm_http_head_refused(&x->head, err);
    if (MM_TRY(s, mm_http_head_answer(&x->head, r->offset, &x->answer, err)))
        return s;
    if (x->answer.size != MM_TRANSPORT_SIZE_UNKNOWN && x->answer.size > r->limit)
        return mm_fail(err, MM_ERR_DATA, "has %" PRIu64 " bytes, at most %" PRIu64 " are taken", x->answer.size,
                       r->limit);
    x->at = x->answer.offset;
    x->begun = true;
    return x->sink->begin(x->sink->context, &x->answer, err);
}

static size_t take_piece(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *x = context;
    size *= count;
    if (!x->begun && begin(x, &x->error) != MM_OK)
        return 0;
    if (size > x->request->limit - x->at) {
        mm_fail(&x->error, MM_ERR_DATA, "sends more than %" PRIu64 " bytes, which is more than is taken",
                x->request->limit);
        return 0;
    }
    if (x->answer.size != MM_TRANSPORT_SIZE_UNKNOWN && size > x->answer.size - x->at) {
        mm_fail(&x->error, MM_ERR_IO, "sends more than the %" PRIu64 " bytes that it announced", x->answer.size);
        return 0;
    }
    x->at += size;
    return x->sink->piece(x->sink->context, bytes, size, &x->error) == MM_OK ? size : 0;
}

static int look_up(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    (void)context, (void)total, (void)now, (void)up_total, (void)up_now;
    return mm_interrupted();
}

static void allow_protocols(CURL *curl, bool http)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, http ? "https,http" : "https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, http ? "https,http" : "https");
#else
    long allowed = http ? CURLPROTO_HTTPS | CURLPROTO_HTTP : CURLPROTO_HTTPS;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, allowed);
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, allowed);
#endif
}

/* A certificate authority of the user's own, named as for other programs. */
static void set_authorities(CURL *curl)
{
    const char *bundle = getenv("CURL_CA_BUNDLE");
    if (!bundle || !*bundle)
        bundle = getenv("SSL_CERT_FILE");
    if (bundle && *bundle)
        curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
}

static void set_up(struct exchange *x, bool encrypted)
{
    const struct mm_transport_request *r = x->request;
    CURL *curl = x->curl;
    curl_easy_setopt(curl, CURLOPT_URL, r->place);
    allow_protocols(curl, r->allow_http && !encrypted);
    set_authorities(curl);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)(encrypted ? CURL_NETRC_OPTIONAL : CURL_NETRC_IGNORED));
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)r->patience);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)r->patience);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_piece);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, x->said);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "mmar");
}

/* "Range: bytes=N-", only if the content is still that of the validator: otherwise all of it comes. */
static enum mm_status ask_for_rest(struct exchange *x, struct mm_arena *arena, struct curl_slist **headers,
                                   struct mm_error *err)
{
    const struct mm_transport_request *r = x->request;
    if (!r->offset || !r->validator || !*r->validator)
        return MM_OK;
    char *range = mm_arena_format(arena, "%" PRIu64 "-", r->offset),
         *condition = mm_arena_format(arena, "If-Range: %s", r->validator);
    *headers = range && condition ? curl_slist_append(NULL, condition) : NULL;
    if (!*headers)
        return mm_fail_memory(err, "a request");
    curl_easy_setopt(x->curl, CURLOPT_RANGE, range);
    curl_easy_setopt(x->curl, CURLOPT_HTTPHEADER, *headers);
    return MM_OK;
}

/* libcurl's own words, which may repeat a stranger's. */
static enum mm_status say(const struct exchange *x, CURLcode code, struct mm_error *err)
{
    struct mm_text text;
    mm_text_init(&text, SAID_MAX);
    mm_card_text(&text, *x->said ? x->said : curl_easy_strerror(code));
    enum mm_status s = mm_fail(err, MM_ERR_IO, "%s", text.bytes);
    mm_text_done(&text);
    return s;
}

static enum mm_status explain(const struct exchange *x, CURLcode code, struct mm_error *err)
{
    const struct mm_transport_request *r = x->request;
    if (x->error.status != MM_OK)
        return mm_fail(err, x->error.status, "%s", x->error.text);
    if (mm_interrupted())
        return mm_fail(err, MM_INTERRUPTED, "interrupted");
    switch (code) {
    case CURLE_OUT_OF_MEMORY:
        return mm_fail_memory(err, "a transfer");
    case CURLE_TOO_MANY_REDIRECTS:
        return mm_fail(err, MM_ERR_IO, "sends us on more than %d times", REDIRECTS_MAX);
    case CURLE_UNSUPPORTED_PROTOCOL:
        return mm_fail(err, MM_ERR_IO, "sends us to a place that is not https: refused");
    case CURLE_OPERATION_TIMEDOUT:
        return mm_fail(err, MM_ERR_IO, x->begun ? "nothing came for %u s" : "no answer within %u s", r->patience);
    case CURLE_PEER_FAILED_VERIFICATION:
        say(x, code, err);
        return mm_fail_in(err, "its certificate is not trusted here");
    default:
        return say(x, code, err);
    }
}

static enum mm_status perform(struct exchange *x, struct mm_error *err)
{
    enum mm_status s;
    CURLcode code = curl_easy_perform(x->curl);
    if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING) {
        if (x->begun && x->answer.size != MM_TRANSPORT_SIZE_UNKNOWN)
            return mm_fail(err, MM_ERR_IO, "the connection ended after %" PRIu64 " of %" PRIu64 " bytes", x->at,
                           x->answer.size);
    }
    if (code != CURLE_OK)
        return explain(x, code, err);
    if (!x->begun && MM_TRY(s, begin(x, err))) /* a response without a body */
        return s;
    if (x->answer.size != MM_TRANSPORT_SIZE_UNKNOWN && x->at != x->answer.size)
        return mm_fail(err, MM_ERR_IO, "sent %" PRIu64 " of the %" PRIu64 " bytes that it announced", x->at,
                       x->answer.size);
    return MM_OK;
}

/* Passwords in addresses end up in histories and logs; that is no place for them. */
static enum mm_status check_place(const struct mm_transport_request *r, bool encrypted, struct mm_error *err)
{
    const char *host = strstr(r->place, "://") + 3, *end = host + strcspn(host, "/?#");
    for (const char *c = r->place; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F)
            return mm_fail(err, MM_ERR_USAGE, "the address holds a blank or a control character");
    for (const char *c = host; c < end; c++)
        if (*c == '@')
            return mm_fail(err, MM_ERR_USAGE,
                           "the address holds a user's name: put it, and the password, into ~/.netrc");
    if (!encrypted && !r->allow_http)
        return mm_fail(
            err, MM_ERR_USAGE,
            "is plain http, on which anybody on the way can read along and send something else: use https, or "
            "say --allow-http and pin the content with --key or --sha256");
    return MM_OK;
}

static enum mm_status fetch(struct mm_arena *arena, const struct mm_transport_request *request,
                            const struct mm_transport_sink *sink, struct mm_error *err)
{
    enum mm_status s;
    bool encrypted = !strncasecmp(request->place, "https://", 8);
    struct exchange x = {.request = request, .sink = sink, .error = {.status = MM_OK}};
    struct curl_slist *headers = NULL;
    if (MM_TRY(s, check_place(request, encrypted, err))) {
        mm_fail_in(err, "%s", request->place);
        return s;
    }
    x.curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    if (!x.curl)
        return mm_fail_memory(err, "a transfer");
    set_up(&x, encrypted);
    if ((s = ask_for_rest(&x, arena, &headers, err)) == MM_OK)
        s = perform(&x, err);
    curl_slist_free_all(headers);
    curl_easy_cleanup(x.curl);
    curl_global_cleanup();
    if (s != MM_OK)
        mm_fail_in(err, "%s", request->place);
    return s;
}

const struct mm_transport mm_transport_https = {
    .name = "https",
    .summary = "an address that starts with https:// (http:// with --allow-http)",
    .schemes = "https:// http://",
    .fetch = fetch,
};
