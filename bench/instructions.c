/* Runs one transform once, for bench/instructions to count: `instructions FOLDER NAME`; without NAME the names. What is counted is
 * inside of mm_chain_run. The sample is a phantom of 96x80x40 voxels of 0.8x0.8x3 mm, image float32 and label uint8; LoadImage
 * reads the image from a plain file in FOLDER, so that no library's unpacking is counted. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "image/format.h"
#include "image/phantom.h"
#include "transforms/chain.h"

#define BOTH "\"keys\": [\"image\", \"label\"]"

static const struct {
    const char *name, *args;
} steps[] = {
    {"LoadImage", "\"keys\": \"file\""},
    {"Spacing", BOTH ", \"pixdim\": [1, 1, 1], \"mode\": [\"bilinear\", \"nearest\"]"},
    {"ScaleIntensityRange",
     "\"keys\": \"image\", \"a_min\": 40, \"a_max\": 240, \"b_min\": 0, \"b_max\": 1, \"clip\": true"},
    {"NormalizeIntensity", "\"keys\": \"image\", \"nonzero\": true"},
    {"CropForeground", BOTH ", \"source_key\": \"label\""},
    {"RandCropByPosNegLabel", BOTH ", \"label_key\": \"label\", \"spatial_size\": [48, 48, 32]"},
    {"RandFlip", BOTH ", \"prob\": 1, \"spatial_axis\": 0"},
    {"RandRotate90", BOTH ", \"prob\": 1, \"max_k\": 1"},
    {"RandAffine",
     BOTH ", \"prob\": 1, \"rotate_range\": [0.2, 0.1, 0.1], \"scale_range\": 0.1, \"mode\": [\"bilinear\", "
          "\"nearest\"]"},
    {"RandGaussianNoise", "\"keys\": \"image\", \"prob\": 1, \"std\": 0.1"},
};
enum { STEPS = sizeof steps / sizeof *steps };

static void check(enum mm_status s, const struct mm_error *err)
{
    if (s == MM_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

static void *need(void *made)
{
    if (!made)
        exit(1);
    return made;
}

static struct mm_field *add(struct mm_sample *sample, const char *name, enum mm_field_kind kind)
{
    struct mm_field *field;
    struct mm_error err = {0};
    check(mm_sample_add(sample, name, kind, &field, &err), &err);
    return field;
}

static struct mm_sample *make_sample(struct mm_arena *arena, const char *folder)
{
    const struct mm_phantom spec = {.rank = 3,
                                    .size = {96, 80, 40},
                                    .spacing = {0.8, 0.8, 3},
                                    .classes = 2,
                                    .per_class = 2,
                                    .noise = 8,
                                    .bias = 0.3,
                                    .seed = 1,
                                    .type = MM_I16};
    struct mm_sample *sample = need(mm_sample_make(arena));
    struct mm_volume *image, *label;
    struct mm_error err = {0};
    const char **paths = need(mm_arena_array(arena, const char *, 1));
    paths[0] = need(mm_file_join(arena, folder, "image.nii"));
    check(mm_phantom_make(arena, &spec, 0, &image, &label, &err), &err);
    check(mm_image_write(paths[0], image, &err), &err);
    add(sample, "image", MM_FIELD_VOLUME)->volume = need(mm_volume_convert(arena, image, MM_F32));
    add(sample, "label", MM_FIELD_VOLUME)->volume = label;
    struct mm_field *file = add(sample, "file", MM_FIELD_PATHS);
    file->paths = paths;
    file->count = 1;
    return sample;
}

static struct mm_chain *make_chain(struct mm_arena *arena, size_t step)
{
    const char *text = need(mm_arena_format(arena, "{%s}", steps[step].args));
    struct mm_problems problems;
    struct mm_error err = {0};
    struct mm_chain *chain;
    cJSON *args;
    mm_problems_init(&problems, arena);
    check(mm_json_parse(arena, steps[step].name, text, strlen(text), &args, &err), &err);
    struct mm_component component = {.name = steps[step].name, .args = args, .node = args};
    if (mm_chain_make(arena, &(struct mm_components){1, &component}, &chain, &problems))
        check(mm_problems_fail(&problems, MM_ERR_CONFIG, &err), &err);
    return chain;
}

int main(int argc, char **argv)
{
    struct mm_arena arena;
    struct mm_error err = {0};
    for (size_t i = 0; argc < 3 && i < STEPS; i++)
        printf("%s\n", steps[i].name);
    mm_arena_init(&arena, NULL);
    for (size_t i = 0; argc >= 3 && i < STEPS; i++)
        if (strcmp(argv[2], steps[i].name) == 0) {
            struct mm_sample *sample = make_sample(&arena, argv[1]);
            const struct mm_chain *chain = make_chain(&arena, i);
            check(mm_chain_prepare(chain, 0, sample, &err), &err);
            check(mm_chain_run(chain, 0, 1, sample, &(struct mm_context){.seed = 1}, &err), &err);
        }
    mm_arena_done(&arena);
    return 0;
}
