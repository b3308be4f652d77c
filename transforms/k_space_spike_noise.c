/* Spikes in k-space, which are stripes in the image, at given places (MONAI KSpaceSpikeNoise). */
#include "transforms/intensity.h"
#include "transforms/kspace.h"
#include "transforms/transform.h"

#define SPIKES_MAX 64
#define SHARE      2.5 /* of the mean logarithm: a spike without an intensity */

struct place {
    int count, at[4]; /* of 4 the first is the channel (3D), of 3 it may be (2D) */
    double intensity; /* NaN: none given */
};

struct k_space_spike_noise {
    const cJSON *loc;
    struct mm_doubles k_intensity;
    struct place places[SPIKES_MAX]; /* the two above, read */
    size_t count;
};
#define P struct k_space_spike_noise

static const struct mm_param params[] = {
    MM_JSON(
        P, loc, .required = true,
        .help =
            "[x, y, z] (2D: [x, y]) in k-space with frequency 0 in the middle, for all channels, or [channel, x, y, "
            "z]; or a list of such"),
    MM_DOUBLES(P, k_intensity, .count_max = SPIKES_MAX,
               .help =
                   "natural logarithm of the magnitude there: one, or one a place; 2.5 times the channel's mean when "
                   "left out"),
    MM_IGNORED("as_tensor_output", .help = "there is one kind of image here"), MM_PARAMS_END};

static enum mm_status read_place(const cJSON *node, struct place *place, struct mm_error *err)
{
    bool good = cJSON_IsArray(node);
    place->count = 0;
    for (const cJSON *item = good ? node->child : NULL; item; item = item->next) {
        good = good && place->count < 4 && cJSON_IsNumber(item) && item->valuedouble >= 0 &&
               item->valuedouble < INT32_MAX;
        if (good)
            place->at[place->count++] = (int)item->valuedouble;
    }
    return good && place->count >= 2
               ? MM_OK
               : mm_fail(err, MM_ERR_CONFIG,
                         "loc must be a list of 2 to 4 whole numbers from 0 on, or a list of such");
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    P *p = self;
    enum mm_status s = MM_OK;
    bool is_list = cJSON_IsArray(p->loc) && cJSON_IsArray(p->loc->child);
    for (const cJSON *node = is_list ? p->loc->child : p->loc; node && !s; node = is_list ? node->next : NULL) {
        if (p->count == SPIKES_MAX)
            return mm_fail(err, MM_ERR_CONFIG, "loc has more than %d places", SPIKES_MAX);
        s = read_place(node, &p->places[p->count++], err);
    }
    if (s)
        return s;
    size_t given = p->k_intensity.count;
    if (given && given != p->count)
        return mm_fail(err, MM_ERR_CONFIG, "k_intensity has %zu numbers, loc %zu places", given, p->count);
    for (size_t i = 0; i < p->count; i++)
        p->places[i].intensity = given ? p->k_intensity.items[i] : MM_INTENSITY_NONE;
    return MM_OK;
}

/* The spikes of channel c. */
static enum mm_status spikes_of(const P *p, const struct mm_volume *v, int c, struct mm_kspace_spike *spikes,
                                int *count, struct mm_error *err)
{
    *count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct place *place = &p->places[i];
        int first = place->count - v->rank;
        struct mm_kspace_spike spike = {.intensity = place->intensity, .share = SHARE};
        if (first != 0 && first != 1)
            return mm_fail(err, MM_ERR_CONFIG,
                           "loc has %d numbers, an image of %d axes needs %d, or %d with a channel", place->count,
                           v->rank, v->rank, v->rank + 1);
        for (int a = 0; a < v->rank; a++)
            if ((spike.at[a] = place->at[first + a]) >= v->size[a])
                return mm_fail(err, MM_ERR_DATA, "loc: %d along axis %d, the image has %d voxels there", spike.at[a],
                               a, v->size[a]);
        if (first && place->at[0] >= v->channels)
            return mm_fail(err, MM_ERR_DATA, "loc: channel %d, the image has %d", place->at[0], v->channels);
        if (!first || place->at[0] == c)
            spikes[(*count)++] = spike;
    }
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    enum mm_status s;
    struct mm_volume *v;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    for (int c = 0; c < v->channels; c++) {
        struct mm_kspace_spike spikes[SPIKES_MAX];
        int count;
        if (MM_TRY(s, spikes_of(step->self, v, c, spikes, &count, err)) ||
            (count && MM_TRY(s, mm_kspace_spikes(mm_voxels_floats(v, c), v->size, spikes, count, err))))
            return s;
    }
    return MM_OK;
}

const struct mm_transform mm_transform_k_space_spike_noise = {
    .name = "KSpaceSpikeNoise",
    .summary = "stripes: spikes at places in k-space",
    .notes = "Of several places without k_intensity MONAI sets as many as there are channels, here all are set.",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_IN_PLACE,
    .check = check,
    .each = each,
    .example =
        "{\"name\": \"KSpaceSpikeNoised\", \"args\": {\"keys\": \"image\", \"loc\": [10, 8, 8], \"k_intensity\": "
        "13}}",
};
