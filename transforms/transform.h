/* The contract of a transform.
 *
 * Adding a transform:
 *   1. copy transforms/scale_intensity_range.c (voxel-wise), flip.c (spatial, invertible) or rand_flip.c (random);
 *   2. its parameters are a table, its arguments' rules `check`, its work `each` (a field at a time) or `apply` (whole sample);
 *      end the file with the one exported object mm_transform_<file name>;
 *   3. add its line to transforms/list.h (alphabetical);
 *   4. `make check`; `make unit-transforms` runs tests/transforms/test_registry.c over it: defaults, ranges, flags and example are
 *      held to what they say. `make golden` compares it when vectors of its name exist.
 *
 * Names: `name` is MONAI's dictionary name without the "d" (or Clara v3's where MONAI has none); `aliases` are further spellings.
 * Look-up ignores a trailing d, D or Dict, so ScaleIntensityRanged, ScaleIntensityRangeD and Clara's ScaleIntensityRange are one.
 * A v3 transform whose arguments or behaviour differ is a member of its own that calls the same core. */
#ifndef MM_TRANSFORMS_TRANSFORM_H
#define MM_TRANSFORMS_TRANSFORM_H

#include "base/params.h"
#include "base/random.h"
#include "config/config.h"
#include "transforms/sample.h"

enum mm_transform_flags {
    MM_RANDOM = 1 << 0,     /* draws numbers (is_random may refine it for its arguments)              */
    MM_SPATIAL = 1 << 1,    /* changes the grid: records itself with mm_field_moved                   */
    MM_VOXELWISE = 1 << 2,  /* each output voxel depends on the input voxel alone (and on arguments)  */
    MM_IN_PLACE = 1 << 3,   /* writes into the volume it was given when that is not shared            */
    MM_MANY = 1 << 4,       /* one sample in, `outputs` samples out                                   */
    MM_INVERTIBLE = 1 << 5, /* has `invert`                                                           */
    MM_VIEWS =
        1 << 8, /* takes volumes of any strides (views), and may leave such: nothing is copied between two of these */
    MM_RESCALES =
        1 << 9,         /* MM_VIEWS, and takes volumes that wait for a rescaling (image/rescale.h): reads no voxel */
    MM_LABELS = 1 << 6, /* meant for label values: runs on the labels of `evaluate` too when MM_SPATIAL is not set */
    MM_TAKES_PACKED =
        1 << 7, /* only reads sizes and cuts boxes (mm_volume_crop, mm_volume_pad): packed images stay packed */
    MM_GROUP = 1 << 10, /* runs other transforms, its members: transforms/group.h */
};

enum mm_fields_use {
    MM_FIELDS_LISTED, /* "keys" (Clara: "fields", "field") names the fields; required      */
    MM_FIELDS_OWN,    /* names its fields by parameters of its own ("image_field", ...)    */
};

/* What every transform with listed fields takes beside its own table. */
struct mm_transform_common {
    struct mm_strings keys;
    bool allow_missing_keys;
};
extern const struct mm_param mm_transform_common_params[];

/* Where in a run a transform is called: every draw is a function of this and of nothing else. */
struct mm_context {
    uint64_t seed;
    uint32_t epoch, position, visit; /* position in the stream of the cache's policy */
    /* Number of the sample among those there are once the step has run: the crop number from the crop on, 0 before it. An MM_MANY
     * step makes the one of its outputs that `output % outputs` tells. mm_chain_run derives it for each step. */
    uint32_t output;
    struct mm_chain_watch *watch; /* transforms/chain.h; NULL: none */
};

/* A transform with its arguments, at its declared place in the config. */
struct mm_step {
    const struct mm_transform *transform;
    const void *self; /* the parsed parameters */
    struct mm_transform_common common;
    /* Below 4096, and part of the counter of every draw: declared index in the config's list. Members of groups are numbered behind the
     * last of that, so that there are no two of one index, and the others' do not depend on them. */
    uint32_t index;
    const cJSON *node;
    const struct mm_step *inside; /* the group that it is a member of; NULL: a step of the chain itself */
    uint32_t member;              /* which one, from 0 */
};

