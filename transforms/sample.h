/* What travels through a chain: ordered, named fields, and for every volume the record of the spatial transforms applied to it,
 * so that a prediction can be carried back to the grid of the input file.
 *
 * A sample lives in its arena. Volumes may be shared with a cache: a transform that writes voxels asks mm_field_writable first.
 * A cache may also keep them packed (image/packed.h). Whoever reads voxels of a sample that comes out of a cache unpacks first; in a
 * chain mm_chain_run does it, so that a step sees dense volumes unless it is MM_TAKES_PACKED. */
#ifndef MM_TRANSFORMS_SAMPLE_H
#define MM_TRANSFORMS_SAMPLE_H

#include "config/datalist.h"
#include "image/volume.h"

#define MM_SAMPLE_FIELDS_MAX 24

enum mm_field_kind {
    MM_FIELD_PATHS, /* files not loaded yet                                      */
    MM_FIELD_VOLUME,
    MM_FIELD_CLASS,    /* numbers: one class index, or a vector                     */
    MM_FIELD_POINTS,   /* `count` points of 3 doubles, voxel coordinates of `of`    */
    MM_FIELD_POLYGONS, /* rings of points                                           */
    MM_FIELD_REGION,   /* of a slide: level, x, y, width, height                    */
    MM_FIELD_TEXT,
    MM_FIELD_NUMBER,
    MM_FIELD_INDEX, /* voxel indices prepared for a later transform, "label:foreground"; NULL when forgotten */
};
const char *mm_field_kind_name(enum mm_field_kind kind);

struct mm_transform;
struct mm_step;

/* One spatial step in a volume's history, newest first. */
struct mm_applied {
    const struct mm_step *step;
    int rank, size_before[3], size_after[3];
    double affine_before[16], affine_after[16];
    /* What the step needs to undo itself beyond the above (the box of a crop, the turns drawn): plain values, no pointers and no
     * padding, since it is kept as bytes, in files too. */
    const void *memo;
    size_t memo_size;
    const struct mm_applied *before;
};

struct mm_rings {
    size_t count;
    const size_t *lengths; /* points of each ring */
    const double *points;  /* x, y pairs          */
};

/* Where a file's voxels lie, before any transform: where predictions are carried back to. */
struct mm_file_grid {
    int rank, size[3];
    double affine[16];
    enum mm_type type;
};

/* Every view of a cached sample copies its fields, so they are small. */
struct mm_field {
    const char *name;
    enum mm_field_kind kind;
    const char *source; /* file it came from, for messages and for writing beside it; NULL when made here */
    size_t count;       /* of paths, numbers, points, indices */
    union {
        const char *const *paths;
        struct mm_volume *volume;
        const double *numbers; /* CLASS, NUMBER, POINTS (3 a point), REGION (5) */
        struct mm_rings polygons;
        const char *text;
        const uint32_t *indices;
    };
    const struct mm_applied *applied; /* volumes only */
    const struct mm_file_grid *file;  /* volumes only; NULL where there is none: mm_field_file */
};

struct mm_sample {
    struct mm_arena *arena; /* holds everything the sample owns */
    uint32_t item;          /* position in the datalist         */
    size_t count;
    struct mm_field fields[MM_SAMPLE_FIELDS_MAX];
};

/* Fields of an item of a datalist: paths, class numbers, text. */
enum mm_status mm_sample_from_item(struct mm_arena *arena, const struct mm_item *item, uint32_t index,
                                   struct mm_sample **out, struct mm_error *err);
struct mm_sample *mm_sample_make(struct mm_arena *arena); /* no fields; NULL when memory is out */

struct mm_field *mm_sample_find(const struct mm_sample *sample, const char *name); /* NULL when there is none */
/* Like find; an error that lists the fields there are. */
enum mm_status mm_sample_field(struct mm_sample *sample, const char *name, struct mm_field **out,
                               struct mm_error *err);
/* Like field, of kind volume ("is not loaded yet" for paths). */
enum mm_status mm_sample_volume(struct mm_sample *sample, const char *name, struct mm_field **out,
                                struct mm_error *err);
