/* Collating: samples of equal shapes into plain tensors (n c d h w). The first sample that arrives sets the size of
 * the buffers; every sample records its shape, and the shapes are compared with those of sample 0 at the end, so that
 * the message about a mismatch does not depend on which thread was first. Likewise the type: samples of bytes and others
 * go to a buffer each, and at the end one of the two is the tensor. */
#include "cache/batch.h"

#include <pthread.h>

#define SHAPE_TEXT_MAX 96
#define PAST_FROM      ((size_t)512 << 10) /* bytes of a tensor that will not stay in a core's cache until it is read */

struct shape {
    int spatial;
    int64_t dim[4];    /* c d h w */
    enum mm_type type; /* as written: MM_U8 or MM_F32; no part of the comparison */
};

struct buffer {
    void *data;
    size_t bytes;
};

struct column { /* one field */
    struct shape sized;
    struct buffer narrow, wide; /* of MM_U8 and of MM_F32 */
};

struct mm_batch_writer {
    struct mm_batch_rules rules;
    struct mm_batch batch;
    uint64_t *positions; /* [samples_max] */
    uint32_t *items;
    struct shape *shapes;  /* [samples_max][field_count] */
    pthread_mutex_t mutex; /* over the sizing */
    bool is_sized;
    struct column columns[MM_BATCH_FIELDS_MAX];
};

enum mm_status mm_batch_open(const struct mm_batch_rules *rules, struct mm_batch_writer **out, struct mm_error *err)
{
    struct mm_batch_writer *writer = mm_alloc(sizeof *writer);
    if (!writer)
        return mm_fail_memory(err, "a batch");
    size_t n = rules->samples_max;
    writer->rules = *rules;
    pthread_mutex_init(&writer->mutex, NULL);
    writer->positions = mm_alloc(n * sizeof *writer->positions);
    writer->items = mm_alloc(n * sizeof *writer->items);
    writer->shapes = mm_alloc(n * rules->field_count * sizeof *writer->shapes);
    if (!writer->positions || !writer->items || !writer->shapes) {
        mm_batch_close(writer);
        return mm_fail_memory(err, "a batch");
    }
    writer->batch.field_count = rules->field_count;
    writer->batch.positions = writer->positions;
    writer->batch.items = writer->items;
    for (size_t i = 0; i < rules->field_count; i++)
        writer->batch.fields[i].name = rules->fields[i];
    *out = writer;
    return MM_OK;
}

void mm_batch_close(struct mm_batch_writer *writer)
{
    if (!writer)
        return;
    pthread_mutex_destroy(&writer->mutex);
    for (size_t i = 0; i < MM_BATCH_FIELDS_MAX; i++) {
        struct column *column = &writer->columns[i];
        mm_free_large(column->narrow.data, column->narrow.bytes);
        mm_free_large(column->wide.data, column->wide.bytes);
    }
    mm_free(writer->positions);
    mm_free(writer->items);
    mm_free(writer->shapes);
    mm_free(writer);
}

void mm_batch_begin(struct mm_batch_writer *writer, uint32_t epoch, uint32_t step, uint32_t sample_count)
{
    writer->batch.epoch = epoch;
    writer->batch.step = step;
    writer->batch.sample_count = sample_count;
    writer->is_sized = false;
}

void mm_batch_origin(struct mm_batch_writer *writer, uint32_t index, uint64_t position, uint32_t item)
{
    writer->positions[index] = position;
    writer->items[index] = item;
}

static enum mm_status check_crop(const struct mm_ints *wanted, const struct mm_volume *volume, struct mm_error *err)
{
    for (size_t a = 0; a < wanted->count && a < (size_t)volume->rank; a++)
        if (wanted->items[a] > 0 && wanted->items[a] != volume->size[a])
            return mm_fail(err, MM_ERR_CONFIG,
                           "the transforms make %d voxels along %c, output_crop_size says %lld (-1 allows any size)",
                           volume->size[a], "xyz"[a], (long long)wanted -> items[a]);
    return MM_OK;
}

