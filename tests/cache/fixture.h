/* A source made in memory: a datalist of T items and a chain of transforms that say what they were called with. */
#ifndef MM_TESTS_CACHE_FIXTURE_H
#define MM_TESTS_CACHE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "base/file.h"
#include "cache/loader.h"
#include "cache/pipeline.h"
#include "cache/whole.h"

#define ITEMS_MAX 64

/* Prefix: makes "image" (int16, every voxel the item's number) and "label" (uint8, item mod 7) of size + item *
 * growth. */
struct make {
    int size[3], growth;
    int bad_item; /* fails there; -1: nowhere */
    int slow_us;
    atomic_int *runs;     /* [ITEMS_MAX] how often each item was made; NULL: not counted */
    atomic_bool *is_held; /* waits while it is true; NULL: never */
    int held_from;        /* only items from this one on in the order of making wait */
    atomic_int *made;
    uint64_t bad;       /* bit i: item i fails, too */
    const char *folder; /* the item's file is read there; NULL: no */
};

static inline void sleep_us(int us)
{
    struct timespec t = {.tv_nsec = us * 1000L};
    nanosleep(&t, NULL);
}

static inline enum mm_status make_field(struct mm_sample *sample, const struct make *make, const char *name,
                                        enum mm_type type, int value, struct mm_error *err)
{
    int size[3];
    for (int a = 0; a < 3; a++)
        size[a] = make->size[a] + (a == 0 ? make->growth * (int)sample->item : 0);
    struct mm_volume *volume = mm_volume_make(sample->arena, type, 3, 1, size);
    struct mm_field *field;
    if (!volume)
        return mm_fail_memory(err, "a test volume");
    for (int z = 0; z < size[2]; z++)
        for (int y = 0; y < size[1]; y++)
            for (int x = 0; x < size[0]; x++)
                mm_volume_set(volume, 0, z, y, x, value);
    enum mm_status s = mm_sample_add(sample, name, MM_FIELD_VOLUME, &field, err);
    if (!s)
        mm_field_put(sample, field, volume);
    return s;
}

/* The item's file: four bytes. */
static inline enum mm_status read_source(struct mm_sample *sample, const char *folder, struct mm_error *err)
{
    enum mm_status s;
    unsigned char *bytes;
    size_t size;
    const char *path = mm_file_join(sample->arena, folder, mm_sample_find(sample, "image")->source);
    if (MM_TRY(s, mm_file_read(sample->arena, path, 100, &bytes, &size, err)))
        return s;
    return size == 4 ? MM_OK : mm_fail(err, MM_ERR_DATA, "%s: %zu bytes instead of 4", path, size);
}

static inline enum mm_status make_apply(const struct mm_step *step, struct mm_sample *sample,
                                        const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const struct make *make = step->self;
    if (make->slow_us)
        sleep_us(make->slow_us);
    int made = make->made ? atomic_fetch_add(make->made, 1) : 0;
    while (make->is_held && made >= make->held_from && atomic_load(make->is_held))
        sleep_us(100);
    if (make->runs)
        atomic_fetch_add(&make->runs[sample->item], 1);
    if ((int)sample->item == make->bad_item || make->bad >> sample->item & 1)
        return mm_fail(err, MM_ERR_DATA, "image (%s): is bad", mm_sample_find(sample, "image")->source);
    enum mm_status s;
    if (make->folder && MM_TRY(s, read_source(sample, make->folder, err)))
        return s;
    s = make_field(sample, make, "image", MM_I16, (int)sample->item, err);
    return s ? s : make_field(sample, make, "label", MM_U8, (int)sample->item % 7, err);
}

/* Suffix: puts item, epoch, position, output, visit and two random words into an image of 7 x 1 x 1 (`outputs` of
 * them). */
struct stamp {
    size_t outputs;
    int slow_us;
    int bad_item;
    uint64_t bad;       /* bit i: item i fails, too */
    atomic_int *inside; /* counts the calls; each waits (seconds at most) until two were made. NULL: no */
};

static inline size_t stamp_outputs(const void *self)
{
    return ((const struct stamp *)self)->outputs;
}

