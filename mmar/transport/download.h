/* A download that survives whatever ends it: NAME.part holds the bytes that came, NAME.part.json what they are a part of. The next
 * download of the same place goes on behind them, or begins anew when the file there is another one by now. */
#ifndef MM_MMAR_TRANSPORT_DOWNLOAD_H
#define MM_MMAR_TRANSPORT_DOWNLOAD_H

#include "base/file.h"
#include "mmar/transport/transport.h"

struct mm_download {
    const char *place; /* as the user names it                */
    const char *part;  /* path of NAME.part                   */
    unsigned patience; /* as in struct mm_transport_request   */
    bool allow_http;
    struct mm_file_part file; /* locked until mm_download_close */
    bool continued;           /* some of the bytes are an earlier run's */
};

/* MM_OK: the whole file lies in `part`, on the disk; nothing of it has been checked. Otherwise what came is kept where it can be
 * continued, and the message says how. Close also after a failure. */
enum mm_status mm_download_run(struct mm_arena *arena, struct mm_download *download, struct mm_error *err);
/* What came is of no use: it goes. */
void mm_download_discard(struct mm_arena *arena, struct mm_download *download);
/* The file took its place under another name, or stays as it is. */
void mm_download_close(struct mm_download *download);
/* Removes NAME.part.json, once the part is gone. */
void mm_download_forget(struct mm_arena *arena, const struct mm_download *download);

#endif
