/* A spike at a random place in k-space (MONAI RandKSpaceSpikeNoise). Draws: 1 happens or not, then for each channel, or once, the place and
 * the intensity. */
#include "transforms/intensity.h"
#include "transforms/kspace.h"
#include "transforms/transform.h"

#define CHANNELS_MAX 64

struct rand_k_space_spike_noise {
    double prob;
    const cJSON *intensity_range;
    bool channel_wise;
    double low[CHANNELS_MAX], high[CHANNELS_MAX]; /* intensity_range, read */
    size_t count;
};
#define P struct rand_k_space_spike_noise

static const struct mm_param params[] = {
    MM_DOUBLE(P, prob, .def = 0.1, .min = 0, .max = 1, .help = "probability of doing it"),
    MM_JSON(P, intensity_range,
            .help =
                "[low, high] of the natural logarithm of the magnitude, or one such for each channel; 0.95 to 1.1 "
                "times 2.5 times the mean of the channel when left out"),
    MM_BOOL(P, channel_wise, .def = 1, .help = "another place and intensity for each channel"),
    MM_IGNORED("as_tensor_output", .help = "there is one kind of image here"), MM_PARAMS_END};

static enum mm_status read_range(const cJSON *node, double *low, double *high, struct mm_error *err)
{
    const cJSON *first = cJSON_IsArray(node) ? node->child : NULL, *second = first ? first->next : NULL;
    if (!cJSON_IsNumber(first) || !cJSON_IsNumber(second) || second->next ||
        !(first->valuedouble <= second->valuedouble))
        return mm_fail(err, MM_ERR_CONFIG,
                       "intensity_range must be two numbers, the lower first, or such for each "
                       "channel");
    *low = first->valuedouble;
    *high = second->valuedouble;
    return MM_OK;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    P *p = self;
    enum mm_status s;
    const cJSON *list = p->intensity_range;
    bool is_list = cJSON_IsArray(list) && cJSON_IsArray(list->child);
    if (is_list && !p->channel_wise)
        return mm_fail(err, MM_ERR_CONFIG, "without channel_wise intensity_range is one range");
    for (const cJSON *node = is_list ? list->child : list; node; node = is_list ? node->next : NULL) {
        if (p->count == CHANNELS_MAX)
            return mm_fail(err, MM_ERR_CONFIG, "intensity_range has more than %d ranges", CHANNELS_MAX);
        if (MM_TRY(s, read_range(node, &p->low[p->count], &p->high[p->count], err)))
            return s;
        p->count++;
    }
    return MM_OK;
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static struct mm_kspace_spike draw(const P *p, const struct mm_volume *v, int c, struct mm_random *random)
{
    struct mm_kspace_spike spike = {.intensity = MM_INTENSITY_NONE};
    size_t range = p->count > 1 ? (size_t)c : 0;
    for (int a = 0; a < v->rank; a++)
        spike.at[a] = (int)mm_random_below(random, (uint32_t)v->size[a]);
    if (p->count)
        spike.intensity = mm_random_uniform(random, p->low[range], p->high[range]);
    else
        spike.share = 2.5 * mm_random_uniform(random, 0.95, 1.1);
    return spike;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    enum mm_status s;
    struct mm_volume *v;
    struct mm_random random;
    struct mm_kspace_spike spike;
    mm_step_random(step, context, &random);
    if (!mm_step_happens(&random, p->prob))
        return MM_OK;
    if (MM_TRY(s, mm_voxels_write_float(sample, field, &v, err)))
        return s;
    if (p->count > 1 && p->count != (size_t)v->channels)
        return mm_fail(err, MM_ERR_DATA, "intensity_range has %zu ranges, the image %d channels", p->count,
                       v->channels);
    for (int c = 0; c < v->channels; c++) {
        if (c == 0 || p->channel_wise)
            spike = draw(p, v, c, &random);
        if (MM_TRY(s, mm_kspace_spikes(mm_voxels_floats(v, c), v->size, &spike, 1, err)))
            return s;
    }
    return MM_OK;
}

const struct mm_transform mm_transform_rand_k_space_spike_noise = {
    .name = "RandKSpaceSpikeNoise",
    .summary = "stripes: a spike at a random place in k-space, with a probability",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM | MM_IN_PLACE,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example =
        "{\"name\": \"RandKSpaceSpikeNoised\", \"args\": {\"keys\": \"image\", \"prob\": 0.5, \"intensity_range\": "
        "[11, 14]}}",
};