static inline enum mm_status stamp_apply(const struct mm_step *step, struct mm_sample *sample,
                                         const struct mm_context *context, struct mm_error *err)
{
    const struct stamp *stamp = step->self;
    struct mm_field *field = mm_sample_find(sample, "image");
    struct mm_volume *old, *volume = mm_volume_make(sample->arena, MM_F32, 3, 1, (int[3]){7, 1, 1});
    enum mm_status s;
    if (stamp->slow_us)
        sleep_us(stamp->slow_us);
    if (stamp->inside)
        atomic_fetch_add(stamp->inside, 1);
    for (int i = 0; stamp->inside && atomic_load(stamp->inside) < 2; i++) {
        sleep_us(1000);
        if (i == 10000)
            return mm_fail(err, MM_ERR_DEVICE, "alone");
    }
    if (!volume)
        return mm_fail_memory(err, "a test volume");
    if (MM_TRY(s, mm_field_volume(field, &old, err)))
        return s;
    if ((int)sample->item == stamp->bad_item || stamp->bad >> sample->item & 1)
        return mm_fail(err, MM_ERR_DATA, "output %u cannot be cut", context->output);
    struct mm_random random;
    mm_step_random(step, context, &random);
    const double values[7] = {mm_volume_get(old, 0, 0, 0, 0),
                              context->epoch,
                              context->position,
                              context->output,
                              context->visit,
                              mm_random_u32(&random) >> 8,
                              mm_random_u32(&random) >> 8};
    for (int x = 0; x < 7; x++)
        mm_volume_set(volume, 0, 0, 0, x, values[x]);
    mm_field_put(sample, field, volume);
    return MM_OK;
}

static const struct mm_transform transform_make = {
    .name = "Make", .summary = "make", .fields = MM_FIELDS_OWN, .apply = make_apply};
static const struct mm_transform transform_stamp = {.name = "Stamp",
                                                    .summary = "stamp",
                                                    .fields = MM_FIELDS_OWN,
                                                    .flags = MM_RANDOM | MM_MANY,
                                                    .outputs = stamp_outputs,
                                                    .apply = stamp_apply};

struct fixture {
    struct mm_datalist list;
    struct mm_item items[ITEMS_MAX];
    struct mm_entry entries[ITEMS_MAX][1];
    char paths[ITEMS_MAX][24];
    const char *path_of[ITEMS_MAX][1];
    struct make make;
    struct stamp stamp;
    struct mm_step steps[2];
    struct mm_chain chain;
    struct mm_pipeline pipeline;
    struct mm_source source;
    const char *fields[1];
    struct mm_loader_options options;
};

/* T items, N held, V volumes a step, B outputs. */
static inline void fixture_init(struct fixture *f, uint32_t total, uint32_t cached, double replaced, uint32_t volumes,
                                uint32_t outputs)
{
    *f = (struct fixture){0};
    for (uint32_t i = 0; i < total; i++) {
        snprintf(f->paths[i], sizeof f->paths[i], "case%u.nii", i);
        f->path_of[i][0] = f->paths[i];
        f->entries[i][0] =
            (struct mm_entry){.key = "image", .kind = MM_ENTRY_PATHS, .count = 1, .paths = f->path_of[i]};
        f->items[i] = (struct mm_item){.count = 1, .entries = f->entries[i]};
    }
    f->list = (struct mm_datalist){.file = "list.json", .count = total, .items = f->items};
    f->make = (struct make){.size = {4, 3, 2}, .bad_item = -1};
    f->stamp = (struct stamp){.outputs = outputs, .bad_item = -1};
    f->steps[0] = (struct mm_step){.transform = &transform_make, .self = &f->make, .index = 0};
    f->steps[1] = (struct mm_step){.transform = &transform_stamp, .self = &f->stamp, .index = 1};
    f->chain = (struct mm_chain){.count = 2, .steps = f->steps};
    f->pipeline = (struct mm_pipeline){.name = "SegmentationImagePipelineWithCache",
                                       .data_list_key = "training",
                                       .output_batch_size = volumes,
                                       .num_workers = 2,
                                       .prefetch_size = 2,
                                       .caches = true,
                                       .num_cache_objects = cached,
                                       .replace_percent = replaced,
                                       .shuffle = true,
                                       .on_bad_item = "stop"};
    f->source = (struct mm_source){.pipeline = &f->pipeline, .list = &f->list, .chain = &f->chain, .prefix = 1};
    f->fields[0] = "image";
    f->options = (struct mm_loader_options){.seed = 7, .shuffle = true, .fields = f->fields, .field_count = 1};
}

static inline struct mm_loader *fixture_open(const struct fixture *f)
{
    struct mm_loader *loader = NULL;
    struct mm_error err = {0};
    enum mm_status s = mm_loader_open(&f->source, &f->options, &loader, &err);
    if (s)
        print_error("%s\n", err.text);
    assert_int_equal(s, MM_OK);
    return loader;
}

#endif
