/* Zip files whose entries are stored as they are, in memory: what PyTorch writes. Compressed and encrypted entries, several disks,
 * duplicate names, entries that overlap, local headers that say otherwise than the directory and wrong checksums are refused.
 * Format: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory), 4.3.14-16 (its ends), 4.5.3 (zip64). */
#ifndef MM_TRAINER_ZIP_H
#define MM_TRAINER_ZIP_H

#include "base/arena.h"
#include "base/error.h"

#define MM_ZIP_ENTRIES_MAX (1u << 20)

struct mm_zip_entry {
    const char *name;
    const unsigned char *data; /* borrowed from the file's bytes */
    size_t size;
    uint32_t crc;
};

struct mm_zip {
    size_t count;
    struct mm_zip_entry *entries; /* sorted by name */
};

bool mm_zip_is(const unsigned char *bytes, size_t size);
/* `bytes` are borrowed. MM_ERR_DATA says what is wrong. Reads all data once, for its checksums. */
enum mm_status mm_zip_parse(struct mm_arena *arena, const unsigned char *bytes, size_t size, struct mm_zip **out,
                            struct mm_error *err);
const struct mm_zip_entry *mm_zip_find(const struct mm_zip *zip, const char *name);

#endif
