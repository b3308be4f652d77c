/* A proposal as config/config_train.json, laid out like the templates. */
#include "base/file.h"
#include "base/json.h"
#include "mmar/propose.h"

struct writer {
    struct mm_arena *arena;
    struct mm_text *text;
    const struct mm_facts *facts;
    const struct mm_proposal *p;
};

/* A JSON string. */
static const char *quoted(struct writer *w, const char *text)
{
    cJSON *json = mm_json_text(w->arena, text);
    const char *printed = json ? mm_json_print(w->arena, json, MM_JSON_COMPACT) : NULL;
    return printed ? printed : "\"\"";
}

/* [a, b] or [a, b, c] by the rank. */
static const char *axes(struct writer *w, const int v[3])
{
    return w->p->rank == 2 ? mm_arena_format(w->arena, "[%d, %d]", v[0], v[1])
                           : mm_arena_format(w->arena, "[%d, %d, %d]", v[0], v[1], v[2]);
}

static void add_head(struct writer *w)
{
    const struct mm_facts *f = w->facts;
    mm_text_format(
        w->text, "{\n  \"__why\": %s,\n",
        quoted(
            w,
            mm_arena_format(
                w->arena,
                "Proposed by mmar init from %s: %zu training and %zu validation items; headers of %zu images and %zu "
                "images with their labels were read.",
                f->datalist, f->training, f->validation, f->headers, f->pairs)));
    for (size_t i = 0; i < w->p->why_count; i++)
        mm_text_format(w->text, "  \"__why_%s\": %s,\n", w->p->whys[i].key, quoted(w, w->p->whys[i].text));
    mm_text_format(w->text,
                   "  \"epochs\": %lld,\n  \"num_training_epoch_per_valid\": %lld,\n  \"learning_rate\": %g,\n"
                   "  \"determinism\": {\"random_seed\": 0},\n",
                   (long long)w->p->epochs, (long long)w->p->interval, w->p->learning_rate);
}

static void add_model(struct writer *w)
{
    const struct mm_proposal *p = w->p;
    mm_text_format(w->text,
                   "  \"train\": {\n    \"model\": {\n      \"name\": \"UNet\",\n      \"args\": {\n        "
                   "\"spatial_dims\": %d,\n        \"in_channels\": %d,\n"
                   "        \"out_channels\": %d,\n        \"channels\": [",
                   p->rank, p->channels, p->classes);
    for (int i = 0; i < p->levels; i++)
        mm_text_format(w->text, "%s%d", i ? ", " : "", p->widths[i]);
    mm_text_add(w->text, "],\n        \"strides\": [");
    for (int i = 0; i < p->levels - 1; i++)
        mm_text_format(w->text, "%s%s", i ? ", " : "", axes(w, p->strides[i]));
    mm_text_format(w->text,
                   "],\n        \"num_res_units\": 2,\n        \"norm\": \"%s\"\n      }\n    },\n"
                   "    \"loss\": {\"name\": \"DiceCELoss\", \"args\": {\"to_onehot_y\": true, \"softmax\": true, "
                   "\"include_background\": false}},\n"
                   "    \"optimizer\": {\"name\": \"Adam\"},\n"
                   "    \"lr_policy\": {\"name\": \"CosineAnnealingLR\", \"args\": {\"T_max\": \"{epochs}\"}},\n",
                   p->batch_norm ? "batch" : "instance");
}

/* A transform of both fields ("image", "label") or of one. `args` is JSON members. */
static void add_step(struct writer *w, const char *name, const char *keys, const char *args)
{
    const char *shown = !strcmp(keys, "both") ? "[\"image\", \"label\"]" : mm_arena_format(w->arena, "\"%s\"", keys);
    mm_text_format(w->text, "      {\"name\": \"%s\", \"args\": {\"keys\": %s%s%s}}", name, shown, *args ? ", " : "",
                   args);
}

static void next(struct writer *w)
{
    mm_text_add(w->text, ",\n");
}

static void add_mapping(struct writer *w)
{
    struct mm_text args;
    mm_text_init(&args, 4096);
    mm_text_add(&args, "\"orig_labels\": [");
    for (size_t i = 0; i < w->facts->value_count; i++)
        mm_text_format(&args, "%s%g", i ? ", " : "", w->facts->values[i]);
    mm_text_add(&args, "], \"target_labels\": [");
    for (size_t i = 0; i < w->facts->value_count; i++)
        mm_text_format(&args, "%s%zu", i ? ", " : "", i);
    mm_text_add(&args, "]");
    add_step(w, "MapLabelValued", "label", args.bytes);
    mm_text_done(&args);
}

