/* Reading records. A reader that ran out of bytes, or met a value that cannot be, is bad from then on and gives zeros; nothing is
 * allocated for a count before as many bytes were seen to be there. */
#include "cache/record_internal.h"
#include "image/packed.h"

struct reader {
    struct mm_arena *arena;
    const struct mm_source *source;
    const struct mm_item *item;
    unsigned char *bytes;
    size_t size, at;
    bool is_bad, is_out_of_memory;
};

/* The next `count` elements where they lie; NULL when there are not so many. */
static void *take(struct reader *r, uint64_t count, size_t each)
{
    size_t at = r->at + (-r->at & (each - 1));
    r->is_bad = r->is_bad || at > r->size || count > (r->size - at) / each;
    if (r->is_bad)
        return NULL;
    r->at = at + (size_t)count * each;
    return r->bytes + at;
}

static void align(struct reader *r, size_t to)
{
    take(r, 0, to);
}

static void get(struct reader *r, void *value, size_t size)
{
    const void *there = take(r, size, 1);
    if (there)
        memcpy(value, there, size);
    else
        memset(value, 0, size);
}

static uint32_t get_u32(struct reader *r)
{
    uint32_t value;
    get(r, &value, sizeof value);
    return value;
}

static uint64_t get_u64(struct reader *r)
{
    uint64_t value;
    get(r, &value, sizeof value);
    return value;
}

/* A number of [least, most]. */
static int get_int(struct reader *r, int least, int most)
{
    int value = (int32_t)get_u32(r);
    r->is_bad = r->is_bad || value < least || value > most;
    return r->is_bad ? least : value;
}

static void get_doubles(struct reader *r, double *out, size_t count)
{
    const double *there = take(r, count, sizeof *there);
    for (size_t i = 0; i < count; i++)
        out[i] = there ? there[i] : 0;
}

static void *make(struct reader *r, size_t count, size_t each)
{
    void *memory = r->is_bad ? NULL : mm_arena_array_of(r->arena, count, each);
    if (!memory && !r->is_bad)
        r->is_bad = r->is_out_of_memory = true;
    return memory;
}

static const char *get_text(struct reader *r)
{
    enum record_text where = (enum record_text)get_int(r, RECORD_TEXT_NONE, RECORD_TEXT_PATH);
    if (r->is_bad || where == RECORD_TEXT_NONE)
        return NULL;
    uint32_t number = get_u32(r);
    const char *text = where == RECORD_TEXT_PATH ? mm_record_path(r->item, number) : take(r, (uint64_t)number + 1, 1);
    r->is_bad = r->is_bad || !text || (where == RECORD_TEXT_HERE && strnlen(text, (size_t)number + 1) != number);
    return r->is_bad ? NULL : text;
}

/* Rows of the volume in blocks of `rows`; the blocks' ends rise, and the last is where the bytes end. */
static const struct mm_packed *get_packed(struct reader *r, const struct mm_volume *v)
{
    uint64_t all = (uint64_t)v->channels * (uint64_t)v->size[2] * (uint64_t)v->size[1];
    uint32_t rows = get_u32(r);
    uint64_t count = get_u64(r);
    r->is_bad = r->is_bad || rows == 0 || count != (all + rows - 1) / rows;
    const uint64_t *ends = take(r, count, sizeof *ends);
    for (uint64_t i = 1; !r->is_bad && i < count; i++)
        r->is_bad = ends[i] < ends[i - 1];
    align(r, RECORD_VOXELS);
    const unsigned char *bytes = r->is_bad ? NULL : take(r, ends[count - 1], 1);
    struct mm_packed *packed = make(r, 1, sizeof *packed);
    if (packed)
        *packed = (struct mm_packed){.rows = rows, .block_count = (size_t)count, .ends = ends, .bytes = bytes};
    return packed;
}

static bool is_possible(int channels, const int size[3])
{
    size_t count = (size_t)channels;
    for (int a = 0; a < 3; a++)
        if (!mm_size_mul(count, (size_t)size[a], &count))
            return false;
    return count <= MM_VOLUME_VOXELS_MAX;
}