/* The field's volume, or an error that says what the field is instead. */
enum mm_status mm_field_volume(const struct mm_field *field, struct mm_volume **out, struct mm_error *err);
/* Two images of a sample must have as many voxels along each axis; the error names both and their files. */
enum mm_status mm_field_same_grid(const struct mm_field *a, const struct mm_field *b, struct mm_error *err);
/* The grid of the file that the field comes from; of none, all zeros. */
const struct mm_file_grid *mm_field_file(const struct mm_field *field);
/* The field's volume is as its file has it: this is the grid to carry back to. MM_ERR_MEMORY. */
enum mm_status mm_field_set_file(struct mm_sample *sample, struct mm_field *field, struct mm_error *err);
/* New field of that name (or the old one emptied). */
enum mm_status mm_sample_add(struct mm_sample *sample, const char *name, enum mm_field_kind kind,
                             struct mm_field **out, struct mm_error *err);
/* Field `name` with that volume, and source, history and file grid of `from` (which may be the old field of that name). */
enum mm_status mm_sample_derive(struct mm_sample *sample, const struct mm_field *from, const char *name,
                                struct mm_volume *volume, struct mm_error *err);
void mm_sample_remove(struct mm_sample *sample, const char *name);

/* Other voxels on the same grid. Indices prepared from the old ones (fields "<name>:...") are forgotten: their `indices` become
 * NULL. The only ways to change a field's voxels are this, mm_field_writable and mm_field_moved. */
void mm_field_put(struct mm_sample *sample, struct mm_field *field, struct mm_volume *volume);
/* The field's volume with voxels this sample may write: copied into the sample's arena when shared. */
enum mm_status mm_field_writable(struct mm_sample *sample, struct mm_field *field, struct mm_volume **out,
                                 struct mm_error *err);
/* The same as float32, converted when it is another type. */
enum mm_status mm_field_writable_float(struct mm_sample *sample, struct mm_field *field, struct mm_volume **out,
                                       struct mm_error *err);

/* Dense voxels where they were packed, new in the sample's arena and its own to write; nothing else changes. For one field of any kind,
 * for all of a sample. */
enum mm_status mm_field_unpack(struct mm_sample *sample, struct mm_field *field, struct mm_error *err);
enum mm_status mm_sample_unpack(struct mm_sample *sample, struct mm_error *err);

/* Puts a new volume into the field and records the step that made it. `memo` is copied. */
enum mm_status mm_field_moved(struct mm_sample *sample, struct mm_field *field, const struct mm_step *step,
                              struct mm_volume *volume, const void *memo, size_t memo_size, struct mm_error *err);

/* Makes dense what is a view of other strides (mm_volume_view_box and _turned leave such) or waits for a rescaling. The second:
 * only what waits. */
enum mm_status mm_sample_settle(struct mm_sample *sample, struct mm_error *err);
enum mm_status mm_sample_settle_values(struct mm_sample *sample, struct mm_error *err);

/* Same fields over the same voxels, marked shared: what each crop of a cached sample starts from. */
struct mm_sample *mm_sample_view(struct mm_arena *arena, const struct mm_sample *from);
/* The same, but with those volumes packed that gain by it (MM_PACKED_PAYS). MM_ERR_MEMORY. */
enum mm_status mm_sample_pack(struct mm_arena *arena, const struct mm_sample *from, struct mm_sample **out,
                              struct mm_error *err);
/* Deep copy with exactly the memory it needs: what a store keeps. Dense volumes become dense in the strict sense, packed ones stay
 * packed. mm_sample_bytes: exactly the bytes it takes, to which the arena adds its header; it is a single allocation.
 * mm_sample_packed_bytes: those of them that are packed voxels and their tables. */
struct mm_sample *mm_sample_copy(struct mm_arena *arena, const struct mm_sample *from);
/* The same for a sample that is not used afterwards: images that have a block of `owner`, the sample's arena, for themselves are taken out of
 * it and not copied. NULL, when memory or the budget of `arena` is out: then the sample is as it was. */
struct mm_sample *mm_sample_keep(struct mm_arena *arena, const struct mm_sample *from, struct mm_arena *owner);
size_t mm_sample_bytes(const struct mm_sample *sample);
size_t mm_sample_packed_bytes(const struct mm_sample *sample);
/* Has the processor fetch what a view of this copy will read, and does not wait for it. Reads nothing itself: the copy may be gone. */
void mm_sample_expect(const struct mm_sample *copy);

#endif
