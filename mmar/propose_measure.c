/* What a proposal needs to know of a data set, measured from its files. */
#include <math.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/threads.h"
#include "config/datalist.h"
#include "image/affine.h"
#include "image/format.h"
#include "mmar/command.h"
#include "mmar/propose.h"

#define HEADERS_MAX       400
#define PAIRS_MAX         48
#define VOXELS_MAX        2e9       /* of all pairs together: then no further one is read */
#define SAMPLES_PER_IMAGE 20000     /* foreground intensities kept */
#define AIR_LOWEST        (-3100.0) /* some scanners mark what is outside of the field of view by -2000 or -3024 */
#define AIR_HIGHEST       (-900.0)

struct measure {
    struct mm_arena *arena;
    struct mm_facts *facts;
    const struct mm_datalist *list;
    double *spacing[3], *size[3];
    double *intensities;
    size_t intensity_count;
    double voxels, foreground, zeros;
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of sorted values; nearest rank. */
static double percentile(const double *sorted, size_t count, double share)
{
    return count ? sorted[(size_t)lrint(share * (double)(count - 1))] : 0;
}

static enum mm_status paths_of(const struct mm_item *item, size_t index, const char *key, const struct mm_entry **out,
                               struct mm_error *err)
{
    *out = mm_item_get(item, key);
    if (!*out || (*out)->kind != MM_ENTRY_PATHS || !(*out)->count)
        return mm_fail(err, MM_ERR_DATA,
                       "training item %zu has no %s of voxels: only segmentation is proposed for, other tasks start "
                       "from a template",
                       index, key);
    return MM_OK;
}

static enum mm_status read_header(struct measure *m, size_t index, size_t at, struct mm_error *err)
{
    enum mm_status s;
    struct mm_facts *f = m->facts;
    const struct mm_entry *image;
    struct mm_image_info info;
    if (MM_TRY(s, paths_of(&m->list->items[index], index, "image", &image, err)) ||
        MM_TRY(s, mm_image_header(image->paths[0], &info, err)))
        return s;
    int channels = info.channels * (int)image->count;
    if (!at) {
        f->rank = info.rank;
        f->channels = channels;
    } else if (info.rank != f->rank || channels != f->channels)
        return mm_fail(err, MM_ERR_DATA,
                       "%s has %d dimensions and %d channels, the images before it %d and %d: one network takes "
                       "images of one kind",
                       image->paths[0], info.rank, channels, f->rank, f->channels);
    double spacing[3];
    int axis[3] = {0, 1, 2}, sign[3];
    mm_affine_spacing(info.affine, spacing);
    if (info.rank == 3) /* the chain turns volumes to RAS first: what counts is along those axes */
        mm_affine_orientation(info.affine, 3, axis, sign);
    for (int a = 0; a < 3; a++) {
        bool used = a < info.rank;
        m->spacing[axis[a]][at] = used && spacing[a] > 0 && isfinite(spacing[a]) ? spacing[a] : 1;
        m->size[axis[a]][at] = used ? info.size[a] : 1;
    }
    return MM_OK;
}

static enum mm_status measure_headers(struct measure *m, struct mm_error *err)
{
    enum mm_status s;
    struct mm_facts *f = m->facts;
    f->headers = m->list->count < HEADERS_MAX ? m->list->count : HEADERS_MAX;
    for (int a = 0; a < 3; a++) {
        m->spacing[a] = mm_arena_array(m->arena, double, f->headers);
        m->size[a] = mm_arena_array(m->arena, double, f->headers);
        if (!m->spacing[a] || !m->size[a])
            return mm_fail_memory(err, "the measured headers");
    }
    for (size_t i = 0; i < f->headers; i++) {
        size_t index = i * m->list->count / f->headers;
        if (MM_TRY(s, read_header(m, index, i, err)))
            return s;
        if (mm_interrupted())
            return mm_fail(err, MM_INTERRUPTED, "interrupted while headers were read");
    }
    f->one_spacing = true;
    for (int a = 0; a < 3; a++) {
        qsort(m->spacing[a], f->headers, sizeof(double), by_value);
        qsort(m->size[a], f->headers, sizeof(double), by_value);
        f->spacing[a] = percentile(m->spacing[a], f->headers, 0.5);
        f->fine[a] = percentile(m->spacing[a], f->headers, 0.1);
        f->one_spacing &= m->spacing[a][f->headers - 1] <= 1.01 * m->spacing[a][0];
        f->size[a] = (int)percentile(m->size[a], f->headers, 0.5);
        f->largest[a] = (int)m->size[a][f->headers - 1];
    }
    return MM_OK;
}

static enum mm_status add_value(struct mm_facts *f, double value, const char *path, struct mm_error *err)
{
    size_t at = 0;
    while (at < f->value_count && f->values[at] < value)
        at++;
    if (at < f->value_count && f->values[at] == value)
        return MM_OK;
    if (f->value_count == MM_FACTS_VALUES_MAX || isnan(value))
        return mm_fail(
            err, MM_ERR_DATA,
            "%s: labels hold more than %d values: they number objects or are grey values, and are no class labels",
            path, MM_FACTS_VALUES_MAX);
    memmove(&f->values[at + 1], &f->values[at], (f->value_count - at) * sizeof *f->values);
    f->values[at] = value;
    f->value_count++;
    return MM_OK;
}

static enum mm_status add_values(struct mm_facts *f, const struct mm_volume *label, const char *path,
                                 struct mm_error *err)
{
    enum mm_status s;
    double last = NAN;
    for (int z = 0; z < label->size[2]; z++)
        for (int y = 0; y < label->size[1]; y++)
            for (int x = 0; x < label->size[0]; x++) {
                double v = mm_volume_get(label, 0, z, y, x);
                if (v != last && MM_TRY(s, add_value(f, v, path, err)))
                    return s;
                last = v;
            }
    return MM_OK;
}

/* Foreground intensities of one image, evenly thinned, and what all its voxels tell. */
static void add_intensities(struct measure *m, const struct mm_volume *image, const struct mm_volume *label)
{
    struct mm_facts *f = m->facts;
    size_t found = 0, taken = 0, step = 1;
    double lowest = INFINITY, background = f->values[0];
    for (int pass = 0; pass < 2; pass++) {
        step = found > SAMPLES_PER_IMAGE ? found / SAMPLES_PER_IMAGE + 1 : 1;
        found = 0;
        for (int z = 0; z < image->size[2]; z++)
            for (int y = 0; y < image->size[1]; y++)
                for (int x = 0; x < image->size[0]; x++) {
                    double v = mm_volume_get(image, 0, z, y, x);
                    bool inside = mm_volume_get(label, 0, z, y, x) > background;
                    found += inside;
                    if (pass && inside && found % step == 0 && taken < SAMPLES_PER_IMAGE && isfinite(v)) {
                        m->intensities[m->intensity_count++] = v;
                        taken++;
                    } else if (!pass) {
                        lowest = fmin(lowest, v);
                        f->highest = fmax(f->highest, v);
                        m->zeros += v == 0;
                    }
                }
    }
    f->lowest = fmin(f->lowest, lowest);
    f->air += lowest >= AIR_LOWEST && lowest <= AIR_HIGHEST;
    m->voxels += (double)mm_volume_voxels(image);
    m->foreground += (double)found;
}

static enum mm_status read_pair(struct measure *m, struct mm_arena *scratch, size_t index, struct mm_error *err)
{
    enum mm_status s;
    const struct mm_entry *image, *label;
    struct mm_volume *a, *b;
    if (MM_TRY(s, paths_of(&m->list->items[index], index, "image", &image, err)) ||
        MM_TRY(s, paths_of(&m->list->items[index], index, "label", &label, err)) ||
        MM_TRY(s, mm_image_read(scratch, image->paths[0], &a, err)) ||
        MM_TRY(s, mm_image_read(scratch, label->paths[0], &b, err)))
        return s;
    if (!mm_volume_same_size(a, b))
        return mm_fail(err, MM_ERR_DATA, "%s is %d x %d x %d, its image %s is %d x %d x %d", label->paths[0],
                       b->size[0], b->size[1], b->size[2], image->paths[0], a->size[0], a->size[1], a->size[2]);
    if (b->channels != 1 || label->count != 1)
        return mm_fail(err, MM_ERR_DATA,
                       "%s: labels with several channels are not proposed for: class numbers in one channel are",
                       label->paths[0]);
    if (MM_TRY(s, add_values(m->facts, b, label->paths[0], err)))
        return s;
    add_intensities(m, a, b);
    m->facts->pairs++;
    return MM_OK;
}

static enum mm_status measure_pairs(struct measure *m, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    struct mm_facts *f = m->facts;
    struct mm_arena scratch;
    size_t wanted = m->list->count < PAIRS_MAX ? m->list->count : PAIRS_MAX;
    m->intensities = mm_arena_array(m->arena, double, wanted *SAMPLES_PER_IMAGE);
    if (!m->intensities)
        return mm_fail_memory(err, "the measured intensities");
    f->lowest = INFINITY;
    f->highest = -INFINITY;
    mm_arena_init(&scratch, NULL);
    for (size_t i = 0; i < wanted && s == MM_OK && m->voxels < VOXELS_MAX; i++) {
        mm_arena_reset(&scratch);
        mm_progress("measuring %zu/%zu", i + 1, wanted);
        s = read_pair(m, &scratch, i * m->list->count / wanted, err);
        if (s == MM_OK && mm_interrupted())
            s = mm_fail(err, MM_INTERRUPTED, "interrupted while images were measured");
    }
    mm_progress_end(false);
    mm_arena_done(&scratch);
    qsort(m->intensities, m->intensity_count, sizeof(double), by_value);
    f->low = percentile(m->intensities, m->intensity_count, 0.005);
    f->high = percentile(m->intensities, m->intensity_count, 0.995);
    f->foreground = m->voxels > 0 ? m->foreground / m->voxels : 0;
    f->zeros = m->voxels > 0 ? m->zeros / m->voxels : 0;
    return s;
}

/* Classes that the datalist names count although no label that was read has them. */
static enum mm_status add_names(struct mm_facts *f, const struct mm_datalist *list, struct mm_error *err)
{
    enum mm_status s;
    for (size_t value = 0; value < list->label_count; value++)
        if (list->label_names[value] && MM_TRY(s, add_value(f, (double)value, list->file, err)))
            return s;
    for (size_t i = 0; i < f->value_count; i++)
        if (f->values[i] >= 0 && f->values[i] < (double)list->label_count && f->values[i] == trunc(f->values[i]))
            f->names[i] = list->label_names[(size_t)f->values[i]];
    return MM_OK;
}

static bool says_ct(const cJSON *root)
{
    const cJSON *modality = mm_json_get(root, "modality");
    const cJSON *first = cJSON_IsObject(modality) ? modality->child : modality;
    return cJSON_IsString(first) && (!strcmp(first->valuestring, "CT") || !strcmp(first->valuestring, "ct"));
}

enum mm_status mm_facts_measure(struct mm_arena *arena, const char *datalist, struct mm_facts *facts,
                                struct mm_error *err)
{
    enum mm_status s;
    struct mm_problems problems;
    struct mm_datalist *list;
    struct measure m = {.arena = arena, .facts = facts};
    *facts =
        (struct mm_facts){.datalist = datalist, .memory = mm_memory_available(), .cores = mm_threads_available()};
    mm_problems_init(&problems, arena);
    if (MM_TRY(s, mm_datalist_read(arena, datalist, "training", NULL, &list, &problems, err)))
        return problems.errors ? mm_problems_fail(&problems, s, err) : s;
    m.list = list;
    facts->training = list->count;
    const cJSON *validation = mm_json_get(list->root, "validation");
    facts->validation = cJSON_IsArray(validation) ? (size_t)cJSON_GetArraySize(validation) : 0;
    facts->says_ct = says_ct(list->root);
    if (MM_TRY(s, measure_headers(&m, err)) || MM_TRY(s, measure_pairs(&m, err)))
        return s;
    return add_names(facts, list, err);
}
