/* Boxes cut out of images. The memo of a step is its box. */
#include "transforms/box.h"

#include "image/packed.h"

struct mm_box_fill mm_box_fill_of(const struct mm_strings *mode, size_t key, double value)
{
    static const struct {
        const char *name;
        enum mm_pad_mode mode;
    } modes[] = {{"constant", MM_PAD_CONSTANT},  {"edge", MM_PAD_EDGE},       {"replicate", MM_PAD_EDGE},
                 {"reflect", MM_PAD_REFLECT},    {"wrap", MM_PAD_WRAP},       {"circular", MM_PAD_WRAP},
                 {"minimum", MM_PAD_MINIMUM},    {"maximum", MM_PAD_MAXIMUM}, {"mean", MM_PAD_MEAN},
                 {"symmetric", MM_PAD_SYMMETRIC}};
    struct mm_box_fill fill = {.mode = MM_PAD_CONSTANT, .value = value};
    const char *name = mm_string_of_key(mode, key);
    for (size_t i = 0; name && i < sizeof modes / sizeof *modes; i++)
        if (strcmp(modes[i].name, name) == 0)
            fill.mode = modes[i].mode;
    return fill;
}

static bool is_whole(const struct mm_volume *image, const struct mm_box *box)
{
    for (int a = 0; a < 3; a++)
        if (box->start[a] != 0 || box->size[a] != image->size[a])
            return false;
    return true;
}

static bool is_inside(const struct mm_volume *image, const struct mm_box *box)
{
    for (int a = 0; a < 3; a++)
        if (box->start[a] < 0 || box->size[a] > image->size[a] - box->start[a])
            return false;
    return true;
}

/* Would an image of that type keep the value as it is? */
static bool holds(enum mm_type type, double value)
{
    double kept;
    uint64_t voxel;
    mm_convert(&voxel, type, &value, MM_F64, 1, 1);
    mm_convert(&kept, MM_F64, &voxel, type, 1, 1);
    return kept == value || !mm_type_is_integer(type);
}

struct mm_volume *mm_box_cut(struct mm_arena *arena, const struct mm_volume *image, const struct mm_box *box,
                             const struct mm_box_fill *fill)
{
    if (!fill || is_inside(image, box))
        return mm_volume_crop(arena, image, box, 0);
    if (fill->mode == MM_PAD_CONSTANT && !holds(image->type, fill->value))
        image = mm_volume_convert(arena, image, MM_F32);
    return image ? mm_volume_pad(arena, image, box, fill->mode, fill->value) : NULL;
}

enum mm_status mm_box_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                            const struct mm_box *box, const struct mm_box_fill *fill, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image, *out;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    if (is_whole(image, box))
        return MM_OK;
    for (int a = 0; a < 3; a++)
        if (box->size[a] <= 0)
            return mm_fail(err, MM_ERR_DATA, "nothing is left of %dx%dx%d voxels: axis %d gets %d", image->size[0],
                           image->size[1], image->size[2], a, box->size[a]);
    if (is_inside(image, box) && !image->packed)
        out = mm_volume_view_box(sample->arena, image, box);
    else
        out = mm_box_cut(sample->arena, image, box, fill);
    if (!out)
        return mm_fail_memory(err, "a cropped or padded image");
    return mm_field_moved(sample, field, step, out, box, sizeof *box, err);
}

bool mm_box_is_possible(const struct mm_box *box)
{
    const int most = 1 << 30;
    for (int a = 0; a < 3; a++)
        if (box->start[a] < -most || box->start[a] > most || box->size[a] <= 0 || box->size[a] > most)
            return false;
    return true;
}

enum mm_status mm_box_invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                             bool nearest, struct mm_volume **out, struct mm_error *err)
{
    (void)nearest;
    const struct mm_box *box = mm_applied_memo(applied, sizeof *box);
    if (!box || !mm_box_is_possible(box))
        return mm_applied_damaged(err);
    struct mm_box back;
    for (int a = 0; a < 3; a++) {
        back.start[a] = -box->start[a];
        back.size[a] = applied->size_before[a];
    }
    *out = mm_volume_crop(arena, in, &back, 0);
    return *out ? MM_OK : mm_fail_memory(err, "an image");
}

struct mm_box mm_box_about(const struct mm_volume *image, const int middle[3], const int size[3])
{
    struct mm_box box;
    for (int a = 0; a < 3; a++) {
        int start = middle[a] - size[a] / 2;
        box.start[a] = start > 0 ? start : 0;
        box.size[a] = size[a] < image->size[a] - box.start[a] ? size[a] : image->size[a] - box.start[a];
    }
    return box;
}

struct mm_box mm_box_centre(const struct mm_volume *image, const int size[3])
{
    const int middle[3] = {image->size[0] / 2, image->size[1] / 2, image->size[2] / 2};
    return mm_box_about(image, middle, size);
}

struct mm_box mm_box_inside(const struct mm_volume *image, const int middle[3], const int size[3])
{
    struct mm_box box;
    for (int a = 0; a < 3; a++) {
        int n = image->size[a];
        box.size[a] = size[a] < n ? size[a] : n;
        int start = middle[a] - box.size[a] / 2, last = n - box.size[a];
        box.start[a] = start < 0 ? 0 : start > last ? last : start;
    }
    return box;
}

struct mm_box mm_box_enlarged(const struct mm_volume *image, const int size[3], bool at_end)
{
    struct mm_box box;
    for (int a = 0; a < 3; a++) {
        int more = size[a] > image->size[a] ? size[a] - image->size[a] : 0;
        box.start[a] = at_end ? 0 : -(more / 2);
        box.size[a] = image->size[a] + more;
    }
    return box;
}

void mm_box_place(const struct mm_volume *image, struct mm_random *random, struct mm_box *box)
{
    for (int a = 0; a < image->rank; a++)
        box->start[a] = (int)mm_random_below(random, (uint32_t)(image->size[a] - box->size[a]) + 1);
}

int mm_box_multiple(int n, int k)
{
    return k > 0 ? (n + k - 1) / k * k : n;
}

enum mm_status mm_box_fits(const struct mm_volume *image, const int size[3], struct mm_error *err)
{
    for (int a = 0; a < 3; a++)
        if (size[a] > image->size[a])
            return mm_fail(
                err, MM_ERR_DATA,
                "the crop of %dx%dx%d voxels is larger than the image, %dx%dx%d: pad first (SpatialPad) or make the "
                "crop smaller",
                size[0], size[1], size[2], image->size[0], image->size[1], image->size[2]);
    return MM_OK;
}

struct mm_volume *mm_box_voxel(struct mm_arena *arena, const struct mm_volume *image, uint32_t voxel)
{
    uint32_t nx = (uint32_t)image->size[0], ny = (uint32_t)image->size[1];
    const struct mm_box box = {{(int)(voxel % nx), (int)(voxel / nx % ny), (int)(voxel / nx / ny)}, {1, 1, 1}};
    return mm_volume_crop(arena, image, &box, 0);
}

enum mm_status mm_box_unpack(struct mm_arena *arena, const struct mm_volume **image, struct mm_error *err)
{
    struct mm_volume *dense;
    if (!*image || !(*image)->packed)
        return MM_OK;
    enum mm_status s = mm_volume_unpack(arena, *image, &dense, err);
    *image = s ? *image : dense;
    return s;
}
