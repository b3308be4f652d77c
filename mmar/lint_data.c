/* Lints of data: headers of every file, label values of some or all. */
#include "image/affine.h"
#include "image/format.h"
#include "mmar/interrupt.h"
#include "mmar/lint.h"
#include "trainer/predict.h"

#define LABELS_SAMPLED 8

static void finding(struct mm_problems *problems, const struct mm_entry *entry, const struct mm_error *err)
{
    mm_problem(problems, MM_SEVERITY_ERROR, entry->node, "%s", err->text);
}

/* Headers of all files of one entry; the first one's is returned. */
static bool lint_headers(const struct mm_entry *entry, struct mm_image_info *info, struct mm_lint_data_result *result,
                         struct mm_problems *problems)
{
    bool good = true;
    for (size_t i = 0; i < entry->count; i++) {
        struct mm_image_info one;
        struct mm_error err = {.status = MM_OK};
        result->files++;
        if (mm_image_header(entry->paths[i], &one, &err) != MM_OK) {
            finding(problems, entry, &err);
            good = false;
        } else if (i == 0)
            *info = one;
    }
    return good && entry->count;
}

static void lint_grids(const struct mm_entry *image, const struct mm_image_info *a, const struct mm_entry *label,
                       const struct mm_image_info *b, struct mm_problems *problems)
{
    if (memcmp(a->size, b->size, sizeof a->size))
        mm_problem(problems, MM_SEVERITY_ERROR, label->node, "%s is %dx%dx%d, its image %s is %dx%dx%d",
                   label->paths[0], b->size[0], b->size[1], b->size[2], image->paths[0], a->size[0], a->size[1],
                   a->size[2]);
    else if (!mm_affine_near(a->affine, b->affine, 1e-2))
        mm_problem(problems, MM_SEVERITY_WARNING, label->node,
                   "%s has another affine than its image %s: they lie at different places in space", label->paths[0],
                   image->paths[0]);
}

static void lint_label(const struct mm_training *t, const struct mm_chain *values, const struct mm_item *item,
                       uint32_t index, const struct mm_entry *label, struct mm_problems *problems)
{
    struct mm_arena scratch;
    struct mm_sample *sample;
    struct mm_field *field;
    struct mm_error err = {.status = MM_OK};
    uint8_t *masks;
    mm_arena_init(&scratch, NULL);
    enum mm_status s = mm_sample_from_item(&scratch, item, index, &sample, &err);
    if (s == MM_OK)
        mm_sample_remove(sample, t->prediction.image_field); /* the label alone is read */
    if (s != MM_OK || mm_chain_run(values, 0, values->count, sample, NULL, &err) != MM_OK ||
        mm_sample_volume(sample, t->prediction.label_field, &field, &err) != MM_OK)
        finding(problems, label, &err);
    else if (mm_class_masks(&scratch, field->volume, t->prediction.classes, &masks, &err) != MM_OK) {
        mm_fail_in(&err, "%s", label->paths[0]);
        finding(problems, label, &err);
    }
    mm_arena_done(&scratch);
}

/* The field's files of an item, or NULL; what is missing is a finding. */
static const struct mm_entry *files_of(const struct mm_item *item, const char *field, struct mm_problems *problems)
{
    const struct mm_entry *entry = mm_item_get(item, field);
    if (!entry)
        mm_problem(problems, MM_SEVERITY_ERROR, item->node, "the item has no \"%s\"", field);
    return entry && entry->kind == MM_ENTRY_PATHS ? entry : NULL;
}

void mm_lint_data(struct mm_arena *arena, const struct mm_training *training, const struct mm_source *source,
                  bool full, struct mm_lint_data_result *result, struct mm_problems *problems)
{
    size_t count = source->list->count, every = full || count <= LABELS_SAMPLED ? 1 : count / LABELS_SAMPLED;
    const char *label_field = training->prediction.label_field;
    const struct mm_chain *values = mm_chain_narrow(arena, source->chain, label_field, true);
    const struct mm_chain *labels = mm_chain_narrow(arena, source->chain, label_field, false);
    bool needs_labels =
        source == training->train || (labels && labels->count); /* an inference file's chain has no label */
    struct mm_image_info first = {.channels = 0};
    for (size_t i = 0; i < count && problems->errors < MM_PROBLEMS_MAX && !mm_interrupted(); i++) {
        const struct mm_item *item = &source->list->items[i];
        const struct mm_entry *image = files_of(item, training->prediction.image_field, problems);
        const struct mm_entry *label =
            needs_labels || mm_item_get(item, label_field) ? files_of(item, label_field, problems) : NULL;
        struct mm_image_info a, b;
        result->items++;
        bool has_image = image && lint_headers(image, &a, result, problems),
             has_label = label && lint_headers(label, &b, result, problems);
        if (has_image && !first.channels)
            first = a;
        if (has_image && (a.channels != first.channels || a.rank != first.rank))
            mm_problem(problems, MM_SEVERITY_ERROR, image->node,
                       "%s has %d axes and %d channels, the images before it %d and %d", image->paths[0], a.rank,
                       a.channels, first.rank, first.channels);
        if (has_image && has_label)
            lint_grids(image, &a, label, &b, problems);
        if (has_label && i % every == 0 && values && training->model) {
            result->labels_read++;
            lint_label(training, values, item, (uint32_t)i, label, problems);
        }
    }
}
