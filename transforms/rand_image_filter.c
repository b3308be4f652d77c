/* With a probability, filters the image with a kernel (MONAI RandImageFilter). Draw: happens or not. */
#include "transforms/kernel_filter.h"

struct rand_image_filter {
    double prob;
    struct mm_kernel_filter filter;
};
#define P struct rand_image_filter

static const struct mm_param params[] = {MM_DOUBLE(P, prob, .def = 0.1, .max = 1, .help = "probability of doing it"),
                                         MM_KERNEL_FILTER_PARAMS(P), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    return mm_kernel_filter_check(&p->filter, err);
}

static bool is_random(const void *self)
{
    const P *p = self;
    return p->prob > 0;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key;
    const P *p = step->self;
    struct mm_random random;
    mm_step_random(step, context, &random);
    return mm_step_happens(&random, p->prob) ? mm_kernel_filter_apply(&p->filter, sample, field, err) : MM_OK;
}

const struct mm_transform mm_transform_rand_image_filter = {
    .name = "RandImageFilter",
    .summary = "filter the image with a kernel, with a probability",
    .notes = MM_KERNEL_FILTER_NOTES,
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_RANDOM,
    .check = check,
    .is_random = is_random,
    .each = each,
    .example =
        "{\"name\": \"RandImageFilterd\", \"args\": {\"keys\": \"image\", \"prob\": 0.5, \"kernel\": \"gauss\", "
        "\"sigma\": 1}}",
};
