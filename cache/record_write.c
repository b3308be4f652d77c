/* Writing records. The order of what is written is the form; record_read.c follows it line by line. */
#include "cache/record_internal.h"
#include "image/packed.h"

struct writer {
    const struct mm_source *source;
    const struct mm_item *item;
    mm_record_sink *sink;
    void *self;
    struct mm_xxh3 hash;
    uint64_t at;
    enum mm_status status; /* of the sink: nothing is written behind a failure */
    struct mm_error *err;
};

static void put(struct writer *w, const void *bytes, size_t size)
{
    if (w->status || !size)
        return;
    mm_xxh3_add(&w->hash, bytes, size);
    w->at += size;
    w->status = w->sink(w->self, bytes, size);
}

static void put_u32(struct writer *w, uint32_t value)
{
    put(w, &value, sizeof value);
}

static void put_u64(struct writer *w, uint64_t value)
{
    put(w, &value, sizeof value);
}

static void align(struct writer *w, size_t to)
{
    static const unsigned char zeros[64];
    put(w, zeros, (size_t)(-w->at & (to - 1)));
}

static void put_array(struct writer *w, const void *items, size_t count, size_t each)
{
    align(w, each);
    put(w, items, count * each);
}

const char *mm_record_path(const struct mm_item *item, size_t number)
{
    for (size_t i = 0; i < item->count; i++) {
        const struct mm_entry *entry = &item->entries[i];
        size_t paths = entry->kind == MM_ENTRY_PATHS ? entry->count : 0;
        if (number < paths)
            return entry->paths[number];
        number -= paths;
    }
    return NULL;
}

static void put_text(struct writer *w, const char *text)
{
    put_u32(w, text ? RECORD_TEXT_HERE : RECORD_TEXT_NONE);
    if (!text)
        return;
    put_u32(w, (uint32_t)strlen(text));
    put(w, text, strlen(text) + 1);
}

/* The same file may be called by another name in another run: one of the item's is kept as its number. */
static void put_path(struct writer *w, const char *path)
{
    const char *there;
    for (uint32_t i = 0; path && (there = mm_record_path(w->item, i)); i++)
        if (strcmp(there, path) == 0) {
            put_u32(w, RECORD_TEXT_PATH);
            put_u32(w, i);
            return;
        }
    put_text(w, path);
}

static void put_raw(struct writer *w, const struct mm_volume *v)
{
    size_t row = (size_t)v->size[0] * mm_type_bytes(v->type);
    align(w, RECORD_VOXELS);
    if (mm_volume_is_dense(v)) {
        put(w, v->data, mm_volume_bytes(v));
        return;
    }
    void *line = mm_alloc_raw(row);
    if (!line && !w->status)
        w->status = mm_fail_memory(w->err, "a row of voxels");
    for (int c = 0; c < v->channels && !w->status; c++)
        for (int z = 0; z < v->size[2]; z++)
            for (int y = 0; y < v->size[1]; y++) {
                mm_convert(line, v->type, mm_volume_row(v, c, z, y), v->type, (size_t)v->size[0], v->stride[0]);
                put(w, line, row);
            }
    mm_free(line);
}

static void put_packed(struct writer *w, const struct mm_packed *p)
{
    put_u32(w, p->rows);
    put_u64(w, p->block_count);
    put_array(w, p->ends, p->block_count, sizeof *p->ends);
    align(w, RECORD_VOXELS);
    put(w, p->bytes, p->block_count ? (size_t)p->ends[p->block_count - 1] : 0);
}

static void put_volume(struct writer *w, const struct mm_volume *v)
{
    put_u32(w, v->type);
    put_u32(w, (uint32_t)v->rank);
    put_u32(w, (uint32_t)v->channels);
    for (int a = 0; a < 3; a++)
        put_u32(w, (uint32_t)v->size[a]);
    put_array(w, v->affine, 16, sizeof *v->affine);
    put_u32(w, v->packed ? RECORD_PACKED : RECORD_RAW);
    if (v->packed)
        put_packed(w, v->packed);
    else
        put_raw(w, v);
}

static void put_applied(struct writer *w, const struct mm_applied *a)
{
    uint32_t step = mm_record_number_of(w->source, a->step);
    if (step == UINT32_MAX && !w->status)
        w->status = mm_fail(w->err, MM_ERR_USAGE, "the history has a step that is not among the cached ones");
    put_u32(w, step);
    put_u32(w, (uint32_t)a->rank);
    for (int i = 0; i < 3; i++)
        put_u32(w, (uint32_t)a->size_before[i]);
    for (int i = 0; i < 3; i++)
        put_u32(w, (uint32_t)a->size_after[i]);
    put_array(w, a->affine_before, 16, sizeof *a->affine_before);
    put_array(w, a->affine_after, 16, sizeof *a->affine_after);
    put_u32(w, (uint32_t)a->memo_size);
    align(w, RECORD_ALIGN); /* memos are structs */
    put(w, a->memo, a->memo_size);
}

