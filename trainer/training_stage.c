/* Clara 3's evaluation files say less than a "validate" section: label_transforms apart from the image's, no image pipeline (the datalist is
 * DATASET_JSON's list DATA_LIST_KEY, by default "validation"), and labels split into a mask a class, which metrics here do by themselves. */
#include "trainer/training_internal.h"

static bool splits(const struct mm_component *component)
{
    return mm_names_contain("SplitBasedOnLabel SplitAcrossChannels", component->name);
}

/* The image's transforms, then the label's. */
static bool join_transforms(struct mm_training_reader *r, struct mm_stage *stage)
{
    const struct mm_components *labels = &stage->label_transforms;
    size_t count = stage->pre_transforms.count;
    struct mm_component *items = mm_arena_array(r->arena, struct mm_component, count + labels->count + 1);
    if (!items)
        return false;
    if (count)
        memcpy(items, stage->pre_transforms.items, count * sizeof *items);
    for (size_t i = 0; i < labels->count; i++)
        if (!splits(&labels->items[i]))
            items[count++] = labels->items[i];
    stage->pre_transforms = (struct mm_components){count, items};
    return true;
}

static const struct mm_component *make_pipeline(struct mm_training_reader *r, const struct mm_stage *stage)
{
    cJSON *args = mm_json_object(r->arena);
    const char *key =
        mm_config_text(r->config, "DATA_LIST_KEY", mm_config_text(r->config, "VAL_DATALIST_KEY", "validation"));
    struct mm_component *pipeline = mm_arena_new(r->arena, struct mm_component);
    mm_json_add(r->arena, args, "data_list_key", mm_json_text(r->arena, key));
    mm_json_add(r->arena, args, "shuffle", mm_json_bool(r->arena, false));
    if (pipeline && args)
        *pipeline = (struct mm_component){.name = "SegmentationImagePipeline", .args = args, .node = stage->node};
    return pipeline;
}

const struct mm_stage *mm_training_stage(struct mm_training_reader *r)
{
    struct mm_stage *stage = mm_arena_new(r->arena, struct mm_stage);
    if (!stage)
        return NULL;
    *stage = r->config->validate;
    if (r->config->kind != MM_CONFIG_EVALUATION)
        return stage;
    if (!join_transforms(r, stage) || (!stage->pipeline && !(stage->pipeline = make_pipeline(r, stage))))
        return NULL;
    return stage;
}
