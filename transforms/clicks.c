/* Clicks. Source of the probabilities: MONAI 1.3, monai/apps/deepgrow/transforms.py. */
#include "transforms/clicks.h"

#include <math.h>

#include "image/distance.h"

static char *name_of_side(struct mm_arena *arena, const char *name, enum mm_click_side side)
{
    return mm_arena_format(arena, "%s%s", name, side == MM_CLICKS_INSIDE ? "" : ":background");
}

enum mm_status mm_clicks_get(struct mm_sample *sample, const char *name, struct mm_clicks *out, struct mm_error *err)
{
    *out = (struct mm_clicks){0};
    for (enum mm_click_side side = 0; side < MM_CLICK_SIDES; side++) {
        enum mm_status s;
        struct mm_field *field;
        const char *own = name_of_side(sample->arena, name, side);
        if (!own)
            return mm_fail_memory(err, "a field's name");
        if (side != MM_CLICKS_INSIDE && !mm_sample_find(sample, own))
            continue;
        if (MM_TRY(s, mm_sample_field(sample, own, &field, err)))
            return s;
        if (field->kind != MM_FIELD_POINTS)
            return mm_fail(err, MM_ERR_DATA, "\"%s\" is %s where clicks are needed", own,
                           mm_field_kind_name(field->kind));
        out->count[side] = field->count;
        out->points[side] = (const double(*)[3])field->numbers;
    }
    return MM_OK;
}

enum mm_status mm_clicks_put(struct mm_sample *sample, const char *name, const struct mm_clicks *clicks,
                             struct mm_error *err)
{
    for (enum mm_click_side side = 0; side < MM_CLICK_SIDES; side++) {
        enum mm_status s;
        struct mm_field *field;
        const char *own = name_of_side(sample->arena, name, side);
        if (!own)
            return mm_fail_memory(err, "a field's name");
        if (MM_TRY(s, mm_sample_add(sample, own, MM_FIELD_POINTS, &field, err)))
            return s;
        field->count = clicks->count[side];
        field->numbers = (const double *)clicks->points[side];
    }
    return MM_OK;
}

enum mm_status mm_clicks_add(struct mm_arena *arena, struct mm_clicks *clicks, enum mm_click_side side,
                             const double point[3], struct mm_error *err)
{
    size_t count = clicks->count[side];
    double(*points)[3] = mm_arena_array_of(arena, count + 1, sizeof *points);
    if (!points)
        return mm_fail_memory(err, "clicks");
    if (count)
        memcpy(points, clicks->points[side], count * sizeof *points);
    memcpy(points[count], point, sizeof *points);
    clicks->points[side] = (const double(*)[3])points;
    clicks->count[side] = count + 1;
    return MM_OK;
}

enum mm_status mm_clicks_move(struct mm_arena *arena, const struct mm_clicks *from, const double shift[3],
                              const double factor[3], struct mm_clicks *out, struct mm_error *err)
{
    *out = *from;
    for (enum mm_click_side side = 0; side < MM_CLICK_SIDES; side++) {
        double(*points)[3] = mm_arena_array_of(arena, from->count[side], sizeof *points);
        if (!points)
            return mm_fail_memory(err, "clicks");
        for (size_t i = 0; i < from->count[side]; i++)
            for (int a = 0; a < 3; a++)
                points[i][a] = trunc((from->points[side][i][a] - shift[a]) * factor[a]);
        out->points[side] = (const double(*)[3])points;
    }
    return MM_OK;
}

/* exp(d) - 1 over exp(deepest): the same shares without overflow. A mask that fills the image has no depth: all are equal. */
static double weight(int32_t distance, int32_t deepest)
{
    return distance == MM_DISTANCE_NONE ? 1 : exp(distance - deepest) - exp(-deepest);
}

enum mm_status mm_clicks_draw(struct mm_arena *arena, const uint8_t *mask, const int size[3],
                              struct mm_random *random, double point[3], struct mm_error *err)
{
    size_t voxels = (size_t)size[0] * (size_t)size[1] * (size_t)size[2], chosen = 0;
    int32_t *distance = mm_arena_array(arena, int32_t, voxels), deepest = 0;
    if (!distance)
        return mm_fail_memory(err, "distances in a mask");
    mm_distance_chessboard(mask, size, distance);
    double total = 0, seen = 0;
    for (size_t i = 0; i < voxels; i++)
        deepest = distance[i] > deepest ? distance[i] : deepest;
    for (size_t i = 0; i < voxels; i++)
        total += distance[i] ? weight(distance[i], deepest) : 0;
    double target = mm_random_double(random) * total;
    for (size_t i = 0; i < voxels; i++) {
        if (!distance[i])
            continue;
        chosen = i;
        seen += weight(distance[i], deepest);
        if (seen > target)
            break;
    }
    point[0] = (double)(chosen % (size_t)size[0]);
    point[1] = (double)(chosen / (size_t)size[0] % (size_t)size[1]);
    point[2] = (double)(chosen / (size_t)size[0] / (size_t)size[1]);
    return MM_OK;
}
