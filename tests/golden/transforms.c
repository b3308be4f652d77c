/* Transforms: each input becomes a field of a sample, the config runs as a chain, each output is a field (or a field's affine). */
#include <math.h>

#include "golden.h"
#include "transforms/chain.h"

/* Axis names of the file's tensor: which of ours (x 0, y 1, z 2) each spatial one is. "C,X,Y,Z" or "C,row,col". */
static bool rows_first(const cJSON *entry)
{
    const cJSON *axes = mm_json_get(entry, "axes");
    return cJSON_IsString(axes) && strstr(axes->valuestring, "row,col") && strstr(axes->valuestring, "C,");
}

/* Our volumes always know their channels: an array whose channel axis the config has to tell ("channel_dim") is read as LoadImage reads
 * a file, that axis first. */
static const struct mm_st_tensor *channel_first(struct golden_case *c, const struct mm_st_tensor *t, float **values)
{
    const cJSON *dim = mm_json_get(c->component.args, "channel_dim");
    struct mm_st_tensor *moved = mm_arena_new(c->arena, struct mm_st_tensor);
    *moved = *t;
    if (cJSON_IsString(dim)) { /* "no_channel" */
        moved->rank = t->rank + 1;
        moved->dim[0] = 1;
        memcpy(moved->dim + 1, t->dim, (size_t)t->rank * sizeof *t->dim);
        return moved;
    }
    int axis = cJSON_IsNumber(dim) ? (int)dim->valuedouble + (dim->valuedouble < 0 ? t->rank : 0) : 0;
    if (axis <= 0 || axis >= t->rank)
        return t;
    size_t before = 1, behind = 1, n = (size_t)t->dim[axis];
    for (int i = 0; i < t->rank; i++)
        *(i < axis ? &before : &behind) *= i == axis ? 1 : (size_t)t->dim[i];
    float *out = mm_arena_array(c->arena, float, before *n *behind + 1);
    for (size_t i = 0; i < before; i++)
        for (size_t k = 0; k < n; k++)
            memcpy(out + (k * before + i) * behind, *values + (i * n + k) * behind, behind * sizeof *out);
    memmove(moved->dim + 1, t->dim, (size_t)axis * sizeof *t->dim);
    moved->dim[0] = (int64_t)n;
    *values = out;
    return moved;
}

static struct mm_volume *volume_of(struct golden_case *c, const char *tensor, const cJSON *entry)
{
    size_t count;
    const struct mm_st_tensor *t = golden_tensor(c, tensor);
    float *values = t ? golden_floats(c, tensor, &count) : NULL;
    if (values && mm_text_starts(tensor, "in."))
        t = channel_first(c, t, &values);
    if (!values || t->rank < 3 || t->rank > 4)
        return NULL;
    int size[3] = {1, 1, 1};
    for (int i = 1; i < t->rank; i++)
        size[i - 1] = (int)t->dim[i];
    if (rows_first(entry)) {
        size[0] = (int)t->dim[2];
        size[1] = (int)t->dim[1];
    }
    struct mm_volume *v = mm_volume_make(c->arena, MM_F32, t->rank - 1, (int)t->dim[0], size);
    const float *ours = rows_first(entry) ? values : golden_to_ours(c->arena, values, t->dim, t->rank, 1);
    if (v && ours)
        memcpy(v->data, ours, count * sizeof *ours);
    return v;
}

static void take_affine(struct golden_case *c, const char *name, struct mm_volume *volume)
{
    size_t count;
    const char *tensor = mm_arena_format(c->arena, "in.%s_affine", name);
    const float *values = mm_safetensors_find(c->file, tensor) ? golden_floats(c, tensor, &count) : NULL;
    for (int i = 0; values && i < 16; i++)
        volume->affine[i] = (double)values[i];
}

/* A field as LoadImage would leave it, had the tensor been a file's array. */
static bool add_field(struct golden_case *c, struct mm_sample *sample, const char *name, struct mm_volume *volume)
{
    struct mm_field *field;
    struct mm_error err = {.status = MM_OK};
    if (!volume || mm_sample_add(sample, name, MM_FIELD_VOLUME, &field, &err) != MM_OK) {
        golden_fail(c, "input %s: %s", name, err.text);
        return false;
    }
    field->volume = volume;
    return mm_field_set_file(sample, field, &err) == MM_OK;
}

static bool add_numbers(struct golden_case *c, struct mm_sample *sample, const char *name, const char *tensor)
{
    struct mm_field *field;
    size_t count;
    const float *values = golden_floats(c, tensor, &count);
    double *numbers = mm_arena_array(c->arena, double, count + 1);
    if (!values || !numbers || mm_sample_add(sample, name, MM_FIELD_NUMBER, &field, NULL) != MM_OK)
        return false;
    for (size_t i = 0; i < count; i++)
        numbers[i] = (double)values[i];
    field->count = count;
    field->numbers = numbers;
    return true;
}

/* All inputs but "pred", which enters between the two chains of an inversion. */
static bool fill_sample(struct golden_case *c, struct mm_sample *sample, bool inversion)
{
    const cJSON *entry;
    cJSON_ArrayForEach (entry, golden_inputs(c)) {
        const char *tensor = mm_arena_format(c->arena, "in.%s", entry->string);
        const struct mm_st_tensor *t = golden_tensor(c, tensor);
        if (mm_text_ends(entry->string, "_affine") || (inversion && !strcmp(entry->string, "pred")))
            continue;
        if (!t)
            return false;
        const cJSON *axes = mm_json_get(entry, "axes");
        bool image = cJSON_IsString(axes) && mm_text_starts(axes->valuestring, "C,");
        struct mm_volume *v = image ? volume_of(c, tensor, entry) : NULL;
        if (v)
            take_affine(c, entry->string, v);
        if (image ? !add_field(c, sample, entry->string, v) : !add_numbers(c, sample, entry->string, tensor))
            return false;
    }
    return true;
}

