/* Conversion of a field's voxels to a named type. */
#include "transforms/cast.h"

#include <math.h>

static const struct {
    const char *name;
    enum mm_type type;
} names[] = {
    {"bool", MM_U8},     {"uint8", MM_U8},   {"int8", MM_I8},     {"uint16", MM_U16},
    {"int16", MM_I16},   {"short", MM_I16},  {"uint32", MM_U32},  {"int32", MM_I32},
    {"int", MM_I32},     {"uint64", MM_U64}, {"int64", MM_I64},   {"long", MM_I64},
    {"float32", MM_F32}, {"float", MM_F32},  {"float64", MM_F64}, {"double", MM_F64},
};

static enum mm_type type_of(const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].type;
    mm_bug("\"%s\" is not in MM_CAST_TYPES", name);
}

/* Chunks through double: fractions cut off, or 1 for what is not 0. */
static void cast_chunks(const struct mm_volume *from, bool to_bool, struct mm_volume *to)
{
    double x[MM_VOXELS_CHUNK];
    for (int c = 0; c < from->channels; c++)
        for (size_t at = 0, n; (n = mm_voxels_get(from, c, at, x)); at += n) {
            for (size_t i = 0; i < n; i++)
                x[i] = to_bool ? x[i] != 0 : trunc(x[i]);
            mm_voxels_put(to, c, at, n, x);
        }
}

enum mm_status mm_cast_field(struct mm_sample *sample, struct mm_field *field, const char *name, struct mm_error *err)
{
    enum mm_type type = type_of(name);
    bool to_bool = strcmp(name, "bool") == 0;
    if (field->kind != MM_FIELD_VOLUME || (field->volume->type == type && !to_bool))
        return MM_OK;
    enum mm_status s;
    const struct mm_volume *from;
    struct mm_volume *to;
    if (MM_TRY(s, mm_voxels_read(sample, field, &from, err)))
        return s;
    if (to_bool || (mm_type_is_integer(type) && !mm_type_is_integer(from->type))) {
        if (MM_TRY(s, mm_voxels_make(sample, from, type, 0, &to, err)))
            return s;
        cast_chunks(from, to_bool, to);
    } else if (!(to = mm_volume_convert(sample->arena, from, type))) {
        return mm_fail_memory(err, "an image of another type");
    }
    mm_field_put(sample, field, to);
    return MM_OK;
}
