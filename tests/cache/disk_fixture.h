/* Sources of real files and real transforms, for the tests of records and of the disk tier; and samples compared to the bit. */
#ifndef MM_TESTS_CACHE_DISK_FIXTURE_H
#define MM_TESTS_CACHE_DISK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "cache/disk.h"
#include "cache/disk_folder.h"
#include "cache/record.h"
#include "image/format.h"
#include "tests/support/scratch.h"

#define DISK_PREFIX                                                                                                  \
    "{\"name\": \"LoadImaged\", \"args\": {\"keys\": [\"image\", \"label\"]}},"                                      \
    "{\"name\": \"EnsureChannelFirstd\", \"args\": {\"keys\": [\"image\", \"label\"]}},"                             \
    "{\"name\": \"Orientationd\", \"args\": {\"keys\": [\"image\", \"label\"], \"axcodes\": \"PLI\"}},"              \
    "{\"name\": \"Spacingd\", \"args\": {\"keys\": [\"image\", \"label\"], \"pixdim\": [0.9, 1.1, 1],"               \
    " \"mode\": [\"bilinear\", \"nearest\"]}},"                                                                      \
    "{\"name\": \"CropForegroundd\", \"args\": {\"keys\": [\"image\", \"label\"], \"source_key\": \"label\","        \
    " \"margin\": 2}},"                                                                                              \
    "{\"name\": \"ScaleIntensityRanged\", \"args\": {\"keys\": \"image\", \"a_min\": 0, \"a_max\": 200,"             \
    " \"b_min\": 0, \"b_max\": 1}}"
#define DISK_SUFFIX                                                                                                  \
    ", {\"name\": \"RandCropByPosNegLabeld\", \"args\": {\"keys\": [\"image\", \"label\"],"                          \
    " \"label_key\": \"label\", \"spatial_size\": [6, 6, 6], \"num_samples\": 2}}"

static inline void disk_write_case(struct scratch *scratch, int i)
{
    int size[3] = {16 + i, 14, 12};
    struct mm_volume *image = mm_volume_make(&scratch->arena, MM_I16, 3, 1, size);
    struct mm_volume *label = mm_volume_make(&scratch->arena, MM_U8, 3, 1, size);
    for (int z = 0; z < size[2]; z++)
        for (int y = 0; y < size[1]; y++)
            for (int x = 0; x < size[0]; x++) {
                bool inside = (x - 8) * (x - 8) + (y - 7) * (y - 7) + (z - 6) * (z - 6) < 16 + i;
                mm_volume_set(image, 0, z, y, x, (x * 7 + y * 5 + z * 3 + i) % 100 + 100 * inside);
                mm_volume_set(label, 0, z, y, x, inside);
            }
    char *image_path = scratch_path(scratch, mm_arena_format(&scratch->arena, "image%d.nii", i));
    char *label_path = scratch_path(scratch, mm_arena_format(&scratch->arena, "label%d.nii", i));
    assert_int_equal(mm_image_write(image_path, image, NULL), MM_OK);
    assert_int_equal(mm_image_write(label_path, label, NULL), MM_OK);
}

/* The source of that chain over files that are there already. */
static inline struct mm_source *disk_open_source(struct scratch *scratch, int items, const char *base,
                                                 const char *chain)
{
    struct mm_source *source = NULL;
    struct mm_config *config;
    struct mm_problems problems;
    struct mm_error err = {0};
    struct mm_text list;
    mm_text_init(&list, 1 << 20);
    for (int i = 0; i < items; i++)
        mm_text_format(
            &list, "%s{\"image\": \"image%d.nii\", \"label\": \"label%d.nii\", \"id\": \"case %d\", \"grade\": %d}",
            i ? ", " : "", i, i, i, i % 3);
    const char *text = mm_arena_format(&scratch->arena, "{\"training\": [%s]}", list.bytes);
    scratch_file(scratch, "list.json", text, strlen(text));
    mm_text_done(&list);
    text = mm_arena_format(&scratch->arena,
                           "{\"epochs\": 1, \"DATASET_JSON\": \"list.json\", \"DATA_ROOT\": \"%s\", \"train\": "
                           "{\"pre_transforms\": [%s], \"image_pipeline\": "
                           "{\"name\": \"SegmentationImagePipelineWithCache\"}}}",
                           base, chain);
    scratch_file(scratch, "config.json", text, strlen(text));
    const struct mm_config_sources sources = {.root = scratch->folder, .config = "config.json"};
    mm_problems_init(&problems, &scratch->arena);
    if (mm_config_read(&scratch->arena, &sources, &config, &problems, &err) ||
        mm_source_open(&scratch->arena, config, &config->train, scratch->folder, &source, &problems, &err))
        fail_msg("%s %s", err.text, problems.count ? problems.items[0].text : "");
    return source;
}

static inline struct mm_source *disk_source(struct scratch *scratch, int items)
{
    for (int i = 0; i < items; i++)
        disk_write_case(scratch, i);
    return disk_open_source(scratch, items, ".", DISK_PREFIX DISK_SUFFIX);
}

