/* Connected objects of masks. Each function labels the components (image/components.h), decides for each, and writes the mask. */
#include "transforms/objects.h"

#include "image/components.h"

static size_t voxels_of(const int size[3])
{
    return (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
}

enum mm_status mm_objects_connectivity(int64_t given, int rank, int *out, struct mm_error *err)
{
    if (given < 0 || given > rank)
        return mm_fail(err, MM_ERR_DATA, "connectivity %lld: an image of %d axes has 1 to %d", (long long)given, rank,
                       rank);
    *out = given ? (int)given : rank;
    return MM_OK;
}

/* Components of a mask; `labels` lives in the scratch arena. */
static enum mm_status label(struct mm_arena *scratch, const uint8_t *mask, const int size[3], int connectivity,
                            int32_t **labels, int32_t *count, struct mm_error *err)
{
    *labels = mm_arena_array(scratch, int32_t, voxels_of(size));
    if (!*labels)
        return mm_fail_memory(err, "the objects of a label");
    return mm_components_label(scratch, mask, size, connectivity, *labels, count, err);
}

struct object {
    int32_t label;
    size_t voxels, first; /* first: place of its first voxel in MONAI's order */
};

static int larger_first(const void *left, const void *right)
{
    const struct object *a = left, *b = right;
    if (a->voxels != b->voxels)
        return a->voxels > b->voxels ? -1 : 1;
    return a->first > b->first ? -1 : 1;
}

/* Size and first voxel of each object, with x as the slowest axis. */
static void measure(const int32_t *labels, const int size[3], struct object *objects, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        objects[i] = (struct object){i + 1, 0, SIZE_MAX};
    size_t at = 0;
    for (size_t z = 0; z < (size_t)size[2]; z++)
        for (size_t y = 0; y < (size_t)size[1]; y++)
            for (size_t x = 0; x < (size_t)size[0]; x++, at++) {
                if (!labels[at])
                    continue;
                struct object *object = &objects[labels[at] - 1];
                size_t place = (x * (size_t)size[1] + y) * (size_t)size[2] + z;
                object->voxels++;
                object->first = place < object->first ? place : object->first;
            }
}

static enum mm_status keep_largest(struct mm_arena *scratch, uint8_t *mask, const int size[3], int connectivity,
                                   int64_t keep, struct mm_error *err)
{
    int32_t *labels, count;
    enum mm_status s;
    if (MM_TRY(s, label(scratch, mask, size, connectivity, &labels, &count, err)) || count <= keep)
        return s;
    struct object *objects = mm_arena_array(scratch, struct object, (size_t)count);
    uint8_t *kept = mm_arena_array(scratch, uint8_t, (size_t)count + 1);
    if (!objects || !kept)
        return mm_fail_memory(err, "the objects of a label");
    measure(labels, size, objects, count);
    qsort(objects, (size_t)count, sizeof *objects, larger_first);
    for (int64_t i = 0; i < keep; i++)
        kept[objects[i].label] = 1;
    size_t n = voxels_of(size);
    for (size_t i = 0; i < n; i++)
        mask[i] = kept[labels[i]];
    return MM_OK;
}

enum mm_status mm_objects_keep_largest(uint8_t *mask, const int size[3], int connectivity, int64_t keep,
                                       struct mm_error *err)
{
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    enum mm_status s = keep_largest(&scratch, mask, size, connectivity, keep, err);
    mm_arena_done(&scratch);
    return s;
}

/* Components of the background that reach the border are open; what is left are holes. */
static enum mm_status fill(struct mm_arena *scratch, uint8_t *mask, const int size[3], int rank, int connectivity,
                           struct mm_error *err)
{
    size_t n = voxels_of(size), at = 0;
    uint8_t *outside = mm_arena_array(scratch, uint8_t, n);
    if (!outside)
        return mm_fail_memory(err, "the holes of a label");
    for (size_t i = 0; i < n; i++)
        outside[i] = !mask[i];
    int32_t *labels, count;
    enum mm_status s;
    if (MM_TRY(s, label(scratch, outside, size, connectivity, &labels, &count, err)))
        return s;
    uint8_t *open = mm_arena_array(scratch, uint8_t, (size_t)count + 1);
    if (!open)
        return mm_fail_memory(err, "the holes of a label");
    for (int z = 0; z < size[2]; z++)
        for (int y = 0; y < size[1]; y++)
            for (int x = 0; x < size[0]; x++, at++)
                if (x == 0 || y == 0 || x == size[0] - 1 || y == size[1] - 1 ||
                    (rank == 3 && (z == 0 || z == size[2] - 1)))
                    open[labels[at]] = 1;
    for (size_t i = 0; i < n; i++)
        mask[i] |= labels[i] && !open[labels[i]];
    return MM_OK;
}

enum mm_status mm_objects_fill(uint8_t *mask, const int size[3], int rank, int connectivity, struct mm_error *err)
{
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    enum mm_status s = fill(&scratch, mask, size, rank, connectivity, err);
    mm_arena_done(&scratch);
    return s;
}