struct mm_transform {
    const char *name, *aliases, *summary; /* summary: lower case, no full stop */
    const char *notes;                    /* where spellings differ, formulas, sources; NULL when nothing */
    const struct mm_param *params;
    size_t params_size;
    enum mm_fields_use fields;
    unsigned flags;
    /* Rules that span parameters, and derived members of self. NULL: none. `rank`-dependent checks belong to each/apply. */
    enum mm_status (*check)(struct mm_arena *arena, void *self, struct mm_error *err);
    /* Random for these arguments? NULL: as the flag says. A probability of 0 makes a transform deterministic. */
    bool (*is_random)(const void *self);
    /* MM_MANY: samples made of one, for these arguments. */
    size_t (*outputs)(const void *self);
    /* Exactly one of the two. `each` is called for every listed field, in order; `key` is its place in the list, for arguments
     * that give one value a key (mm_ints.items[key < count ? key : count - 1] by custom). */
    enum mm_status (*each)(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err);
    enum mm_status (*apply)(const struct mm_step *step, struct mm_sample *sample, const struct mm_context *context,
                            struct mm_error *err);
    /* Runs once on a sample that is about to be cached, when this step is the first or later of the random suffix: may add a
     * field it will want at every visit (the voxel index of the foreground). NULL: nothing. */
    enum mm_status (*prepare)(const struct mm_step *step, struct mm_sample *sample, struct mm_error *err);
    /* Takes a volume on the grid after the step to the grid before it. Nearest keeps label values, else linear. */
    enum mm_status (*invert)(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                             bool nearest, struct mm_volume **out, struct mm_error *err);
    const char *example; /* a component of a config, as JSON */
    unsigned
        version; /* raised when the same arguments give other results, or another memo: old cache entries are then not used */
};

/* An argument of nearly every spatial transform of MONAI, in the tables of ours. */
#define MM_PARAM_LAZY MM_IGNORED("lazy", .help = "when MONAI computes")

extern const struct mm_transform *const mm_transforms[]; /* NULL-terminated, from list.h */
/* By any spelling; NULL when unknown. */
const struct mm_transform *mm_transform_find(const char *name);

/* The stream of draws of this step at this place. Every field of a step sees the same stream from its start, so image and label
 * move together; draw in the same order for each. */
void mm_step_random(const struct mm_step *step, const struct mm_context *context, struct mm_random *random);
/* True with probability p: the usual first draw of a Rand transform. */
bool mm_step_happens(struct mm_random *random, double probability);

/* Expands a list of 1 or `rank` numbers to three (missing z: `otherwise`); error names the parameter. */
enum mm_status mm_spatial_ints(const struct mm_ints *list, const char *name, int rank, int otherwise, int out[3],
                               struct mm_error *err);
enum mm_status mm_spatial_doubles(const struct mm_doubles *list, const char *name, int rank, double otherwise,
                                  double out[3], struct mm_error *err);
/* Sizes of which those that are not positive stand for the image's own. */
enum mm_status mm_spatial_sizes(const struct mm_ints *list, const char *name, const struct mm_volume *image,
                                int out[3], struct mm_error *err);
/* The value for that key of a list with one value a key (or one for all); NULL of an empty list. */
const char *mm_string_of_key(const struct mm_strings *list, size_t key);
/* Bit mask of axes from MONAI's spatial_axis (int, list or null = all; negative counts from the end). */
enum mm_status mm_spatial_axes(const struct mm_ints *list, int rank, unsigned *mask, struct mm_error *err);

/* The memo of a step that keeps so many bytes; NULL where there are others. A history may have been read from a file, so `invert` checks
 * what the values of a memo would make it touch, and fails with mm_applied_damaged. */
const void *mm_applied_memo(const struct mm_applied *applied, size_t size);
enum mm_status mm_applied_damaged(struct mm_error *err);

/* Undoes all recorded spatial steps of `field` on `prediction`, newest first: from the grid after the chain to the file's. */
enum mm_status mm_field_invert(const struct mm_field *field, struct mm_arena *arena,
                               const struct mm_volume *prediction, bool nearest, struct mm_volume **out,
                               struct mm_error *err);
/* The same for the image of a field, which then lies on the grid of the file of `original` and has no history. */
enum mm_status mm_field_return(struct mm_sample *sample, struct mm_field *field, const struct mm_field *original,
                               bool nearest, struct mm_error *err);

#endif
