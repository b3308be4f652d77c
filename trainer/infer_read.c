/* Inferers as configs name them; see infer.h. */
#include <string.h>

#include "base/names.h"
#include "config/config.h"
#include "trainer/infer.h"

#define P       struct mm_inferer
#define SLIDING "SlidingWindowInferer TFScanWindowInferer"
#define SIMPLE  "SimpleInferer TFSimpleInferer"

static const struct mm_param sliding[] = {
    MM_INTS(P, roi_size, .required = true, .min = -1, .max = 1 << 16, .count_min = 1, .count_max = 3, .unit = "voxel",
            .help = "window (x, y[, z]); 0 or -1: the image's size"),
    MM_INT(P, sw_batch_size, .aliases = "batch_size", .def = 1, .min = 1, .max = 4096,
           .help = "windows in a call of the network"),
    MM_DOUBLES(P, overlap, .def_text = "[0.25]", .min = 0, .max = 0.9999, .count_min = 1, .count_max = 3,
               .help = "share of a window"),
    MM_CHOICE(P, mode, .choices = "constant gaussian", .def_text = "constant",
              .help = "weights of a window's voxels"),
    MM_DOUBLE(P, sigma_scale, .def = 0.125, .min = 0, .exclusive_min = true, .max = 100,
              .help = "Gaussian sigma as a share of the window"),
    MM_CHOICE(P, padding_mode, .choices = "constant reflect replicate circular", .def_text = "constant",
              .help = "what surrounds an image smaller than the window"),
    MM_DOUBLE(P, cval, .min = -1e9, .max = 1e9, .help = "value of constant padding"),
    MM_IGNORED("sw_device", .help = "the network's device is used"),
    MM_IGNORED("device", .help = "the network's device is used"),
    MM_IGNORED("progress", .help = "progress is shown by the command"),
    MM_IGNORED("cache_roi_weight_map", .help = "the weights are computed once a volume"),
    MM_IGNORED("cpu_thresh", .help = "memory is bounded anyway"),
    MM_IGNORED("buffer_steps", .help = "memory is bounded anyway"),
    MM_IGNORED("buffer_dim", .help = "memory is bounded anyway"),
    MM_PARAMS_END,
};
static const struct mm_param simple[] = {
    MM_IGNORED("roi_size", .help = "the whole image is one window"),
    MM_IGNORED("batch_size", .help = "the whole image is one window"),
    MM_PARAMS_END,
};

enum mm_status mm_inferer_read(struct mm_arena *arena, const struct mm_component *component, struct mm_inferer *out,
                               struct mm_problems *problems)
{
    *out =
        (struct mm_inferer){.sw_batch_size = 1, .mode = "constant", .sigma_scale = 0.125, .padding_mode = "constant"};
    if (!component)
        return MM_OK;
    const struct mm_param_target target = {mm_names_contain(SLIDING, component->name) ? sliding : simple, out};
    if (target.table == simple && !mm_names_contain(SIMPLE, component->name)) {
        char word[64], hint[128];
        struct mm_nearest nearest;
        mm_nearest_init(&nearest, component->name);
        mm_nearest_offer_words(&nearest, SLIDING " " SIMPLE, word, sizeof(word));
        mm_problem(problems, MM_SEVERITY_ERROR, component->node, "unknown inferer \"%s\"%s", component->name,
                   mm_nearest_hint(&nearest, hint, sizeof(hint)));
        return MM_ERR_CONFIG;
    }
    return mm_params_read(arena, &target, 1, component->args, component->node, problems);
}