static void put_history(struct writer *w, const struct mm_applied *newest)
{
    uint32_t count = 0;
    for (const struct mm_applied *a = newest; a; a = a->before)
        count++;
    if (count > RECORD_HISTORY && !w->status)
        w->status = mm_fail(w->err, MM_ERR_USAGE, "a history of %u steps, %d are allowed", count, RECORD_HISTORY);
    put_u32(w, count);
    for (const struct mm_applied *a = newest; a; a = a->before)
        put_applied(w, a);
}

static void put_rings(struct writer *w, const struct mm_rings *rings)
{
    size_t points = 0;
    put_u64(w, rings->count);
    align(w, sizeof(uint64_t));
    for (size_t i = 0; i < rings->count; i++) {
        put_u64(w, rings->lengths[i]);
        points += rings->lengths[i];
    }
    put_array(w, rings->points, 2 * points, sizeof *rings->points);
}

size_t mm_record_numbers(enum mm_field_kind kind)
{
    switch (kind) {
    case MM_FIELD_CLASS:
    case MM_FIELD_NUMBER:
        return 1;
    case MM_FIELD_POINTS:
        return 3;
    case MM_FIELD_REGION:
        return 5;
    default:
        return 0;
    }
}

/* `indices` and `numbers` may be NULL, which is not the same as none. */
static void put_items(struct writer *w, const void *items, size_t count, size_t each)
{
    put_u32(w, items != NULL);
    if (items)
        put_array(w, items, count, each);
}

static void put_value(struct writer *w, const struct mm_field *f)
{
    switch (f->kind) {
    case MM_FIELD_PATHS:
        for (size_t i = 0; i < f->count; i++)
            put_path(w, f->paths[i]);
        break;
    case MM_FIELD_VOLUME:
        put_volume(w, f->volume);
        break;
    case MM_FIELD_CLASS:
    case MM_FIELD_NUMBER:
    case MM_FIELD_POINTS:
    case MM_FIELD_REGION:
        put_items(w, f->numbers, f->count * mm_record_numbers(f->kind), sizeof *f->numbers);
        break;
    case MM_FIELD_POLYGONS:
        put_rings(w, &f->polygons);
        break;
    case MM_FIELD_TEXT:
        put_text(w, f->text);
        break;
    case MM_FIELD_INDEX:
        put_items(w, f->indices, f->count, sizeof *f->indices);
        break;
    }
}

static void put_field(struct writer *w, const struct mm_field *f)
{
    const struct mm_file_grid *file = mm_field_file(f);
    put_text(w, f->name);
    put_u32(w, f->kind);
    put_path(w, f->source);
    put_u64(w, f->count);
    put_u32(w, (uint32_t)file->rank);
    for (int a = 0; a < 3; a++)
        put_u32(w, (uint32_t)file->size[a]);
    put_u32(w, file->type);
    put_array(w, file->affine, 16, sizeof *file->affine);
    put_history(w, f->applied);
    put_value(w, f);
}

static void put_head(struct writer *w, const struct mm_record_head *head)
{
    size_t length = strnlen(head->source, MM_RECORD_SOURCE_MAX);
    size_t fixed = strlen(RECORD_MAGIC) + 2 * sizeof(uint32_t) + sizeof(uint64_t) + sizeof head->key;
    size_t size = (fixed + sizeof(uint32_t) + length + 1 + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
    put(w, RECORD_MAGIC, strlen(RECORD_MAGIC));
    put_u32(w, MM_RECORD_VERSION);
    put_u32(w, (uint32_t)size);
    put_u64(w, head->written);
    put(w, head->key, sizeof head->key);
    put_u32(w, (uint32_t)length);
    put(w, head->source, length);
    put(w, "", 1);
    align(w, RECORD_ALIGN);
}

static void put_tail(struct writer *w)
{
    unsigned char digest[MM_XXH3_SIZE];
    put_u64(w, w->at + RECORD_TAIL);
    mm_xxh3_done(&w->hash, digest);
    if (!w->status)
        w->status = w->sink(w->self, digest, sizeof digest);
}

enum mm_status mm_record_write(const struct mm_source *source, uint32_t item, const struct mm_sample *sample,
                               const struct mm_record_head *head, mm_record_sink *sink, void *self,
                               struct mm_error *err)
{
    struct writer w = {.source = source, .item = &source->list->items[item], .sink = sink, .self = self, .err = err};
    enum mm_status s;
    if (MM_TRY(s, mm_xxh3_init(&w.hash, err)))
        return s;
    put_head(&w, head);
    put_u32(&w, (uint32_t)sample->count);
    for (size_t i = 0; i < sample->count; i++)
        put_field(&w, &sample->fields[i]);
    put_tail(&w);
    return w.status;
}
