/* Fuzzes the reader of the disk tier's records, as if every checksum fitted. What is read can be walked, undone, and written again as a
 * record that is intact and can be read. */
#include "cache/record.h"
#include "image/packed.h"

#include <string.h>

#define MEMORY_MAX ((uint64_t)4 << 20) /* so that what is undone is small, and quick */

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static const char *const names[] = {"LoadImage", "Orientation", "Spacing", "CropForeground", "Zoom", "Resize"};
#define STEPS (sizeof names / sizeof *names)

struct bytes {
    struct mm_arena *arena;
    unsigned char *at;
    size_t size, capacity;
};

static enum mm_status keep(void *self, const void *bytes, size_t size)
{
    struct bytes *b = self;
    if (b->size + size > b->capacity) {
        size_t capacity = 2 * (b->size + size);
        unsigned char *larger = mm_arena_alloc(b->arena, capacity);
        if (!larger)
            return MM_ERR_MEMORY;
        if (b->size)
            memcpy(larger, b->at, b->size);
        b->at = larger;
        b->capacity = capacity;
    }
    memcpy(b->at + b->size, bytes, size);
    b->size += size;
    return MM_OK;
}

static void undo(struct mm_arena *arena, const struct mm_sample *sample)
{
    struct mm_volume *back;
    mm_sample_bytes(sample);
    for (size_t i = 0; i < sample->count; i++) {
        const struct mm_field *field = &sample->fields[i];
        if (field->kind == MM_FIELD_VOLUME && field->volume->packed)
            mm_volume_unpack(arena, field->volume, &back, NULL);
        else if (field->kind == MM_FIELD_VOLUME)
            mm_field_invert(field, arena, field->volume, i % 2 == 0, &back, NULL);
    }
}

static void write_again(struct mm_arena *arena, const struct mm_source *source, const struct mm_sample *sample)
{
    struct mm_error err = {0};
    struct mm_sample *again;
    struct bytes b = {.arena = arena};
    const struct mm_record_head head = {.source = "again"};
    enum mm_status s = mm_record_write(source, 0, sample, &head, keep, &b, &err);
    if (s == MM_ERR_MEMORY)
        return;
    if (s || mm_record_check(b.at, b.size, &err) || mm_record_read(arena, b.at, b.size, source, 0, &again, &err))
        if (err.status != MM_ERR_MEMORY)
            mm_bug("what was read cannot be written and read: %s", err.text);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    static const char *const paths[] = {"/data/image.nii", "/data/label.nii"};
    static const struct mm_entry entry = {.key = "image", .kind = MM_ENTRY_PATHS, .count = 2, .paths = paths};
    static const struct mm_item item = {.count = 1, .entries = &entry};
    static const struct mm_datalist list = {.count = 1, .items = &item};
    struct mm_step steps[STEPS] = {{0}};
    const struct mm_chain chain = {.count = STEPS, .steps = steps};
    const struct mm_source source = {.list = &list, .chain = &chain, .prefix = STEPS};
    struct mm_budget budget;
    struct mm_arena arena;
    struct mm_error err = {0};
    struct mm_sample *sample;
    for (size_t i = 0; i < STEPS; i++)
        steps[i].transform = mm_transform_find(names[i]);
    mm_budget_init(&budget, MEMORY_MAX);
    mm_arena_init(&arena, &budget);
    unsigned char *copy = mm_arena_alloc(&arena, size);
    if (copy && size)
        memcpy(copy, bytes, size);
    mm_record_check(copy, size, &err);
    if (mm_record_read(&arena, copy, size, &source, 0, &sample, &err) == MM_OK) {
        undo(&arena, sample);
        write_again(&arena, &source, sample);
    } else if (!*err.text) {
        mm_bug("an error without a text");
    }
    mm_arena_done(&arena);
    return 0;
}
