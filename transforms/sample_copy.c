/* Views and copies of samples. A copy is one allocation: the same walk first counts the bytes (no base), then
 * fills them, so that mm_sample_bytes cannot disagree with mm_sample_copy. */
#include "image/packed.h"
#include "transforms/sample.h"

/* Only the fields there are: a crop of some hundred voxels costs less than to copy the room for the others. */
static void copy_fields(struct mm_sample *to, const struct mm_sample *from)
{
    to->item = from->item;
    to->count = from->count;
    memcpy(to->fields, from->fields, from->count * sizeof *from->fields);
}

struct mm_sample *mm_sample_view(struct mm_arena *arena, const struct mm_sample *from)
{
    struct mm_sample *sample = mm_arena_alloc_raw(arena, sizeof *sample);
    if (!sample)
        return NULL;
    copy_fields(sample, from);
    sample->arena = arena;
    for (size_t i = 0; i < sample->count; i++) {
        struct mm_field *field = &sample->fields[i];
        if (field->kind == MM_FIELD_VOLUME && !(field->volume = mm_volume_view(arena, field->volume)))
            return NULL;
    }
    return sample;
}

#define PACKED_LEAST 4096 /* bytes; below, what a packed image needs beside its voxels outweighs the gain */

static bool may_pack(const struct mm_field *field)
{
    return field->kind == MM_FIELD_VOLUME && mm_volume_bytes(field->volume) >= PACKED_LEAST;
}

enum mm_status mm_sample_pack(struct mm_arena *arena, const struct mm_sample *from, struct mm_sample **out,
                              struct mm_error *err)
{
    enum mm_status s;
    struct mm_sample *sample = mm_sample_view(arena, from);
    if (!sample)
        return mm_fail_memory(err, "a packed sample");
    for (size_t i = 0; i < sample->count; i++) {
        struct mm_field *field = &sample->fields[i];
        struct mm_volume *packed = NULL;
        if (may_pack(field) && MM_TRY(s, mm_volume_pack(arena, field->volume, &packed, err)))
            return s;
        if (packed)
            field->volume = packed;
    }
    *out = sample;
    return MM_OK;
}

size_t mm_sample_packed_bytes(const struct mm_sample *sample)
{
    size_t bytes = 0;
    for (size_t i = 0; i < sample->count; i++) {
        const struct mm_field *field = &sample->fields[i];
        if (field->kind == MM_FIELD_VOLUME && field->volume->packed)
            bytes += mm_packed_bytes(field->volume->packed);
    }
    return bytes;
}

#define PIECE_ALIGNMENT 64

struct slab {
    char *base; /* NULL: only count */
    size_t used;
    const struct mm_arena
        *owner; /* blocks of it that hold nothing but voxels are not copied, but listed; NULL: none are */
    void *moved[MM_SAMPLE_FIELDS_MAX];
    size_t moved_count;
};

/* The next `size` bytes, for the caller to write, and zeros up to the next piece; NULL while counting. */
static void *take(struct slab *slab, size_t size)
{
    char *piece = slab->base ? slab->base + slab->used : NULL;
    size_t whole = (size + PIECE_ALIGNMENT) / PIECE_ALIGNMENT * PIECE_ALIGNMENT;
    slab->used += whole;
    if (piece)
        memset(piece + size, 0, whole - size);
    return piece;
}

static void *take_copy(struct slab *slab, const void *bytes, size_t size)
{
    void *piece = bytes ? take(slab, size) : NULL;
    if (piece && size)
        memcpy(piece, bytes, size);
    return piece;
}

static const char *take_text(struct slab *slab, const char *text)
{
    return text ? take_copy(slab, text, strlen(text) + 1) : NULL;
}

static const struct mm_packed *take_packed(struct slab *slab, const struct mm_packed *from)
{
    struct mm_packed *packed = take_copy(slab, from, sizeof *from);
    const uint64_t *ends = take_copy(slab, from->ends, from->block_count * sizeof *ends);
    const unsigned char *bytes = take_copy(slab, from->bytes, (size_t)from->ends[from->block_count - 1]);
    if (packed) {
        packed->ends = ends;
        packed->bytes = bytes;
    }
    return packed;
}

