/* Heads of HTTP responses: RFC 9110 sections 8.6 (Content-Length), 8.8 (validators), 14.4 (Content-Range), 15 (status). */
#include "mmar/transport/http_head.h"

#include <ctype.h>
#include <inttypes.h>
#include <strings.h>

#define LINE_MAX_BYTES 512 /* longer values are none of those that are looked at */

/* The value behind "name:", without blanks around it; NULL when it is another header. */
static const char *value_of(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    line += length + 1;
    return line + strspn(line, " \t");
}

/* Digits alone, which is all that these headers allow; *end behind them. False: none, or too large for a file. */
static bool whole(const char *text, const char **end, uint64_t *out)
{
    uint64_t value = 0;
    const char *c = text;
    for (; isdigit((unsigned char)*c); c++) {
        if (value > (uint64_t)INT64_MAX / 10 - 1)
            return false;
        value = value * 10 + (uint64_t)(*c - '0');
    }
    *out = value;
    *end = c;
    return c > text;
}

/* "bytes 5-9/10" */
static bool read_range(const char *text, struct mm_http_head *head)
{
    uint64_t last;
    if (strncasecmp(text, "bytes ", 6) != 0)
        return false;
    text += 6;
    return whole(text, &text, &head->first) && *text++ == '-' && whole(text, &text, &last) && *text++ == '/' &&
           whole(text, &text, &head->total) && !*text && last >= head->first && last + 1 == head->total;
}

/* A strong one, which stands for the bytes: not W/"..." */
static void read_etag(const char *text, struct mm_http_head *head)
{
    size_t length = strlen(text);
    if (length < 2 || length >= sizeof head->etag || text[0] != '"' || strchr(text + 1, '"') != text + length - 1)
        return;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x21 || (unsigned char)*c > 0x7E)
            return;
    memcpy(head->etag, text, length + 1);
}

void mm_http_head_line(struct mm_http_head *head, const char *bytes, size_t size)
{
    char line[LINE_MAX_BYTES];
    const char *value, *end;
    while (size && strchr(" \t\r\n", bytes[size - 1]))
        size--;
    if (size >= sizeof line || memchr(bytes, 0, size))
        return;
    memcpy(line, bytes, size);
    line[size] = '\0';
    if (!strncmp(line, "HTTP/", 5)) {
        const char *space = strchr(line, ' ');
        *head = (struct mm_http_head){.status = space ? (int)strtol(space, NULL, 10) : 0};
    } else if ((value = value_of(line, "Content-Length")))
        head->has_length = whole(value, &end, &head->length) && !*end;
    else if ((value = value_of(line, "Content-Range"))) {
        head->has_range = read_range(value, head);
        head->bad_range = !head->has_range;
    } else if ((value = value_of(line, "ETag")))
        read_etag(value, head);
    else if ((value = value_of(line, "Last-Modified")) && strlen(value) < sizeof head->modified)
        memcpy(head->modified, value, strlen(value) + 1);
}

enum mm_status mm_http_head_answer(const struct mm_http_head *head, uint64_t offset, struct mm_transport_answer *out,
                                   struct mm_error *err)
{
    *out = (struct mm_transport_answer){.size = head->has_length ? head->length : MM_TRANSPORT_SIZE_UNKNOWN};
    snprintf(out->validator, sizeof out->validator, "%s", *head->etag ? head->etag : head->modified);
    if (!head->has_length)
        *out->validator = '\0'; /* without an end in sight nobody can tell whether a part is the whole */
    if (head->status == 200)
        return MM_OK;
    if (!head->has_range || head->first != offset || !offset)
        return mm_fail(err, MM_ERR_IO, "answers with another piece of the file than was asked for");
    if (head->has_length && head->length != head->total - head->first)
        return mm_fail(err, MM_ERR_IO, "announces %" PRIu64 " bytes of a piece that has %" PRIu64, head->length,
                       head->total - head->first);
    out->offset = head->first;
    out->size = head->total;
    snprintf(out->validator, sizeof out->validator, "%s", *head->etag ? head->etag : head->modified);
    return MM_OK;
}

enum mm_status mm_http_head_refused(const struct mm_http_head *head, struct mm_error *err)
{
    const char *what =
        head->status == 401 || head->status == 403 || head->status == 407
            ? "wants to know who asks, or lets nobody have it (a name and password belong into ~/.netrc)"
        : head->status == 404 || head->status == 410 ? "there is no such file"
        : head->status == 429                        ? "too many requests: try again later"
        : head->status >= 500                        ? "the server failed: try again later"
                                                     : "no file came";
    return mm_fail(err, head->status == 416 ? MM_NO : MM_ERR_IO, "the server answers %d: %s", head->status, what);
}
