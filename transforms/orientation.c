/* Exchanges and flips axes so that the voxel axes point the way the letters say: "RAS" = x to the right, y to the
 * front, z up. The axes of the file are those of nibabel's io_orientation. */
#include "image/affine.h"
#include "transforms/turn.h"

struct orientation {
    const char *axcodes;
    bool as_closest_canonical;
};
#define P struct orientation

static const struct mm_param params[] = {
    MM_STRING(P, axcodes, .help = "a letter an axis: R or L, A or P, S or I"),
    MM_BOOL(P, as_closest_canonical, .help = "the same as axcodes RAS"),
    MM_IGNORED("meta_keys", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("meta_key_postfix", .help = "what MONAI keeps beside the image"),
    MM_IGNORED("labels", .help = "other letters; only those of axcodes are known"),
    MM_PARAM_LAZY,
    MM_PARAMS_END};

/* World axis (0 R/L, 1 A/P, 2 S/I) and sign of a letter; false when it is none. */
static bool letter(char code, int *axis, int *sign)
{
    static const char letters[] = "RLAPSI";
    const char *at = code ? strchr(letters, code) : NULL;
    if (!at)
        return false;
    *axis = (int)(at - letters) / 2;
    *sign = (at - letters) % 2 ? -1 : 1;
    return true;
}

static enum mm_status check(struct mm_arena *arena, void *self, struct mm_error *err)
{
    (void)arena;
    const P *p = self;
    if (p->as_closest_canonical)
        return MM_OK;
    if (!p->axcodes)
        return mm_fail(err, MM_ERR_CONFIG, "axcodes is needed, such as \"RAS\"");
    unsigned seen = 0;
    size_t length = strlen(p->axcodes);
    for (size_t i = 0; i < length; i++) {
        int axis, sign;
        if (!letter(p->axcodes[i], &axis, &sign) || seen & 1u << axis)
            return mm_fail(err, MM_ERR_CONFIG, "axcodes \"%s\": one letter of each of R or L, A or P, S or I",
                           p->axcodes);
        seen |= 1u << axis;
    }
    if (length < 2)
        return mm_fail(err, MM_ERR_CONFIG, "axcodes \"%s\": a letter an axis, 2 or 3", p->axcodes);
    return MM_OK;
}

/* The turn that makes output axis a point along letter a. */
static enum mm_status find_turn(const P *p, const struct mm_volume *image, struct mm_turn *turn, struct mm_error *err)
{
    const char *codes = p->as_closest_canonical ? "RAS" : p->axcodes;
    if (strlen(codes) < (size_t)image->rank)
        return mm_fail(err, MM_ERR_CONFIG, "axcodes \"%s\" has fewer letters than the image axes, %d", codes,
                       image->rank);
    int world[3], sign[3];
    mm_affine_orientation(image->affine, image->rank, world, sign);
    *turn = mm_turn_flip(0);
    for (int a = 0; a < image->rank; a++) {
        int wanted = 0, direction = 1, from = 0;
        letter(codes[a], &wanted, &direction);
        while (from < image->rank && world[from] != wanted)
            from++;
        if (from == image->rank)
            return mm_fail(err, MM_ERR_DATA, "axcodes \"%s\": no axis of the image lies along %c", codes, codes[a]);
        turn->permutation[a] = from;
        if (sign[from] != direction)
            turn->flips |= 1u << from;
    }
    return MM_OK;
}

static enum mm_status each(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field, size_t key,
                           const struct mm_context *context, struct mm_error *err)
{
    (void)key, (void)context;
    enum mm_status s;
    struct mm_volume *image;
    struct mm_turn turn;
    if (MM_TRY(s, mm_field_volume(field, &image, err)) || MM_TRY(s, find_turn(step->self, image, &turn, err)))
        return s;
    return mm_turn_apply(step, sample, field, &turn, err);
}

const struct mm_transform mm_transform_orientation = {
    .name = "Orientation",
    .summary = "turn the image so that its axes point the way the letters say",
    .params = params,
    .params_size = sizeof(P),
    .flags = MM_SPATIAL | MM_INVERTIBLE | MM_VIEWS,
    .check = check,
    .each = each,
    .invert = mm_turn_invert,
    .example = "{\"name\": \"Orientationd\", \"args\": {\"keys\": [\"image\", \"label\"], \"axcodes\": \"RAS\"}}",
};
