/* Zip files, read as if a stranger had made them to harm us, and written so that equal content gives equal bytes.
 *
 * A zip says everything twice, in its directory at the end and in a header before each entry's bytes; readers that believe different
 * halves see different files. Here both halves must agree, and the file must be nothing but its entries, the directory and its ends:
 * nothing before, between, inside of each other or behind. Also refused: encryption, methods beside stored and deflated, several disks,
 * links and devices, names that come twice, second names in extra fields, sizes that deflate cannot reach, wrong checksums.
 * What a name may be is its user's business (mmar/archive/name.c).
 * Format: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12 (directory), 4.3.14-16 (its ends),
 * 4.5.3 (zip64); Info-ZIP's extra field 0x7075 (Unicode path). */
#ifndef MM_BASE_ZIP_H
#define MM_BASE_ZIP_H

#include "base/file.h"

#define MM_ZIP_ENTRIES_MAX   (1u << 20)
#define MM_ZIP_DIRECTORY_MAX ((uint64_t)256 << 20)
#define MM_ZIP_NAME_MAX      1024
#define MM_ZIP_RATIO_MAX     200 /* unpacked bytes per byte of the file, once past MM_ZIP_RATIO_FROM */
#define MM_ZIP_RATIO_FROM    ((uint64_t)256 << 20)

enum { MM_ZIP_STORED = 0, MM_ZIP_DEFLATED = 8 };

struct mm_zip_entry {
    const char *name;  /* without control characters; a folder's ends with '/' */
    const char *shown; /* the same for messages: no byte of it can steer a terminal */
    uint64_t offset;   /* of its local header */
    uint64_t data;     /* of its bytes, `packed` of them */
    uint64_t packed, size;
    uint32_t crc;
    int method;
    bool executable;
};

struct mm_zip {
    const unsigned char *bytes; /* the whole file in memory, borrowed; NULL: it is read from `file` */
    int file;
    uint64_t size;
    size_t count;
    struct mm_zip_entry *entries;        /* as the directory lists them */
    const struct mm_zip_entry **by_name; /* sorted                      */
    uint64_t directory;                  /* where the directory begins  */
};

bool mm_zip_is(const unsigned char *bytes, size_t size);
/* Checks everything but the entries' own bytes. MM_ERR_DATA says what is wrong. `bytes` are borrowed. */
enum mm_status mm_zip_parse(struct mm_arena *arena, const unsigned char *bytes, size_t size, struct mm_zip **out,
                            struct mm_error *err);
/* The same of a file, which stays open until mm_zip_close; on failure nothing is open. */
enum mm_status mm_zip_open(struct mm_arena *arena, const char *path, struct mm_zip **out, struct mm_error *err);
void mm_zip_close(struct mm_zip *zip); /* NULL is fine */
const struct mm_zip_entry *mm_zip_find(const struct mm_zip *zip, const char *name);

/* Hands out an entry's bytes in order; MM_ERR_DATA, at the latest behind the last piece, when they do not fit its size and checksum. */
enum mm_status mm_zip_read(const struct mm_zip *zip, const struct mm_zip_entry *entry, mm_file_piece *piece,
                           void *context, struct mm_error *err);
/* The whole entry with a NUL behind it, in the arena. Larger than `limit` is MM_ERR_DATA. */
enum mm_status mm_zip_read_all(struct mm_arena *arena, const struct mm_zip *zip, const struct mm_zip_entry *entry,
                               size_t limit, unsigned char **bytes, struct mm_error *err);
/* Is every byte beside the entries' data the one that mm_zip_writer would have written? MM_ERR_DATA says where not. */
enum mm_status mm_zip_check_plain(const struct mm_zip *zip, struct mm_error *err);

/* Writing: no times (1980-01-01), no owner, no comments, mode 0644 or 0755, UTF-8 names, zip64 where a size needs it. */
struct z_stream_s;
struct mm_zip_writer {
    struct mm_file_writer *out; /* borrowed */
    int level;                  /* 0: stored; 1 to 9: deflated */
    struct z_stream_s *deflate;
    unsigned char *buffer;
    struct mm_arena arena; /* of names and entries */
    struct mm_zip_entry *entries;
    size_t count, capacity;
    uint64_t at, written; /* in the file; of the open entry's bytes */
    bool is_open;
};
enum mm_status mm_zip_writer_open(struct mm_zip_writer *writer, struct mm_file_writer *out, int level,
                                  struct mm_error *err);
/* Begins an entry: then exactly `size` bytes. */
enum mm_status mm_zip_writer_entry(struct mm_zip_writer *writer, const char *name, uint64_t size, bool executable,
                                   struct mm_error *err);
enum mm_status mm_zip_writer_write(struct mm_zip_writer *writer, const void *bytes, size_t size,
                                   struct mm_error *err);
/* The directory. What is written still has to be committed by its owner. */
enum mm_status mm_zip_writer_end(struct mm_zip_writer *writer, struct mm_error *err);
void mm_zip_writer_close(struct mm_zip_writer *writer); /* also after a failure */

#endif
