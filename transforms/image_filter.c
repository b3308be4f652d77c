/* Filters the image with a kernel (MONAI ImageFilter). */
#include "transforms/kernel_filter.h"

struct image_filter {
    struct mm_kernel_filter filter;
};
#define P struct image_filter

static const struct mm_param params[] = {MM_KERNEL_FILTER_PARAMS(P), MM_PARAMS_END};

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    return mm_kernel_filter_check(&p->filter, err);
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    const P *p = step->self;
    return mm_kernel_filter_apply(&p->filter, sample, field, err);
}

const struct mm_transform mm_transform_image_filter = {
    .name = "ImageFilter",
    .summary = "filter the image with a kernel",
    .notes = MM_KERNEL_FILTER_NOTES,
    .params = params,
    .params_size = sizeof(P),
    .check = check,
    .each = each,
    .example =
        "{\"name\": \"ImageFilterd\", \"args\": {\"keys\": \"image\", \"kernel\": \"sharpen\", \"kernel_size\": 3}}",
};
