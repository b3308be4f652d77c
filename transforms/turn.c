/* Flips and quarter turns. The memo of a step is its turn. */
#include "transforms/turn.h"

struct mm_turn mm_turn_flip(unsigned axes)
{
    return (struct mm_turn){{0, 1, 2}, axes};
}

struct mm_turn mm_turn_rot90(int64_t k, const int axes[2])
{
    struct mm_turn turn = mm_turn_flip(0);
    int turns = (int)((k % 4 + 4) % 4), a = axes[0], b = axes[1];
    if (turns == 2)
        turn.flips = 1u << a | 1u << b;
    if (turns % 2 == 0)
        return turn;
    turn.flips = 1u << (turns == 1 ? b : a);
    turn.permutation[a] = b;
    turn.permutation[b] = a;
    return turn;
}

enum mm_status mm_turn_axes(const struct mm_ints *list, int rank, int axes[2], struct mm_error *err)
{
    if (list->count != 2)
        return mm_fail(err, MM_ERR_CONFIG, "spatial_axes has %zu values, a plane has 2 axes", list->count);
    for (int i = 0; i < 2; i++) {
        int64_t axis = list->items[i];
        if (axis < -rank || axis >= rank)
            return mm_fail(err, MM_ERR_CONFIG, "spatial_axes: axis %lld, an image of %d axes allows %d to %d",
                           (long long)axis, rank, -rank, rank - 1);
        axes[i] = (int)(axis < 0 ? axis + rank : axis);
    }
    if (axes[0] == axes[1])
        return mm_fail(err, MM_ERR_CONFIG, "spatial_axes names axis %d twice", axes[0]);
    return MM_OK;
}

enum mm_status mm_turn_apply(const struct mm_step *step, struct mm_sample *sample, struct mm_field *field,
                             const struct mm_turn *turn, struct mm_error *err)
{
    enum mm_status s;
    struct mm_volume *image;
    if (MM_TRY(s, mm_field_volume(field, &image, err)))
        return s;
    if (turn->flips == 0 && turn->permutation[0] == 0 && turn->permutation[1] == 1)
        return MM_OK;
    struct mm_volume *turned = mm_volume_view_turned(sample->arena, image, turn->permutation, turn->flips);
    if (!turned)
        return mm_fail_memory(err, "a turned image");
    return mm_field_moved(sample, field, step, turned, turn, sizeof *turn, err);
}

bool mm_turn_is_permutation(const int permutation[3])
{
    unsigned axes = 0;
    for (int a = 0; a < 3; a++)
        axes |= permutation[a] >= 0 && permutation[a] < 3 ? 1u << permutation[a] : 0;
    return axes == 7;
}

enum mm_status mm_turn_invert(const struct mm_applied *applied, struct mm_arena *arena, const struct mm_volume *in,
                              bool nearest, struct mm_volume **out, struct mm_error *err)
{
    (void)nearest;
    const struct mm_turn *turn = mm_applied_memo(applied, sizeof *turn);
    struct mm_turn back = {.flips = 0};
    if (!turn || !mm_turn_is_permutation(turn->permutation))
        return mm_applied_damaged(err);
    for (int a = 0; a < 3; a++) {
        int from = turn->permutation[a];
        back.permutation[from] = a;
        if (turn->flips & 1u << from)
            back.flips |= 1u << a;
    }
    *out = mm_volume_reorient(arena, in, back.permutation, back.flips);
    return *out ? MM_OK : mm_fail_memory(err, "an image");
}
