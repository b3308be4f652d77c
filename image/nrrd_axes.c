/* The axes of NRRD: which are x, y, z and which holds channels, and where they point.
 *
 * Channels are the axis whose space direction is `none`; without directions the one whose kind is no place in space
 * (list, vector, RGB-color, time ...); without either the fourth. World coordinates come to RAS+ from the three named
 * spaces; any other, or none, counts as left-posterior-superior, as in ITK. */
#include <math.h>

#include "image/affine.h"
#include "image/nrrd_internal.h"

#define CHANNELS 3 /* among places */

/* X of the spaces, as signs of RAS+. */
static const struct {
    const char *names;
    double sign[3];
} spaces[] = {
    {"right-anterior-superior RAS", {1, 1, 1}},
    {"left-anterior-superior LAS", {-1, 1, 1}},
    {"left-posterior-superior LPS", {-1, -1, 1}},
};

struct direction {
    bool is_none;
    double vector[3];
};

static enum mm_status fail_field(const struct mm_nrrd *n, enum mm_nrrd_field field, const char *name,
                                 const char *needs, struct mm_error *err)
{
    return mm_fail(err, MM_ERR_DATA, "%s are \"%.*s\": %s", name, MM_PIECE_SHOWN(n->field[field]), needs);
}

/* "(a,b,c)" off the rest, with any blanks. */
static bool take_vector(struct mm_piece *rest, int length, double *out)
{
    char text[256];
    size_t used = 0;
    if (!rest->length || *rest->at != '(')
        return false;
    const char *end = memchr(rest->at, ')', rest->length);
    if (!end || (size_t)(end - rest->at) > sizeof text)
        return false;
    for (const char *c = rest->at + 1; c < end; c++)
        text[used++] = *c == ',' ? ' ' : *c;
    rest->length -= (size_t)(end + 1 - rest->at);
    rest->at = end + 1;
    return mm_piece_reals((struct mm_piece){text, used}, out, length);
}

static void pass_blanks(struct mm_piece *rest)
{
    while (rest->length && (*rest->at == ' ' || *rest->at == '\t')) {
        rest->at++;
        rest->length--;
    }
}

/* One direction an axis; `length` components each. */
static bool read_directions(const struct mm_nrrd *n, int length, struct direction *out)
{
    struct mm_piece rest = n->field[MM_NRRD_SPACE_DIRECTIONS];
    for (int a = 0; a < n->dimension; a++) {
        out[a] = (struct direction){.is_none = false};
        pass_blanks(&rest);
        if (rest.length >= 4 && mm_piece_is((struct mm_piece){rest.at, 4}, "none")) {
            out[a].is_none = true;
            rest.at += 4;
            rest.length -= 4;
        } else if (!take_vector(&rest, length, out[a].vector)) {
            return false;
        }
    }
    pass_blanks(&rest);
    return rest.length == 0;
}

static enum mm_status place_axes(struct mm_nrrd *n, const bool is_channels[MM_NRRD_AXES], struct mm_error *err)
{
    int spatial = 0, channels = 0;
    n->info.channels = 1;
    for (int a = 0; a < 3; a++)
        n->info.size[a] = 1;
    for (int a = 0; a < n->dimension; a++) {
        n->place[a] = is_channels[a] ? CHANNELS : spatial++;
        channels += is_channels[a];
    }
    if (channels > 1 || spatial < 2 || spatial > 3)
        return mm_fail(err, MM_ERR_DATA,
                       "%d axes in space and %d others: an image has 2 or 3 in space and at most one of channels",
                       spatial, channels);
    n->info.rank = spatial;
    size_t stride = 1;
    for (int a = 0; a < n->dimension; a++) {
        n->numbers.stride[n->place[a]] = stride;
        if (!mm_size_mul(stride, (size_t)n->size[a], &stride))
            return mm_fail(err, MM_ERR_DATA, "the sizes are too large");
        if (is_channels[a])
            n->info.channels = (int)n->size[a];
        else
            n->info.size[n->place[a]] = (int)n->size[a];
    }
    return MM_OK;
}

/* By kinds, or the fourth. */
static enum mm_status find_channels(const struct mm_nrrd *n, bool is_channels[MM_NRRD_AXES], struct mm_error *err)
{
    struct mm_piece rest = n->field[MM_NRRD_KINDS], kind;
    for (int a = 0; a < n->dimension; a++) {
        is_channels[a] = !n->field[MM_NRRD_KINDS].at && a == 3;
        if (!n->field[MM_NRRD_KINDS].at)
            continue;
        if (!mm_piece_word(&rest, &kind))
            return fail_field(n, MM_NRRD_KINDS, "kinds", "one for each axis is needed", err);
        is_channels[a] =
            !mm_piece_among(kind, "domain space") && !(n->dimension < 4 && mm_piece_among(kind, "??? none"));
    }
    return MM_OK;
}