static enum mm_status shape_of(const struct mm_batch_rules *rules, const struct mm_field *field, struct shape *shape,
                               struct mm_error *err)
{
    if (field->kind == MM_FIELD_CLASS || field->kind == MM_FIELD_NUMBER) {
        *shape = (struct shape){.spatial = 0, .dim = {(int64_t)field->count, 1, 1, 1}, .type = MM_F32};
        return MM_OK;
    }
    enum mm_status s;
    struct mm_volume *volume;
    if (MM_TRY(s, mm_field_volume(field, &volume, err)) || MM_TRY(s, check_crop(&rules->crop_size, volume, err)))
        return s;
    *shape = (struct shape){.spatial = volume->rank,
                            .dim = {volume->channels, volume->size[2], volume->size[1], volume->size[0]},
                            .type = volume->type == MM_U8 ? MM_U8 : MM_F32};
    return MM_OK;
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
    return a->spatial == b->spatial && memcmp(a->dim, b->dim, sizeof a->dim) == 0;
}

static size_t elements_of(const struct shape *shape)
{
    return (size_t)shape->dim[0] * (size_t)shape->dim[1] * (size_t)shape->dim[2] * (size_t)shape->dim[3];
}

/* What is there goes when it does not suffice: nothing of this batch is in it yet. */
static enum mm_status make_room(struct buffer *buffer, size_t bytes, struct mm_error *err)
{
    if (bytes <= buffer->bytes)
        return MM_OK;
    mm_free_large(buffer->data, buffer->bytes);
    buffer->data = mm_alloc_large(bytes);
    buffer->bytes = buffer->data ? bytes : 0;
    return buffer->data ? MM_OK : mm_fail_memory(err, "a batch");
}

static struct buffer *buffer_of(struct column *column, enum mm_type type)
{
    return type == MM_U8 ? &column->narrow : &column->wide;
}

static enum mm_status size_column(struct mm_batch_writer *writer, size_t i, const struct shape *shape,
                                  struct mm_error *err)
{
    struct column *column = &writer->columns[i];
    size_t elements, bytes;
    if (!writer->is_sized)
        column->sized = *shape;
    if (!mm_size_mul(elements_of(&column->sized), writer->batch.sample_count, &elements) ||
        !mm_size_mul(elements, mm_type_bytes(shape->type), &bytes))
        return mm_fail(err, MM_ERR_DATA, "a batch of %u samples is too large", writer->batch.sample_count);
    return make_room(buffer_of(column, shape->type), bytes, err);
}

/* Sizes the tensors by these shapes, unless another sample has, and sees that there is room for these types. */
static enum mm_status size_columns(struct mm_batch_writer *writer, const struct shape *shapes, struct mm_error *err)
{
    enum mm_status s = MM_OK;
    pthread_mutex_lock(&writer->mutex);
    for (size_t i = 0; i < writer->rules.field_count && !s; i++)
        s = size_column(writer, i, &shapes[i], err);
    writer->is_sized = writer->is_sized || !s;
    pthread_mutex_unlock(&writer->mutex);
    return s;
}

/* Where the sample begins, in the buffer of its type. */
static void *place_of(struct column *column, enum mm_type type, uint32_t index)
{
    unsigned char *data = buffer_of(column, type)->data;
    return data + index * elements_of(&column->sized) * mm_type_bytes(type);
}

static void write_field(struct column *column, enum mm_type type, uint32_t index, const struct mm_field *field)
{
    void *to = place_of(column, type, index);
    if (field->kind != MM_FIELD_VOLUME)
        mm_convert(to, type, field->numbers, MM_F64, field->count, 1);
    else if (buffer_of(column, type)->bytes < PAST_FROM)
        mm_volume_flatten(to, type, field->volume);
    else
        mm_volume_flatten_past(to, type, field->volume);
}

enum mm_status mm_batch_add(struct mm_batch_writer *writer, uint32_t index, struct mm_sample *sample,
                            struct mm_error *err)
{
    enum mm_status s;
    struct mm_field *fields[MM_BATCH_FIELDS_MAX];
    size_t count = writer->rules.field_count;
    struct shape *shapes = &writer->shapes[index * count];
    for (size_t i = 0; i < count; i++) {
        if (MM_TRY(s, mm_sample_field(sample, writer->rules.fields[i], &fields[i], err)))
            return s;
        if (mm_field_unpack(sample, fields[i], err) || shape_of(&writer->rules, fields[i], &shapes[i], err))
            return mm_fail_in(err, "%s", writer->rules.fields[i]);
    }
    if (MM_TRY(s, size_columns(writer, shapes, err)))
        return s;
    for (size_t i = 0; i < count; i++)
        if (same_shape(&shapes[i], &writer->columns[i].sized)) /* else mm_batch_end will say so */
            write_field(&writer->columns[i], shapes[i].type, index, fields[i]);
    return MM_OK;
}

