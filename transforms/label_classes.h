/* Voxels of each class of a label, to draw from: values 0..count-1 of one channel, or the channels of a one-hot label. Voxels of all
 * classes but 0 are listed once in a cached sample's field "<label>:classes": first, for each class from 1 on, where its voxels end
 * in the list, then the voxels, class by class. Class 0, most of an image, is not listed: voxels are drawn from the whole image until
 * one is of it (at most TRIES times, then it is scanned). */
#ifndef MM_TRANSFORMS_LABEL_CLASSES_H
#define MM_TRANSFORMS_LABEL_CLASSES_H

#include "transforms/transform.h"

#define MM_LABEL_CLASSES_MAX 1024

struct mm_label_classes {
    const char *label_field,
        *image_field; /* image: only voxels above `threshold` in a channel of it count; NULL: all */
    double threshold;
    int64_t count; /* of a label with one channel; of several channels each is a class */
};

/* Classes of that label; MM_ERR_DATA when they are too many or none was said. */
enum mm_status mm_label_classes_count(const struct mm_label_classes *classes, const struct mm_volume *label,
                                      uint32_t *count, struct mm_error *err);
/* A voxel of a class drawn by `ratios` (NULL: all the same) among those that have voxels, evenly in the class. Draws: class, voxel. */
enum mm_status mm_label_classes_draw(struct mm_sample *sample, const struct mm_label_classes *classes,
                                     const struct mm_doubles *ratios, struct mm_random *random, int voxel[3],
                                     struct mm_error *err);
/* Lists the classes. Nothing happens when that has been done, or when there is no label. */
enum mm_status mm_label_classes_prepare(struct mm_sample *sample, const struct mm_label_classes *classes,
                                        struct mm_error *err);

#endif