static bool may_move(const struct slab *slab, const struct mm_volume *volume)
{
    return slab->owner && mm_volume_is_dense(volume) &&
           mm_arena_is_alone(slab->owner, volume->data, mm_volume_bytes(volume));
}

/* Two fields may have the same voxels. */
static void list_moved(struct slab *slab, void *data)
{
    for (size_t i = 0; i < slab->moved_count; i++)
        if (slab->moved[i] == data)
            return;
    slab->moved[slab->moved_count++] = data;
}

/* Replaces the voxels of `volume`, a shallow copy of `from`. */
static void take_voxels(struct slab *slab, struct mm_volume *volume, const struct mm_volume *from)
{
    volume->shared = false;
    if (from->packed) {
        volume->packed = take_packed(slab, from->packed);
        return;
    }
    if (may_move(slab, from)) {
        list_moved(slab, from->data);
        return;
    }
    volume->data = take(slab, mm_volume_bytes(from));
    volume->rescale = NULL; /* done on the way */
    volume->stride[0] = 1;
    for (int a = 0; a < 3; a++)
        volume->stride[a + 1] = volume->stride[a] * from->size[a];
    if (volume->data)
        mm_volume_flatten(volume->data, from->type, from);
}

static const struct mm_applied *take_history(struct slab *slab, const struct mm_applied *newest)
{
    const struct mm_applied *first = NULL;
    struct mm_applied *last = NULL;
    for (const struct mm_applied *from = newest; from; from = from->before) {
        struct mm_applied *applied = take_copy(slab, from, sizeof *from);
        const void *memo = take_copy(slab, from->memo, from->memo_size);
        if (!applied)
            continue;
        applied->memo = memo;
        if (last)
            last->before = applied;
        else
            first = applied;
        last = applied;
    }
    return first;
}

static const char *const *take_paths(struct slab *slab, const char *const *from, size_t count)
{
    const char **paths = take(slab, count * sizeof *paths);
    for (size_t i = 0; i < count; i++) {
        const char *path = take_text(slab, from[i]);
        if (paths)
            paths[i] = path;
    }
    return paths;
}

static struct mm_rings take_rings(struct slab *slab, const struct mm_rings *from)
{
    size_t points = 0;
    for (size_t i = 0; i < from->count; i++)
        points += from->lengths[i];
    return (struct mm_rings){.count = from->count,
                             .lengths = take_copy(slab, from->lengths, from->count * sizeof *from->lengths),
                             .points = take_copy(slab, from->points, 2 * points * sizeof *from->points)};
}

/* Numbers a field of that kind holds for each of its `count`. */
static size_t numbers_each(enum mm_field_kind kind)
{
    return kind == MM_FIELD_POINTS ? 3 : kind == MM_FIELD_REGION ? 5 : 1;
}

/* Replaces what `field`, a shallow copy, points to by copies in the slab, but for its name; a volume's header is in `volume`. */
static void take_values(struct slab *slab, struct mm_field *field, struct mm_volume *volume)
{
    field->source = take_text(slab, field->source);
    field->applied = take_history(slab, field->applied);
    field->file = take_copy(slab, field->file, sizeof *field->file);
    switch (field->kind) {
    case MM_FIELD_PATHS:
        field->paths = take_paths(slab, field->paths, field->count);
        break;
    case MM_FIELD_VOLUME:
        *volume = *field->volume;
        take_voxels(slab, volume, field->volume);
        field->volume = volume;
        break;
    case MM_FIELD_CLASS:
    case MM_FIELD_NUMBER:
    case MM_FIELD_POINTS:
    case MM_FIELD_REGION:
        field->numbers =
            take_copy(slab, field->numbers, field->count * numbers_each(field->kind) * sizeof *field->numbers);
        break;
    case MM_FIELD_POLYGONS:
        field->polygons = take_rings(slab, &field->polygons);
        break;
    case MM_FIELD_TEXT:
        field->text = take_text(slab, field->text);
        break;
    case MM_FIELD_INDEX:
        field->indices = take_copy(slab, field->indices, field->count * sizeof *field->indices);
        break;
    }
}