/* What the prefix makes of an item. */
static inline struct mm_sample *disk_make(const struct mm_source *source, uint32_t item, struct mm_arena *arena)
{
    struct mm_error err = {0};
    struct mm_sample *sample;
    assert_int_equal(mm_sample_from_item(arena, &source->list->items[item], item, &sample, &err), MM_OK);
    if (mm_chain_run(source->chain, 0, source->prefix, sample, NULL, &err))
        fail_msg("%s", err.text);
    return sample;
}

static inline struct mm_disk *disk_open(const struct mm_source *source, const char *folder, uint64_t limit)
{
    struct mm_disk *disk = NULL;
    struct mm_error err = {0};
    const struct mm_disk_options options = {.folder = folder, .limit = limit};
    if (mm_disk_open(source, &options, &disk, &err))
        fail_msg("%s", err.text);
    return disk;
}

static inline void same_text(const char *a, const char *b)
{
    assert_int_equal(!a, !b);
    if (a)
        assert_string_equal(a, b);
}

static inline void same_bytes(const void *a, const void *b, size_t size)
{
    assert_int_equal(!a, !b);
    if (a && size)
        assert_memory_equal(a, b, size);
}

static inline void same_volume(const struct mm_volume *a, const struct mm_volume *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->rank, b->rank);
    assert_int_equal(a->channels, b->channels);
    assert_memory_equal(a->size, b->size, sizeof a->size);
    assert_memory_equal(a->affine, b->affine, sizeof a->affine);
    assert_false(b->shared);
    assert_true(mm_volume_is_dense(b));
    for (int c = 0; c < a->channels; c++)
        for (int z = 0; z < a->size[2]; z++)
            for (int y = 0; y < a->size[1]; y++)
                for (int x = 0; x < a->size[0]; x++)
                    assert_true(mm_volume_get(a, c, z, y, x) == mm_volume_get(b, c, z, y, x));
}

static inline void same_history(const struct mm_applied *a, const struct mm_applied *b)
{
    for (; a && b; a = a->before, b = b->before) {
        assert_ptr_equal(a->step, b->step);
        assert_int_equal(a->rank, b->rank);
        assert_memory_equal(a->size_before, b->size_before, sizeof a->size_before);
        assert_memory_equal(a->size_after, b->size_after, sizeof a->size_after);
        assert_memory_equal(a->affine_before, b->affine_before, sizeof a->affine_before);
        assert_memory_equal(a->affine_after, b->affine_after, sizeof a->affine_after);
        assert_int_equal(a->memo_size, b->memo_size);
        if (a->memo_size)
            assert_memory_equal(a->memo, b->memo, a->memo_size);
    }
    assert_true(!a && !b);
}

static inline void same_value(const struct mm_field *a, const struct mm_field *b)
{
    switch (a->kind) {
    case MM_FIELD_PATHS:
        for (size_t i = 0; i < a->count; i++)
            assert_string_equal(a->paths[i], b->paths[i]);
        break;
    case MM_FIELD_VOLUME:
        same_volume(a->volume, b->volume);
        break;
    case MM_FIELD_CLASS:
    case MM_FIELD_NUMBER:
        same_bytes(a->numbers, b->numbers, a->count * sizeof *a->numbers);
        break;
    case MM_FIELD_POINTS:
        same_bytes(a->numbers, b->numbers, 3 * a->count * sizeof *a->numbers);
        break;
    case MM_FIELD_REGION:
        same_bytes(a->numbers, b->numbers, 5 * a->count * sizeof *a->numbers);
        break;
    case MM_FIELD_POLYGONS: {
        size_t points = 0;
        assert_int_equal(a->polygons.count, b->polygons.count);
        for (size_t i = 0; i < a->polygons.count; i++) {
            assert_int_equal(a->polygons.lengths[i], b->polygons.lengths[i]);
            points += a->polygons.lengths[i];
        }
        same_bytes(a->polygons.points, b->polygons.points, 2 * points * sizeof(double));
        break;
    }
    case MM_FIELD_TEXT:
        same_text(a->text, b->text);
        break;
    case MM_FIELD_INDEX:
        same_bytes(a->indices, b->indices, a->count * sizeof *a->indices);
        break;
    }
}

static inline void same_sample(const struct mm_sample *a, const struct mm_sample *b)
{
    assert_int_equal(a->item, b->item);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct mm_field *f = &a->fields[i], *g = &b->fields[i];
        assert_string_equal(f->name, g->name);
        assert_int_equal(f->kind, g->kind);
        assert_int_equal(f->count, g->count);
        same_text(f->source, g->source);
        const struct mm_file_grid *at = mm_field_file(f), *other = mm_field_file(g);
        assert_int_equal(at->rank, other->rank);
        assert_memory_equal(at->size, other->size, sizeof at->size);
        assert_memory_equal(at->affine, other->affine, sizeof at->affine);
        assert_int_equal(at->type, other->type);
        same_history(f->applied, g->applied);
        same_value(f, g);
    }
}

#endif