static void compare_volume(struct golden_case *c, const char *name, const cJSON *entry, const struct mm_volume *got)
{
    const char *tensor = mm_arena_format(c->arena, "out.%s", name);
    struct mm_volume *expected = volume_of(c, tensor, entry);
    const struct mm_volume *floats = mm_volume_convert(c->arena, got, MM_F32);
    if (!expected || !floats)
        return;
    if (got->channels != expected->channels || !mm_volume_same_size(got, expected)) {
        golden_fail(c, "%s: is %d channels %dx%dx%d, reference %d channels %dx%dx%d", name, got->channels,
                    got->size[0], got->size[1], got->size[2], expected->channels, expected->size[0],
                    expected->size[1], expected->size[2]);
        return;
    }
    golden_compare(c, name, floats->data, expected->data, mm_volume_voxels(got) * (size_t)got->channels, c->rtol,
                   c->atol, c->mismatch);
}

static void compare_numbers(struct golden_case *c, const char *name, const double *got, size_t count)
{
    size_t expected_count;
    const float *expected = golden_floats(c, mm_arena_format(c->arena, "out.%s", name), &expected_count);
    float *floats = mm_arena_array(c->arena, float, count + 1);
    if (!expected || !floats)
        return;
    for (size_t i = 0; i < count; i++)
        floats[i] = (float)got[i];
    if (count != expected_count)
        golden_fail(c, "%s: %zu numbers, reference %zu", name, count, expected_count);
    else
        golden_compare(c, name, floats, expected, count, c->rtol, c->atol, 0);
}

static void compare_output(struct golden_case *c, const struct mm_sample *sample, const cJSON *entry)
{
    const char *name = entry->string;
    const struct mm_field *field = mm_sample_find(sample, name);
    if (field && field->kind == MM_FIELD_VOLUME)
        compare_volume(c, name, entry, field->volume);
    else if (field && (field->kind == MM_FIELD_NUMBER || field->kind == MM_FIELD_CLASS))
        compare_numbers(c, name, field->numbers, field->count);
    else if (mm_text_ends(name, "_affine") &&
             (field = mm_sample_find(sample, mm_arena_textn(c->arena, name, strlen(name) - 7))) &&
             field->kind == MM_FIELD_VOLUME)
        compare_numbers(c, name, field->volume->affine, 16);
    else
        golden_fail(c, "output %s: the sample has no such field", name);
}

static bool run_chain(struct golden_case *c, struct mm_sample *sample, const struct mm_components *components)
{
    struct mm_problems problems;
    struct mm_error err = {.status = MM_OK};
    struct mm_chain *chain;
    const struct mm_context context = {.seed = 1};
    mm_problems_init(&problems, c->arena);
    if (mm_chain_make(c->arena, components, &chain, &problems) != MM_OK) {
        mm_problems_fail(&problems, MM_ERR_CONFIG, &err);
        golden_fail(c, "%s", err.text);
        return false;
    }
    if (mm_chain_run(chain, 0, chain->count, sample, &context, &err) != MM_OK) {
        golden_fail(c, "%s", err.text);
        return false;
    }
    return true;
}

/* false: a component of the list is not there. */
static bool components_of(struct golden_case *c, const cJSON *list, struct mm_components *out)
{
    const cJSON *node;
    out->count = 0;
    out->items = mm_arena_array(c->arena, struct mm_component, (size_t)cJSON_GetArraySize(list) + 1);
    cJSON_ArrayForEach (node, list) {
        const cJSON *name = mm_json_get(node, "name");
        if (!cJSON_IsString(name) || !mm_transform_find(name->valuestring))
            return false;
        out->items[out->count++] =
            (struct mm_component){.name = name->valuestring, .args = mm_json_get(node, "args"), .node = node};
    }
    return true;
}

enum golden_result golden_transform(struct golden_case *c)
{
    const cJSON *config = mm_json_get(c->json, "config"), *pre = mm_json_get(config, "pre_transforms"), *entry;
    struct mm_components first = {1, &c->component}, second = {0};
    struct mm_sample *sample = mm_sample_make(c->arena);
    if (pre ? !components_of(c, pre, &first) || !components_of(c, mm_json_get(config, "post_transforms"), &second)
            : !c->component.name || !mm_transform_find(c->component.name))
        return GOLDEN_SKIPPED;
    if (!sample || !fill_sample(c, sample, pre != NULL) || !run_chain(c, sample, &first))
        return GOLDEN_FAILED;
    if (pre) {
        const struct mm_field *image = mm_sample_find(sample, "image");
        struct mm_volume *pred = volume_of(c, "in.pred", mm_json_get(golden_inputs(c), "pred"));
        if (pred && image)
            memcpy(pred->affine, image->volume->affine, sizeof pred->affine);
        if (!add_field(c, sample, "pred", pred))
            return GOLDEN_FAILED;
    }
    /* The image is compared where the first chain left it; predictions after the second. */
    cJSON_ArrayForEach (entry, golden_outputs(c))
        if (!pre || !mm_text_starts(entry->string, "pred"))
            compare_output(c, sample, entry);
    if (pre && run_chain(c, sample, &second))
        cJSON_ArrayForEach (entry, golden_outputs(c))
            if (mm_text_starts(entry->string, "pred"))
                compare_output(c, sample, entry);
    return c->failed ? GOLDEN_FAILED : GOLDEN_PASSED;
}
