/* For tests of chains: chains from JSON text, and samples with an image and a label whose voxels tell where they
 * came from. */
#ifndef MM_TESTS_TRANSFORMS_CHAINS_H
#define MM_TESTS_TRANSFORMS_CHAINS_H

#include "one_step.h"

/* The components of a JSON list. */
static inline struct mm_components components_of(struct mm_arena *arena, const char *text)
{
    cJSON *json;
    assert_int_equal(mm_json_parse(arena, "test.json", text, strlen(text), &json, NULL), MM_OK);
    struct mm_components components;
    struct mm_problems problems;
    mm_problems_init(&problems, arena);
    assert_int_equal(mm_components_read(arena, json, &components, &problems), MM_OK);
    return components;
}

/* Fails with the problems when the chain cannot be made. */
static inline struct mm_chain *chain_of(struct mm_arena *arena, const char *text)
{
    const struct mm_components components = components_of(arena, text);
    struct mm_problems problems;
    struct mm_error err = {0};
    struct mm_chain *chain = NULL;
    mm_problems_init(&problems, arena);
    if (mm_chain_make(arena, &components, &chain, &problems)) {
        mm_problems_fail(&problems, MM_ERR_CONFIG, &err);
        fail_msg("%s: %s", text, err.text);
    }
    return chain;
}

/* What making a chain complains about; fails when it does not. */
static inline const char *complaint_of(struct mm_arena *arena, const char *text)
{
    const struct mm_components components = components_of(arena, text);
    struct mm_problems problems;
    struct mm_error err = {0};
    struct mm_chain *chain = NULL;
    mm_problems_init(&problems, arena);
    if (mm_chain_make(arena, &components, &chain, &problems) != MM_ERR_CONFIG)
        fail_msg("%s: no complaint", text);
    mm_problems_fail(&problems, MM_ERR_CONFIG, &err);
    return mm_arena_text(arena, err.text);
}

/* Voxel (x, y, z) of channel c holds x + 32 y + 1024 z + 32768 c: exact in float32, and unique up to 32 voxels an
 * axis. */
static inline double voxel_code(int c, int z, int y, int x)
{
    return x + 32 * y + 1024 * z + 32768 * c;
}

static inline struct mm_field *put_field(struct mm_sample *sample, const char *name, struct mm_volume *volume)
{
    struct mm_field *field;
    assert_non_null(volume);
    assert_int_equal(mm_sample_add(sample, name, MM_FIELD_VOLUME, &field, NULL), MM_OK);
    field->volume = volume;
    field->source = name[0] == 'l' ? "label.nii" : "image.nii";
    return field;
}

static inline struct mm_volume *coded_volume(struct mm_arena *arena, enum mm_type type, int rank, const int size[3])
{
    struct mm_volume *v = mm_volume_make(arena, type, rank, 1, size);
    for (int z = 0; z < size[2]; z++)
        for (int y = 0; y < size[1]; y++)
            for (int x = 0; x < size[0]; x++)
                mm_volume_set(v, 0, z, y, x, voxel_code(0, z, y, x));
    return v;
}

/* Fields "image" (coded, float32) and "label" (uint8; 1 where `is_foreground` says so). */
static inline struct mm_sample *make_pair(struct mm_arena *arena, int rank, int nx, int ny, int nz,
                                          bool (*is_foreground)(int x, int y, int z))
{
    const int size[3] = {nx, ny, nz};
    struct mm_sample *sample = mm_sample_make(arena);
    struct mm_volume *label = mm_volume_make(arena, MM_U8, rank, 1, size);
    put_field(sample, "image", coded_volume(arena, MM_F32, rank, size));
    put_field(sample, "label", label);
    for (int z = 0; z < nz; z++)
        for (int y = 0; y < ny; y++)
            for (int x = 0; x < nx; x++)
                mm_volume_set(label, 0, z, y, x, is_foreground && is_foreground(x, y, z));
    return sample;
}

static inline struct mm_volume *volume_in(const struct mm_sample *sample, const char *name)
{
    const struct mm_field *field = mm_sample_find(sample, name);
    assert_non_null(field);
    assert_int_equal(field->kind, MM_FIELD_VOLUME);
    return field->volume;
}

static inline void assert_size(const struct mm_volume *v, int nx, int ny, int nz)
{
    if (v->size[0] != nx || v->size[1] != ny || v->size[2] != nz)
        fail_msg("size is %dx%dx%d, not %dx%dx%d", v->size[0], v->size[1], v->size[2], nx, ny, nz);
}

static inline void run_all(const struct mm_chain *chain, struct mm_sample *sample, const struct mm_context *context)
{
    struct mm_error err = {0};
    if (mm_chain_run(chain, 0, chain->count, sample, context, &err))
        fail_msg("%s", err.text);
}

/* The same sizes, types and voxels, bit for bit. */
static inline bool same_voxels(const struct mm_volume *a, const struct mm_volume *b)
{
    if (a->type != b->type || a->rank != b->rank || a->channels != b->channels || !mm_volume_same_size(a, b))
        return false;
    for (int c = 0; c < a->channels; c++)
        for (int z = 0; z < a->size[2]; z++)
            for (int y = 0; y < a->size[1]; y++)
                if (memcmp(mm_volume_row(a, c, z, y), mm_volume_row(b, c, z, y),
                           (size_t)a->size[0] * mm_type_bytes(a->type)) != 0)
                    return false;
    return true;
}

#endif
