/* What a transport needs to know of an HTTP response's head. Every line is a stranger's. */
#ifndef MM_MMAR_TRANSPORT_HTTP_HEAD_H
#define MM_MMAR_TRANSPORT_HTTP_HEAD_H

#include "mmar/transport/transport.h"

struct mm_http_head {
    int status;
    bool has_length, has_range, bad_range;
    uint64_t length;                                     /* Content-Length                    */
    uint64_t first, total;                               /* Content-Range "bytes FIRST-/TOTAL" */
    char etag[MM_TRANSPORT_VALIDATOR_MAX], modified[64]; /* "" when there is none that can be used */
};

/* One line as it came, in order; a status line begins anew. */
void mm_http_head_line(struct mm_http_head *head, const char *line, size_t size);
/* Of a 200 or 206 to a request for what lies behind `offset`. MM_ERR_IO when it answers another question. */
enum mm_status mm_http_head_answer(const struct mm_http_head *head, uint64_t offset, struct mm_transport_answer *out,
                                   struct mm_error *err);
/* The sentence for every other status; MM_NO for 416, which says that there is nothing behind the offset. */
enum mm_status mm_http_head_refused(const struct mm_http_head *head, struct mm_error *err);

#endif