static void signs_of_space(const struct mm_nrrd *n, double sign[3])
{
    size_t i = 0, last = sizeof spaces / sizeof *spaces - 1;
    while (i < last && !(n->field[MM_NRRD_SPACE].at && mm_piece_among(n->field[MM_NRRD_SPACE], spaces[i].names)))
        i++;
    memcpy(sign, spaces[i].sign, sizeof spaces[i].sign);
}

/* Three in every space that has a name; "...-time" has four. */
static enum mm_status read_space_dimension(const struct mm_nrrd *n, int *dimension, struct mm_error *err)
{
    struct mm_piece text = n->field[MM_NRRD_SPACE_DIMENSION], space = n->field[MM_NRRD_SPACE];
    int64_t value = 3;
    bool has_time = space.length > 5 && mm_piece_is((struct mm_piece){space.at + space.length - 5, 5}, "-time");
    if (has_time || (text.at && !mm_piece_integers(text, &value, 1)) || value < 2 || value > 3)
        return mm_fail(err, MM_ERR_DATA, "space is \"%.*s\" of \"%.*s\" dimensions: 2 or 3 are read, without time",
                       MM_PIECE_SHOWN(space), MM_PIECE_SHOWN(text));
    *dimension = (int)value;
    return MM_OK;
}

/* Two axes in space of three: the third column is the unit normal of the slice. */
static void add_normal(double m[16])
{
    double normal[3], length = 0;
    for (int r = 0; r < 3; r++) {
        int i = 4 * ((r + 1) % 3), k = 4 * ((r + 2) % 3);
        normal[r] = m[i] * m[k + 1] - m[k] * m[i + 1];
        length += normal[r] * normal[r];
    }
    for (int r = 0; r < 3; r++)
        m[4 * r + 2] = normal[r] / sqrt(length);
}

static enum mm_status set_origin(struct mm_nrrd *n, int space_dimension, struct mm_error *err)
{
    double origin[3] = {0, 0, 0}, sign[3];
    struct mm_piece rest = n->field[MM_NRRD_SPACE_ORIGIN];
    if (rest.at && !take_vector(&rest, space_dimension, origin))
        return fail_field(n, MM_NRRD_SPACE_ORIGIN, "space origin", "a vector like (0,0,0) is needed", err);
    signs_of_space(n, sign);
    for (int r = 0; r < 3; r++) {
        n->info.affine[4 * r + 3] = origin[r];
        for (int c = 0; c < 4; c++)
            n->info.affine[4 * r + c] = n->info.affine[4 * r + c] * sign[r] + 0.0; /* no negative zero */
    }
    return mm_decode_check_affine(n->info.affine, err);
}

static enum mm_status read_with_directions(struct mm_nrrd *n, int space_dimension, struct mm_error *err)
{
    struct direction direction[MM_NRRD_AXES];
    bool is_channels[MM_NRRD_AXES];
    enum mm_status s;
    if (!read_directions(n, space_dimension, direction))
        return fail_field(n, MM_NRRD_SPACE_DIRECTIONS, "space directions",
                          "a vector like (1,0,0) or none is needed for each axis", err);
    for (int a = 0; a < n->dimension; a++)
        is_channels[a] = direction[a].is_none;
    if (MM_TRY(s, place_axes(n, is_channels, err)))
        return s;
    for (int a = 0; a < n->dimension; a++) {
        for (int r = 0; r < 3 && !is_channels[a]; r++)
            n->info.affine[4 * r + n->place[a]] = direction[a].vector[r];
    }
    if (n->info.rank == 2 && space_dimension == 3)
        add_normal(n->info.affine);
    return MM_OK;
}

/* Spacing along the axes of space; nan for channels and where it is not known, then 1. */
static enum mm_status read_with_spacings(struct mm_nrrd *n, struct mm_error *err)
{
    double spacing[MM_NRRD_AXES] = {1, 1, 1, 1};
    bool is_channels[MM_NRRD_AXES];
    enum mm_status s;
    if (n->field[MM_NRRD_SPACINGS].at && !mm_piece_reals(n->field[MM_NRRD_SPACINGS], spacing, n->dimension))
        return fail_field(n, MM_NRRD_SPACINGS, "spacings", "a number for each axis is needed", err);
    if (MM_TRY(s, find_channels(n, is_channels, err)) || MM_TRY(s, place_axes(n, is_channels, err)))
        return s;
    for (int a = 0; a < n->dimension; a++) {
        if (!is_channels[a] && !isnan(spacing[a]))
            n->info.affine[5 * n->place[a]] = spacing[a];
    }
    return MM_OK;
}

enum mm_status mm_nrrd_read_axes(struct mm_nrrd *n, struct mm_error *err)
{
    int space_dimension = 3;
    enum mm_status s;
    mm_affine_identity(n->info.affine);
    if (MM_TRY(s, read_space_dimension(n, &space_dimension, err)))
        return s;
    s = n->field[MM_NRRD_SPACE_DIRECTIONS].at ? read_with_directions(n, space_dimension, err)
                                              : read_with_spacings(n, err);
    return s ? s : set_origin(n, space_dimension, err);
}
