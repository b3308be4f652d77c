#include "trainer/batch_fault.h"

#include <math.h>

static const char *file_of(const struct mm_training *training, const struct mm_batch *batch, size_t sample,
                           const char *field)
{
    const struct mm_entry *entry = mm_item_get(&training->train->list->items[batch->items[sample]], field);
    return entry && entry->kind == MM_ENTRY_PATHS && entry->count ? entry->paths[0] : field;
}

static size_t values_per_sample(const struct mm_batch_tensor *tensor)
{
    return (size_t)(tensor->dim[1] * tensor->dim[2] * tensor->dim[3] * tensor->dim[4]);
}

bool mm_batch_fault(const struct mm_training *training, const struct mm_batch *batch, char *text, size_t size)
{
    const struct mm_batch_tensor *image = &batch->fields[0], *label = &batch->fields[1];
    size_t voxels = values_per_sample(image), labels = label->dim[1] == 1 ? values_per_sample(label) : 0;
    int classes = training->prediction.classes;
    for (size_t n = 0; n < batch->sample_count; n++) {
        for (size_t i = 0; i < voxels; i++)
            if (!isfinite(mm_batch_value(image, n * voxels + i))) {
                snprintf(text, size, "%s holds a voxel that is no finite number after the transforms",
                         file_of(training, batch, n, training->prediction.image_field));
                return true;
            }
        for (size_t i = 0; i < labels; i++) {
            double value = (double)mm_batch_value(label, n * labels + i);
            if (!(value >= 0 && value <= classes - 1)) {
                snprintf(text, size, "%s holds the label value %g, the model's %d classes are 0..%d",
                         file_of(training, batch, n, training->prediction.label_field), value, classes, classes - 1);
                return true;
            }
        }
    }
    return false;
}