static struct mm_volume *get_volume(struct reader *r)
{
    int size[3], most = 1 << 30;
    enum mm_type type = (enum mm_type)get_int(r, 0, MM_TYPE_COUNT - 1);
    int rank = get_int(r, 2, 3), channels = get_int(r, 1, most);
    double affine[16];
    for (int a = 0; a < 3; a++)
        size[a] = get_int(r, 1, a == 2 && rank == 2 ? 1 : most);
    get_doubles(r, affine, 16);
    enum record_voxels form = (enum record_voxels)get_int(r, RECORD_RAW, RECORD_PACKED);
    r->is_bad = r->is_bad || !is_possible(channels, size);
    struct mm_volume *v = r->is_bad ? NULL : mm_volume_wrap(r->arena, type, rank, channels, size, NULL);
    r->is_out_of_memory = r->is_out_of_memory || (!r->is_bad && !v);
    r->is_bad = r->is_bad || !v;
    if (!v)
        return NULL;
    memcpy(v->affine, affine, sizeof affine);
    if (form == RECORD_PACKED) {
        v->packed = get_packed(r, v);
    } else {
        align(r, RECORD_VOXELS);
        v->data = take(r, mm_volume_bytes(v), 1);
    }
    return v;
}

static void get_applied(struct reader *r, struct mm_applied *a)
{
    int most = 1 << 30;
    a->step = mm_record_step(r->source, get_u32(r));
    r->is_bad = r->is_bad || !a->step;
    a->rank = get_int(r, 2, 3);
    for (int i = 0; i < 3; i++)
        a->size_before[i] = get_int(r, 1, most);
    for (int i = 0; i < 3; i++)
        a->size_after[i] = get_int(r, 1, most);
    get_doubles(r, a->affine_before, 16);
    get_doubles(r, a->affine_after, 16);
    a->memo_size = get_u32(r);
    align(r, RECORD_ALIGN);
    a->memo = take(r, a->memo_size, 1);
}

static const struct mm_applied *get_history(struct reader *r)
{
    int count = get_int(r, 0, RECORD_HISTORY);
    struct mm_applied *first = NULL, **link = &first;
    for (int i = 0; i < count && !r->is_bad; i++) {
        struct mm_applied *a = make(r, 1, sizeof *a);
        if (!a)
            break;
        get_applied(r, a);
        *link = a;
        link = (struct mm_applied **)&a->before;
    }
    return first;
}

static struct mm_rings get_rings(struct reader *r)
{
    struct mm_rings rings = {.count = 0};
    uint64_t count = get_u64(r), points = 0, least = r->size / (2 * sizeof *rings.points);
    const uint64_t *there = take(r, count, sizeof *there);
    size_t *lengths = make(r, (size_t)count, sizeof *lengths);
    for (uint64_t i = 0; i < count && !r->is_bad; i++) {
        r->is_bad = there[i] > least;
        lengths[i] = (size_t)there[i];
        points += there[i]; /* below 2^61: as many as there are bytes, each at most as large */
        r->is_bad = r->is_bad || points > least;
    }
    rings.points = take(r, r->is_bad ? 0 : 2 * points, sizeof *rings.points);
    rings.lengths = lengths;
    rings.count = r->is_bad ? 0 : (size_t)count;
    return rings;
}

static const char *const *get_paths(struct reader *r, size_t count)
{
    r->is_bad = r->is_bad || count > r->size / sizeof(uint32_t); /* which each of them takes */
    const char **paths = make(r, count, sizeof *paths);
    for (size_t i = 0; i < count && !r->is_bad; i++) {
        paths[i] = get_text(r);
        r->is_bad = r->is_bad || !paths[i];
    }
    return paths;
}

static const void *get_items(struct reader *r, uint64_t count, size_t factor, size_t each)
{
    bool is_there = get_int(r, 0, 1);
    r->is_bad = r->is_bad || (!is_there && count) || count > r->size / factor;
    return is_there && !r->is_bad ? take(r, count * factor, each) : NULL;
}

static void get_value(struct reader *r, struct mm_field *f)
{
    switch (f->kind) {
    case MM_FIELD_PATHS:
        f->paths = get_paths(r, f->count);
        break;
    case MM_FIELD_VOLUME:
        f->volume = get_volume(r);
        break;
    case MM_FIELD_CLASS:
    case MM_FIELD_NUMBER:
    case MM_FIELD_POINTS:
    case MM_FIELD_REGION:
        f->numbers = get_items(r, f->count, mm_record_numbers(f->kind), sizeof *f->numbers);
        break;
    case MM_FIELD_POLYGONS:
        f->polygons = get_rings(r);
        break;
    case MM_FIELD_TEXT:
        f->text = get_text(r);
        break;
    case MM_FIELD_INDEX:
        f->indices = get_items(r, f->count, 1, sizeof *f->indices);
        break;
    }
}

