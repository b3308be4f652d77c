/* Reading packed volumes block by block: what unpacking and cropping have in common. Inside the image layer only.
 *
 * Nothing of a table is believed: a block is decoded only where its bytes lie within the table's, in order, and give exactly its rows. */
#ifndef MM_IMAGE_PACKED_INTERNAL_H
#define MM_IMAGE_PACKED_INTERNAL_H

#include "image/packed.h"

struct mm_packed_reader {
    const struct mm_volume *volume;
    size_t row_bytes, row_count; /* of the volume                           */
    unsigned char *block;        /* rows of block `held`; NULL before any   */
    size_t held;                 /* SIZE_MAX: none                          */
    struct mm_arena *arena;      /* of the block                            */
};

/* MM_ERR_DATA when the table cannot be one of this volume. Takes no memory before the first row is asked for. */
enum mm_status mm_packed_open(struct mm_arena *arena, const struct mm_volume *volume, struct mm_packed_reader *reader,
                              struct mm_error *err);
/* Decodes a block to where its rows fit. */
enum mm_status mm_packed_decode(const struct mm_packed_reader *reader, size_t block, unsigned char *to,
                                struct mm_error *err);
/* A row, valid until the next call; rows of one block in succession decode it once. */
enum mm_status mm_packed_row(struct mm_packed_reader *reader, int c, int z, int y, const unsigned char **row,
                             struct mm_error *err);

/* mm_volume_pack with so many rows a block, for measuring; their bytes must not exceed LZ4_MAX_INPUT_SIZE. */
enum mm_status mm_volume_pack_rows(struct mm_arena *arena, const struct mm_volume *from, size_t rows,
                                   struct mm_volume **out, struct mm_error *err);

#endif
