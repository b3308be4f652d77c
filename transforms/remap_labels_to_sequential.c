/* The labels of a data set as 1, 2, 3 ... (MONAI RemapLabelsToSequential). */
#include <stdlib.h>

#include "transforms/transform.h"
#include "transforms/voxels.h"

#define NAMES_MAX 65535

struct label {
    const char *name;
    double value;
};

struct remap_labels_to_sequential {
    const cJSON *label_names;
    size_t count;
    struct label *labels; /* label_names without the background, by name */
};
#define P struct remap_labels_to_sequential

static const struct mm_param params[] = {
    MM_JSON(P, label_names, .required = true,
            .help = "values by name, as {\"liver\": 6, \"spleen\": 1, \"background\": 0}"),
    MM_PARAMS_END};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct label *)a)->name, ((const struct label *)b)->name);
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    P *p = self;
    int names = cJSON_GetArraySize(p->label_names);
    if (!cJSON_IsObject(p->label_names) || names > NAMES_MAX)
        return mm_fail(err, MM_ERR_CONFIG, "label_names: expected an object of at most %d names with a value each",
                       NAMES_MAX);
    p->count = 0;
    if (!(p->labels = mm_arena_array(arena, struct label, (size_t)names)))
        return mm_fail_memory(err, "label names");
    for (const cJSON *item = p->label_names->child; item; item = item->next) {
        if (!cJSON_IsNumber(item))
            return mm_fail(err, MM_ERR_CONFIG, "label_names: the value of \"%s\" is no number", item->string);
        if (strcmp(item->string, "background") != 0)
            p->labels[p->count++] = (struct label){item->string, item->valuedouble};
    }
    qsort(p->labels, p->count, sizeof *p->labels, by_name);
    return MM_OK;
}

/* Of two names with one value the later one wins, as in MONAI. */
static double map_value(const P *p, double value)
{
    for (size_t i = p->count; i-- > 0;)
        if (p->labels[i].value == value)
            return (double)i + 1;
    return 0;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    enum mm_status s;
    const struct mm_volume *from;
    struct mm_volume *to;
    if (MM_TRY(s, mm_voxels_read(sample, field, &from, err)) ||
        MM_TRY(s, mm_voxels_make(sample, from, p->count < 256 ? MM_U8 : MM_U16, 0, &to, err)))
        return s;
    double x[MM_VOXELS_CHUNK], last = 0, mapped = map_value(p, last);
    for (int c = 0; c < from->channels; c++)
        for (size_t at = 0, n; (n = mm_voxels_get(from, c, at, x)); at += n) {
            for (size_t i = 0; i < n; i++) {
                if (x[i] != last) {
                    last = x[i];
                    mapped = map_value(p, last);
                }
                x[i] = mapped;
            }
            mm_voxels_put(to, c, at, n, x);
        }
    mm_field_put(sample, field, to);
    return MM_OK;
}

const struct mm_transform mm_transform_remap_labels_to_sequential = {
    .name = "RemapLabelsToSequential",
    .aliases = "NormalizeLabelsInDataset",
    .summary = "number the labels of a data set from 1 on",
    .notes = "By the alphabet of their names, as MONAI since 1.6; the background and values without a name become 0.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_VOXELWISE | MM_LABELS,
    .check = check,
    .each = each,
    .example =
        "{\"name\": \"RemapLabelsToSequentiald\", \"args\": {\"keys\": \"label\", \"label_names\": {\"liver\": 6, "
        "\"spleen\": 1, \"background\": 0}}}",
};
