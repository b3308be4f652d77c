/* Boxes at random places. */
#include "transforms/random_box.h"

enum mm_status mm_random_box_cut(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                 const struct mm_random_box *how, const int least[3], const int most[3],
                                 const struct mm_context *context, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image;
    struct mm_random random;
    int size[3] = {least[0], least[1], least[2]};
    mm_step_random(step, context, &random);
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    for (int a = 0; a < image->rank && how->random_size; a++) {
        if (size[a] > most[a])
            return mm_fail(err, MM_ERR_DATA, "axis %d: the smallest size, %d, is above the largest, %d", a, size[a],
                           most[a]);
        size[a] += (int)mm_random_below(&random, (uint32_t)(most[a] - size[a]) + 1);
    }
    struct mm_box box = mm_box_centre(image, size);
    if (how->random_center)
        mm_box_place(image, &random, &box);
    return mm_box_apply(step, sample, field, &box, NULL, err);
}

enum mm_status mm_random_box_cut_sizes(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                                       const struct mm_random_box *how, const struct mm_ints *roi_size,
                                       const struct mm_ints *max_roi_size, const struct mm_context *context,
                                       struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image;
    int least[3], most[3];
    if (MM_TRY(s, mm_field_volume(field, &image, err)) ||
        MM_TRY(s, mm_spatial_sizes(roi_size, "roi_size", image, least, err)))
        return s;
    memcpy(most, image->size, sizeof most);
    if (how->random_size && max_roi_size->count &&
        MM_TRY(s, mm_spatial_sizes(max_roi_size, "max_roi_size", image, most, err)))
        return s;
    return mm_random_box_cut(step, sample, field, how, least, most, context, err);
}
