/* The contract of a transport: it brings the bytes of one file from where it lies, from any of them on. It checks nothing and writes
 * nothing: what comes is a stranger's until the archive has been verified (pull.h).
 *
 * Adding a transport (a registry, say):
 *   1. copy mmar/transport/file.c; end it with mm_transport_<name>;
 *   2. its line in mmar/transport/list.h;
 *   3. its cases in tests/mmar/transport/test_<name>.c: whole, continued, changed meanwhile, cut off, absent; `make docs`. */
#ifndef MM_MMAR_TRANSPORT_TRANSPORT_H
#define MM_MMAR_TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define MM_TRANSPORT_SIZE_UNKNOWN  UINT64_MAX
#define MM_TRANSPORT_VALIDATOR_MAX 256

struct mm_transport_request {
    const char *place;     /* as the user names it                                              */
    uint64_t offset;       /* bytes that are here already, of the content that has...           */
    const char *validator; /* ...this validator; with offset 0 it says nothing                  */
    uint64_t limit;        /* more bytes than that are refused                                  */
    unsigned patience;     /* seconds without a byte (or without a connection) that end it      */
    bool allow_http;       /* also what travels in the open                                     */
};
/* What comes, told before its first byte. */
struct mm_transport_answer {
    uint64_t
        offset; /* of the first byte: the request's, or 0 when all of it comes (it changed, or cannot be continued) */
    uint64_t
        size; /* of the whole file                                                                                */
    char validator
        [MM_TRANSPORT_VALIDATOR_MAX]; /* equal validators, equal bytes; "" when it cannot be continued later  */
};
/* Both end the transport when they fail; their error is the transport's. */
struct mm_transport_sink {
    enum mm_status (*begin)(void *context, const struct mm_transport_answer *answer, struct mm_error *err);
    enum mm_status (*piece)(void *context, const void *bytes, size_t size, struct mm_error *err);
    void *context;
};

struct mm_transport {
    const char *name, *summary;
    const char *schemes; /* "https:// http://" */
    bool takes_paths;    /* places without a scheme */
    /* MM_OK: every byte up to the announced size came. MM_ERR_IO: not, and the message says why; what came may be continued.
     * MM_NO: it cannot be continued from that offset, ask for all of it. MM_ERR_USAGE: that place cannot be asked. MM_INTERRUPTED. */
    enum mm_status (*fetch)(struct mm_arena *arena, const struct mm_transport_request *request,
                            const struct mm_transport_sink *sink, struct mm_error *err);
};

extern const struct mm_transport *const mm_transports[]; /* NULL-terminated */
/* The one that the place asks for. MM_ERR_USAGE: its scheme is none of ours. */
enum mm_status mm_transport_find(const char *place, const struct mm_transport **out, struct mm_error *err);
/* A name for a file from there, as it may stand in this folder: the last step of the path, without what follows "?" or "#"; NULL when that
 * is no plain name. */
const char *mm_transport_file_name(struct mm_arena *arena, const char *place);

#endif