/* The names one behind the other, since they are looked through together. */
static void take_names(struct slab *slab, struct mm_field *fields, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(fields[i].name) + 1;
    char *at = take(slab, size);
    for (size_t i = 0; i < count && at; i++) {
        size_t length = strlen(fields[i].name) + 1;
        fields[i].name = memcpy(at, fields[i].name, length);
        at += length;
    }
}

/* What every view reads lies together behind the voxels, and the room for further fields behind that: a small crop of an
 * item that is not in the processor's cache waits for lines and pages. */
static struct mm_sample *take_sample(struct slab *slab, const struct mm_sample *from)
{
    struct mm_field fields[MM_SAMPLE_FIELDS_MAX];
    struct mm_volume volumes[MM_SAMPLE_FIELDS_MAX];
    memcpy(fields, from->fields, from->count * sizeof *fields);
    for (size_t i = 0; i < from->count; i++)
        take_values(slab, &fields[i], &volumes[i]);
    take_names(slab, fields, from->count);
    for (size_t i = 0; i < from->count; i++)
        if (fields[i].kind == MM_FIELD_VOLUME)
            fields[i].volume = take_copy(slab, fields[i].volume, sizeof *fields[i].volume);
    struct mm_sample *sample = take(slab, sizeof *sample);
    if (sample) {
        sample->item = from->item;
        sample->count = from->count;
        memcpy(sample->fields, fields, from->count * sizeof *fields);
    }
    return sample;
}

size_t mm_sample_bytes(const struct mm_sample *sample)
{
    struct slab slab = {0};
    take_sample(&slab, sample);
    return slab.used;
}

struct mm_sample *mm_sample_copy(struct mm_arena *arena, const struct mm_sample *from)
{
    struct slab slab = {.base = mm_arena_alloc_raw(arena, mm_sample_bytes(from))};
    if (!slab.base)
        return NULL;
    struct mm_sample *sample = take_sample(&slab, from);
    sample->arena = arena;
    return sample;
}

struct mm_sample *mm_sample_keep(struct mm_arena *arena, const struct mm_sample *from, struct mm_arena *owner)
{
    struct slab count = {.owner = owner};
    take_sample(&count, from);
    struct slab slab = {.base = mm_arena_alloc_raw(arena, count.used), .owner = owner};
    if (!slab.base)
        return NULL;
    struct mm_sample *sample = take_sample(&slab, from);
    sample->arena = arena;
    return mm_arena_move(arena, owner, slab.moved, slab.moved_count) ? sample : NULL;
}

#define FIELDS_EXPECTED 2    /* an image and its label; where there are more, the processor sees where this leads   */
#define PAGES_EXPECTED  4    /* of voxels; who reads more of them is busy for longer than it takes to find the next */
#define PAGE            4096 /* the smallest; in larger ones the same is found at once                              */

/* In pages of 4 KiB half of the wait is for their addresses, which asking for any byte of them brings. */
void mm_sample_expect(const struct mm_sample *copy)
{
    struct slab heads = {0};
    take(&heads, PIECE_ALIGNMENT - 1); /* names */
    for (int i = 0; i < FIELDS_EXPECTED; i++)
        take(&heads, sizeof(struct mm_volume));
    uintptr_t from = (uintptr_t)copy - heads.used, end = (uintptr_t)&copy->fields[FIELDS_EXPECTED];
    for (uintptr_t page = 1; page <= PAGES_EXPECTED; page++)
        __builtin_prefetch((const void *)(from - page * PAGE));
    for (; from < end; from += PIECE_ALIGNMENT)
        __builtin_prefetch((const void *)from);
}
