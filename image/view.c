/* Views: other headers over the same voxels, whose strides say where they start and which way they run. Crops, flips
 * and turns that follow one another are so one index map, and voxels move once, when somebody wants them dense. */
#include "image/affine.h"
#include "image/volume.h"

struct mm_volume *mm_volume_view(struct mm_arena *arena, const struct mm_volume *from)
{
    struct mm_volume *v = mm_arena_new(arena, struct mm_volume);
    if (!v)
        return NULL;
    *v = *from;
    v->shared = true;
    return v;
}

static void move_start(struct mm_volume *v, int axis, int by)
{
    v->data = (unsigned char *)v->data + by * v->stride[axis] * (ptrdiff_t)mm_type_bytes(v->type);
}

struct mm_volume *mm_volume_view_box(struct mm_arena *arena, const struct mm_volume *from, const struct mm_box *box)
{
    const double corner[3] = {box->start[0], box->start[1], box->start[2]};
    struct mm_volume *v = mm_volume_view(arena, from);
    if (!v)
        return NULL;
    for (int a = 0; a < 3; a++) {
        move_start(v, a, box->start[a]);
        v->size[a] = box->size[a];
    }
    mm_affine_shift(v->affine, corner);
    return v;
}

struct mm_volume *mm_volume_view_turned(struct mm_arena *arena, const struct mm_volume *from,
                                        const int permutation[3], unsigned flips)
{
    double matrix[16] = {[15] = 1}; /* output voxel -> input voxel */
    struct mm_volume *v = mm_volume_view(arena, from);
    if (!v)
        return NULL;
    for (int a = 0; a < 3; a++) {
        int in = permutation[a], last = from->size[in] - 1;
        bool flipped = flips >> in & 1;
        v->size[a] = from->size[in];
        v->stride[a] = flipped ? -from->stride[in] : from->stride[in];
        if (flipped)
            v->data = (unsigned char *)v->data + last * from->stride[in] * (ptrdiff_t)mm_type_bytes(from->type);
        matrix[4 * in + a] = flipped ? -1 : 1;
        matrix[4 * in + 3] = flipped ? last : 0;
    }
    mm_affine_multiply(v->affine, from->affine, matrix);
    return v;
}

struct mm_volume *mm_volume_reorient(struct mm_arena *arena, const struct mm_volume *from, const int permutation[3],
                                     unsigned flips)
{
    const struct mm_volume *turned = mm_volume_view_turned(arena, from, permutation, flips);
    return turned ? mm_volume_copy(arena, turned) : NULL;
}