static void add_intensity(struct writer *w)
{
    const struct mm_proposal *p = w->p;
    if (p->window)
        add_step(w, "ScaleIntensityRanged", "image",
                 mm_arena_format(w->arena, "\"a_min\": %g, \"a_max\": %g, \"b_min\": 0, \"b_max\": 1, \"clip\": true",
                                 p->low, p->high));
    else
        add_step(w, "NormalizeIntensityd", "image",
                 p->nonzero && p->channels > 1 ? "\"nonzero\": true, \"channel_wise\": true"
                 : p->nonzero                  ? "\"nonzero\": true"
                 : p->channels > 1             ? "\"channel_wise\": true"
                                               : "");
}

/* The steps that training and validation share, as components or as references to them. */
static void add_shared(struct writer *w, bool refer)
{
    const struct mm_proposal *p = w->p;
    const char *spacing =
        p->rank == 2 ? mm_arena_format(w->arena, "[%g, %g]", p->spacing[0], p->spacing[1])
                     : mm_arena_format(w->arena, "[%g, %g, %g]", p->spacing[0], p->spacing[1], p->spacing[2]);
    const struct {
        bool wanted;
        const char *name, *args;
    } steps[] = {
        {true, "LoadImaged", ""},
        {true, "EnsureChannelFirstd", ""},
        {p->rank == 3, "Orientationd", "\"axcodes\": \"RAS\""},
        {p->resample, "Spacingd",
         mm_arena_format(w->arena, "\"pixdim\": %s, \"mode\": [\"bilinear\", \"nearest\"]", spacing)},
        {p->map_labels, "MapLabelValued", NULL},
        {true, p->window ? "ScaleIntensityRanged" : "NormalizeIntensityd", NULL},
        {true, "SpatialPadd", mm_arena_format(w->arena, "\"spatial_size\": %s", axes(w, p->crop))},
    };
    bool first = true;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (!steps[i].wanted)
            continue;
        if (!first)
            next(w);
        first = false;
        if (refer)
            mm_text_format(w->text, "      {\"ref\": \"%s\"}", steps[i].name);
        else if (steps[i].args)
            add_step(w, steps[i].name, "both", steps[i].args);
        else if (!strcmp(steps[i].name, "MapLabelValued"))
            add_mapping(w);
        else
            add_intensity(w);
    }
}

static void add_random(struct writer *w)
{
    const struct mm_proposal *p = w->p;
    const char *crop = axes(w, p->crop);
    bool many = p->flip[1];
    if (p->balanced || p->crops > 1)
        add_step(
            w, "RandCropByPosNegLabeld", "both",
            mm_arena_format(
                w->arena,
                "\"label_key\": \"label\", \"spatial_size\": %s, \"pos\": %.2g, \"neg\": %.2g, \"num_samples\": %d",
                crop, p->balanced ? 1 : w->facts->foreground, p->balanced ? 1 : 1 - w->facts->foreground, p->crops));
    else
        add_step(w, "RandSpatialCropd", "both",
                 mm_arena_format(w->arena, "\"roi_size\": %s, \"random_size\": false", crop));
    for (int a = 0; a < 2; a++)
        if (p->flip[a]) {
            next(w);
            add_step(w, many ? a ? "RandFlipd#FlipY" : "RandFlipd#FlipX" : "RandFlipd", "both",
                     mm_arena_format(w->arena, "\"prob\": 0.5, \"spatial_axis\": %d", a));
        }
    if (p->turn) {
        next(w);
        add_step(w, "RandRotate90d", "both", "\"prob\": 0.5");
    }
    next(w);
    add_step(w, "RandScaleIntensityd", "image",
             p->window ? "\"factors\": 0.1, \"prob\": 0.5" : "\"factors\": 0.2, \"prob\": 0.5");
    next(w);
    add_step(w, "RandShiftIntensityd", "image",
             p->window ? "\"offsets\": 0.1, \"prob\": 0.5" : "\"offsets\": 0.2, \"prob\": 0.5");
}