static const struct mm_file_grid *get_file(struct reader *r)
{
    struct mm_file_grid grid, *file = make(r, 1, sizeof *file);
    grid.rank = get_int(r, 0, 3);
    for (int a = 0; a < 3; a++)
        grid.size[a] = get_int(r, 0, 1 << 30);
    grid.type = (enum mm_type)get_int(r, 0, MM_TYPE_COUNT - 1);
    get_doubles(r, grid.affine, 16);
    if (file)
        *file = grid;
    return file;
}

static void get_field(struct reader *r, struct mm_field *f)
{
    f->name = get_text(r);
    r->is_bad = r->is_bad || !f->name;
    f->kind = (enum mm_field_kind)get_int(r, MM_FIELD_PATHS, MM_FIELD_INDEX);
    f->source = get_text(r);
    f->count = (size_t)get_u64(r);
    f->file = get_file(r);
    f->applied = get_history(r);
    get_value(r, f);
}

static enum mm_status fail_damaged(struct mm_error *err, const char *what)
{
    return mm_fail(err, MM_ERR_DATA, "is no intact record of a prepared item: %s", what);
}

enum mm_status mm_record_head(const unsigned char *bytes, size_t size, struct mm_record_head *head, size_t *body,
                              struct mm_error *err)
{
    struct reader r = {.bytes = (unsigned char *)bytes, .size = size};
    const char *magic = take(&r, strlen(RECORD_MAGIC), 1);
    if (!magic || memcmp(magic, RECORD_MAGIC, strlen(RECORD_MAGIC)) != 0)
        return fail_damaged(err, "it does not start as one");
    uint32_t version = get_u32(&r);
    if (version != MM_RECORD_VERSION)
        return mm_fail(err, MM_ERR_DATA, "is a record of form %u, this program has form %u", version,
                       MM_RECORD_VERSION);
    *body = get_u32(&r);
    head->written = get_u64(&r);
    get(&r, head->key, sizeof head->key);
    uint32_t length = get_u32(&r);
    head->source = take(&r, (uint64_t)length + 1, 1);
    if (r.is_bad || length > MM_RECORD_SOURCE_MAX || strnlen(head->source, (size_t)length + 1) != length ||
        *body < r.at || *body % RECORD_ALIGN || *body > MM_RECORD_HEAD_MAX)
        return fail_damaged(err, "its head is cut off or changed");
    return MM_OK;
}

enum mm_status mm_record_check(const unsigned char *bytes, size_t size, struct mm_error *err)
{
    unsigned char digest[MM_XXH3_SIZE];
    uint64_t told;
    if (size < RECORD_TAIL)
        return fail_damaged(err, "it is cut off");
    memcpy(&told, bytes + size - RECORD_TAIL, sizeof told);
    mm_xxh3_bytes(bytes, size - MM_XXH3_SIZE, digest);
    if (told != size || memcmp(digest, bytes + size - MM_XXH3_SIZE, sizeof digest) != 0)
        return fail_damaged(err, "its checksum does not fit");
    return MM_OK;
}

enum mm_status mm_record_read(struct mm_arena *arena, unsigned char *bytes, size_t size,
                              const struct mm_source *source, uint32_t item, struct mm_sample **out,
                              struct mm_error *err)
{
    enum mm_status s;
    struct mm_record_head head;
    size_t body;
    if (MM_TRY(s, mm_record_head(bytes, size, &head, &body, err)))
        return s;
    if (body + RECORD_TAIL > size)
        return fail_damaged(err, "it is cut off");
    struct reader r = {.arena = arena,
                       .source = source,
                       .item = &source->list->items[item],
                       .bytes = bytes,
                       .size = size - RECORD_TAIL,
                       .at = body};
    struct mm_sample *sample = mm_sample_make(arena);
    if (!sample)
        return mm_fail_memory(err, "a prepared item");
    sample->item = item;
    sample->count = (size_t)get_int(&r, 0, MM_SAMPLE_FIELDS_MAX);
    for (size_t i = 0; i < sample->count && !r.is_bad; i++)
        get_field(&r, &sample->fields[i]);
    if (r.is_out_of_memory)
        return mm_fail_memory(err, "a prepared item");
    if (r.is_bad || r.at != r.size)
        return fail_damaged(err, "its content cannot be");
    *out = sample;
    return MM_OK;
}