/* "1 x 96 x 96 x 64": channels, then the axes as the user counts them, x first. */
static const char *shape_text(const struct shape *shape, char text[SHAPE_TEXT_MAX])
{
    const int64_t *d = shape->dim;
    if (shape->spatial == 0)
        snprintf(text, SHAPE_TEXT_MAX, "%lld numbers", (long long)d[0]);
    else if (shape->spatial == 2)
        snprintf(text, SHAPE_TEXT_MAX, "%lld x %lld x %lld", (long long)d[0], (long long)d[3], (long long)d[2]);
    else
        snprintf(text, SHAPE_TEXT_MAX, "%lld x %lld x %lld x %lld", (long long)d[0], (long long)d[3], (long long)d[2],
                 (long long)d[1]);
    return text;
}

/* File of a sample's field as the datalist names it, for messages. */
static const char *file_of(const struct mm_batch_writer *writer, uint32_t index, const char *field)
{
    const struct mm_item *item = &writer->rules.list->items[writer->items[index]];
    const struct mm_entry *entry = mm_item_get(item, field);
    if (!entry || entry->kind != MM_ENTRY_PATHS)
        entry = mm_item_get(item, "image");
    return entry && entry->kind == MM_ENTRY_PATHS && entry->count ? entry->paths[0] : "no file";
}

static enum mm_status fail_shapes(const struct mm_batch_writer *writer, uint32_t index, size_t i,
                                  struct mm_error *err)
{
    char first[SHAPE_TEXT_MAX], other[SHAPE_TEXT_MAX];
    const char *field = writer->rules.fields[i];
    size_t count = writer->rules.field_count;
    return mm_fail(
        err, MM_ERR_DATA,
        "field \"%s\" is %s in item %u (%s) but %s in item %u (%s): all samples of a batch need one shape; add a "
        "crop or a pad to the transforms, or set output_batch_size to 1",
        field, shape_text(&writer->shapes[i], first), writer->items[0], file_of(writer, 0, field),
        shape_text(&writer->shapes[index * count + i], other), writer->items[index], file_of(writer, index, field));
}

/* The tensor of what was written: that of bytes, where all are; else the bytes among the floats become such. */
static void finish_column(struct mm_batch_writer *writer, size_t i)
{
    struct column *column = &writer->columns[i];
    struct mm_batch_tensor *tensor = &writer->batch.fields[i];
    uint32_t count = writer->batch.sample_count, narrow = 0;
    const struct shape *shapes = writer->shapes + i;
    size_t step = writer->rules.field_count;
    for (uint32_t n = 0; n < count; n++)
        narrow += shapes[n * step].type == MM_U8;
    tensor->type = narrow == count ? MM_U8 : MM_F32;
    for (uint32_t n = 0; n < count && narrow < count; n++)
        if (shapes[n * step].type == MM_U8)
            mm_convert(place_of(column, MM_F32, n), MM_F32, place_of(column, MM_U8, n), MM_U8,
                       elements_of(&column->sized), 1);
    tensor->data = buffer_of(column, tensor->type)->data;
    tensor->spatial = column->sized.spatial;
    tensor->dim[0] = count;
    memcpy(tensor->dim + 1, column->sized.dim, sizeof column->sized.dim);
}

enum mm_status mm_batch_end(struct mm_batch_writer *writer, const struct mm_batch **out, struct mm_error *err)
{
    size_t count = writer->rules.field_count;
    for (uint32_t index = 1; index < writer->batch.sample_count; index++)
        for (size_t i = 0; i < count; i++)
            if (!same_shape(&writer->shapes[i], &writer->shapes[index * count + i]))
                return fail_shapes(writer, index, i, err);
    for (size_t i = 0; i < count; i++)
        if (!same_shape(&writer->shapes[i], &writer->columns[i].sized))
            return mm_fail(err, MM_ERR_DATA,
                           "field \"%s\" had another shape in an item that was skipped: all samples of a batch need "
                           "one shape; add a crop or a pad to the transforms",
                           writer->rules.fields[i]);
    for (size_t i = 0; i < count; i++)
        finish_column(writer, i);
    *out = &writer->batch;
    return MM_OK;
}