static void add_pipeline(struct writer *w, const char *list, bool train)
{
    const struct mm_proposal *p = w->p;
    unsigned workers = w->facts->cores < 2 ? 1 : w->facts->cores > 8 ? 8 : w->facts->cores;
    mm_text_format(
        w->text,
        "    \"image_pipeline\": {\n      \"name\": \"SegmentationImagePipelineWithCache\",\n      \"args\": {\n"
        "        \"data_list_file_path\": \"{DATASET_JSON}\",\n        \"data_file_base_dir\": \"{DATA_ROOT}\",\n"
        "        \"data_list_key\": \"%s\",\n",
        list);
    if (train) {
        mm_text_format(w->text,
                       "        \"output_crop_size\": %s,\n        \"output_batch_size\": %d,\n        "
                       "\"batched_by_transforms\": false,\n",
                       axes(w, p->crop), p->batch);
        if (p->cache)
            mm_text_format(w->text, "        \"num_cache_objects\": %lld,\n", (long long)p->cache);
        mm_text_add(w->text, "        \"prefetch_size\": 4,\n");
    } else
        mm_text_add(w->text, "        \"output_batch_size\": 1,\n");
    mm_text_format(w->text, "        \"num_workers\": %u,\n        \"replace_percent\": %g\n      }\n    }", workers,
                   train ? p->replace : 0);
}

void mm_proposal_write(struct mm_arena *arena, const struct mm_facts *facts, const struct mm_proposal *proposal,
                       struct mm_text *text)
{
    struct writer w = {arena, text, facts, proposal};
    add_head(&w);
    add_model(&w);
    mm_text_add(text, "    \"pre_transforms\": [\n");
    add_shared(&w, false);
    next(&w);
    add_random(&w);
    mm_text_add(text, "\n    ],\n    \"batch_transforms\": [{\"name\": \"MergeBatchDims\", \"args\": {\"fields\": "
                      "[\"image\", \"label\"]}}],\n");
    add_pipeline(&w, "training", true);
    mm_text_add(text, "\n  },\n  \"validate\": {\n    \"metrics\": [\n      {\"name\": \"DiceMetric\", \"args\": "
                      "{\"name\": \"mean_dice\", \"is_key_metric\": true, "
                      "\"include_background\": false}}\n    ],\n    \"pre_transforms\": [\n");
    add_shared(&w, true);
    mm_text_add(text, "\n    ],\n");
    add_pipeline(&w, "validation", false);
    mm_text_format(text,
                   ",\n    \"inferer\": {\n      \"name\": \"SlidingWindowInferer\",\n      \"args\": {\"roi_size\": "
                   "%s, \"sw_batch_size\": %d, \"overlap\": 0.25, "
                   "\"mode\": \"gaussian\"}\n    }\n  }\n}\n",
                   axes(&w, proposal->roi), proposal->rank == 2 ? 4 : 2);
}

/* Every SPLIT-th item goes to the validation list, also when there is only one. */
#define SPLIT 5

enum mm_status mm_proposal_split(struct mm_arena *arena, const struct mm_facts *facts, const char *path,
                                 struct mm_error *err)
{
    enum mm_status s;
    cJSON *root, *training = mm_json_array(arena), *validation = mm_json_array(arena);
    if (MM_TRY(s, mm_json_read(arena, facts->datalist, &root, err)))
        return s;
    size_t i = 0, count = facts->training;
    for (const cJSON *item = mm_json_get(root, "training")->child; item; item = item->next, i++) {
        bool validates = i % SPLIT == SPLIT - 1 || (count < SPLIT && i + 1 == count);
        if (validates)
            mm_json_append(validation, mm_json_copy(arena, item));
        if (!validates || count == 1)
            mm_json_append(training, mm_json_copy(arena, item));
    }
    cJSON *old = (cJSON *)mm_json_get(root, "validation");
    mm_json_replace((cJSON *)mm_json_get(root, "training"), training);
    if (old)
        mm_json_replace(old, validation);
    else if (!mm_json_add(arena, root, "validation", validation))
        return mm_fail_memory(err, "a datalist");
    const char *text = mm_json_print(arena, root, MM_JSON_INDENTED);
    return text ? mm_file_write(path, text, strlen(text), err) : mm_fail_memory(err, "a datalist");
}
