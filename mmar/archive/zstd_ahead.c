/* Decoding on a thread of its own, a few pieces ahead of who hashes and writes them. Pieces go round: empty -> decoded -> empty. An error
 * travels in its place among the pieces, so it is met exactly where it is without a thread. */
#include <pthread.h>

#include "base/memory.h"
#include "base/threads.h"
#include "mmar/archive/zstd_stream.h"

#define PIECES     8
#define PIECE_SIZE ((size_t)256 << 10)

struct piece {
    size_t size; /* 0: the end */
    enum mm_status status;
    struct mm_error error;
    unsigned char *bytes;
};

struct mm_zstd_ahead {
    struct mm_zstd_decoder *decoder; /* the thread's while it runs */
    struct mm_queue *empty, *full;
    struct piece pieces[PIECES], *held; /* held: what the reader was given last */
    unsigned char *bytes;
    pthread_t thread;
};

static void *decode_ahead(void *argument)
{
    struct mm_zstd_ahead *a = argument;
    void *item;
    while (mm_queue_take(a->empty, &item, -1) == MM_QUEUE_OK) {
        struct piece *p = item;
        p->status = mm_zstd_decode(a->decoder, p->bytes, PIECE_SIZE, &p->size, &p->error);
        bool last = p->status != MM_OK || !p->size;
        if (mm_queue_put(a->full, p, -1) != MM_QUEUE_OK || last)
            break;
    }
    return NULL;
}

static void release(struct mm_zstd_ahead *a)
{
    mm_queue_free(a->empty);
    mm_queue_free(a->full);
    mm_free(a->bytes);
    mm_free(a);
}

struct mm_zstd_ahead *mm_zstd_ahead_open(struct mm_zstd_decoder *decoder)
{
    struct mm_zstd_ahead *a = mm_alloc(sizeof *a);
    if (!a)
        return NULL;
    a->decoder = decoder;
    a->bytes = mm_alloc_raw(PIECES * PIECE_SIZE);
    bool good =
        a->bytes && mm_queue_open(PIECES, &a->empty, NULL) == MM_OK && mm_queue_open(PIECES, &a->full, NULL) == MM_OK;
    for (size_t i = 0; good && i < PIECES; i++) {
        a->pieces[i].bytes = a->bytes + i * PIECE_SIZE;
        mm_queue_put(a->empty, &a->pieces[i], -1);
    }
    if (good && pthread_create(&a->thread, NULL, decode_ahead, a) == 0)
        return a;
    release(a);
    return NULL;
}

enum mm_status mm_zstd_ahead_read(struct mm_zstd_ahead *ahead, const void **bytes, size_t *size, struct mm_error *err)
{
    void *item;
    struct piece *last = ahead->held;
    *size = 0;
    if (last && (last->status != MM_OK || !last->size)) /* nothing follows: the same once more */
        return last->status == MM_OK ? MM_OK : mm_fail(err, last->status, "%s", last->error.text);
    if (last)
        mm_queue_put(ahead->empty, last, -1);
    mm_queue_take(ahead->full, &item, -1);
    struct piece *p = ahead->held = item;
    *bytes = p->bytes;
    *size = p->status == MM_OK ? p->size : 0;
    return p->status == MM_OK ? MM_OK : mm_fail(err, p->status, "%s", p->error.text);
}

void mm_zstd_ahead_close(struct mm_zstd_ahead *ahead)
{
    mm_queue_close(ahead->empty);
    mm_queue_close(ahead->full);
    pthread_join(ahead->thread, NULL);
    release(ahead);
}
