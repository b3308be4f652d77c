/* Fields of samples: finding, adding, sharing, copying, and the record of spatial steps. */
#include "chains.h"
#include "image/packed.h"

static void items_become_fields(void **state)
{
    struct bench *b = *state;
    const char *const paths[] = {"a.nii", "b.nii"}, *const text[] = {"case 7"};
    const double numbers[] = {3};
    const struct mm_entry entries[] = {
        {.key = "image", .kind = MM_ENTRY_PATHS, .count = 2, .paths = paths},
        {.key = "label", .kind = MM_ENTRY_NUMBERS, .count = 1, .numbers = numbers},
        {.key = "id", .kind = MM_ENTRY_TEXT, .count = 1, .paths = text},
    };
    const struct mm_item item = {.count = 3, .entries = entries};
    struct mm_sample *sample;
    assert_int_equal(mm_sample_from_item(&b->arena, &item, 17, &sample, &b->err), MM_OK);
    assert_int_equal(sample->item, 17);
    assert_int_equal(sample->count, 3);
    const struct mm_field *image = mm_sample_find(sample, "image");
    assert_int_equal(image->kind, MM_FIELD_PATHS);
    assert_int_equal(image->count, 2);
    assert_string_equal(image->source, "a.nii");
    assert_true(mm_sample_find(sample, "label")->numbers[0] == 3);
    assert_string_equal(mm_sample_find(sample, "id")->text, "case 7");
}

static void messages_say_what_is_there(void **state)
{
    struct bench *b = *state;
    struct mm_field *field;
    mm_sample_add(b->sample, "image", MM_FIELD_PATHS, &field, NULL);
    mm_sample_add(b->sample, "class", MM_FIELD_CLASS, &field, NULL);
    assert_int_equal(mm_sample_field(b->sample, "imgae", &field, &b->err), MM_ERR_DATA);
    assert_string_equal(b->err.text, "there is no field \"imgae\", did you mean image? (there are: image, class)");
    assert_int_equal(mm_sample_volume(b->sample, "image", &field, &b->err), MM_ERR_DATA);
    assert_non_null(strstr(b->err.text, "\"image\" is not loaded yet"));
    assert_int_equal(mm_sample_volume(b->sample, "class", &field, &b->err), MM_ERR_DATA);
    assert_string_equal(b->err.text, "field \"class\" is class numbers, an image is needed");
}

static void fields_are_replaced_removed_and_limited(void **state)
{
    struct bench *b = *state;
    struct mm_field *field;
    char name[16];
    for (int i = 0; i < MM_SAMPLE_FIELDS_MAX; i++) {
        snprintf(name, sizeof name, "f%d", i);
        assert_int_equal(mm_sample_add(b->sample, name, MM_FIELD_TEXT, &field, &b->err), MM_OK);
    }
    assert_int_equal(mm_sample_add(b->sample, "more", MM_FIELD_TEXT, &field, &b->err), MM_ERR_DATA);
    assert_non_null(strstr(b->err.text, "at most 24"));
    field->source = "somewhere";
    assert_int_equal(mm_sample_add(b->sample, "f23", MM_FIELD_NUMBER, &field, &b->err), MM_OK);
    assert_int_equal(field->kind, MM_FIELD_NUMBER);
    assert_null(field->source);
    mm_sample_remove(b->sample, "f1");
    mm_sample_remove(b->sample, "f1");
    assert_int_equal(b->sample->count, MM_SAMPLE_FIELDS_MAX - 1);
    assert_null(mm_sample_find(b->sample, "f1"));
    assert_string_equal(b->sample->fields[1].name, "f2");
    assert_int_equal(mm_sample_find(b->sample, "f23")->kind, MM_FIELD_NUMBER);
}

static void shared_voxels_are_copied_before_writing(void **state)
{
    struct bench *b = *state;
    struct mm_volume *source = bench_put(b, "image", MM_I16, 1, 2, 2, 1, VALUES(1, 2, 3, 4)), *v;
    struct mm_sample *view = mm_sample_view(&b->arena, b->sample);
    struct mm_field *field = mm_sample_find(view, "image");
    assert_ptr_equal(field->volume->data, source->data);
    assert_int_equal(mm_field_writable(view, field, &v, &b->err), MM_OK);
    assert_ptr_not_equal(v->data, source->data);
    assert_false(v->shared);
    mm_volume_set(v, 0, 0, 0, 0, 99);
    assert_true(mm_volume_get(source, 0, 0, 0, 0) == 1);
    struct mm_volume *again;
    assert_int_equal(mm_field_writable(view, field, &again, &b->err), MM_OK);
    assert_ptr_equal(again, v);
    assert_int_equal(mm_field_writable_float(view, field, &again, &b->err), MM_OK);
    assert_int_equal(again->type, MM_F32);
    assert_true(mm_volume_get(again, 0, 0, 0, 0) == 99);
}

static void new_voxels_forget_what_was_indexed(void **state)
{
    struct bench *b = *state;
    static const uint32_t voxels[] = {1};
    struct mm_volume *v;
    struct mm_field *other, *mine;
    bench_put(b, "label", MM_U8, 1, 2, 1, 1, VALUES(0, 1));
    mm_sample_add(b->sample, "label:foreground", MM_FIELD_INDEX, &mine, NULL);
    mm_sample_add(b->sample, "labels:foreground", MM_FIELD_INDEX, &other, NULL);
    mine->indices = other->indices = voxels;
    mine->count = other->count = 1;
    assert_int_equal(mm_field_writable(b->sample, mm_sample_find(b->sample, "label"), &v, &b->err), MM_OK);
    assert_null(mine->indices);
    assert_non_null(other->indices);
}

static void steps_are_recorded_newest_first(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_U8, 1, 2, 1, 1, VALUES(5, 6));
    struct mm_field *field = mm_sample_find(b->sample, "image");
    const struct mm_step first = {.index = 1}, second = {.index = 2};
    const int larger[3] = {4, 1, 1};
    int memo = 42;
    struct mm_volume *v = mm_volume_make(&b->arena, MM_U8, 3, 1, larger);
    v->affine[3] = -7;
    assert_int_equal(mm_field_moved(b->sample, field, &first, v, &memo, sizeof memo, &b->err), MM_OK);
    memo = 0;
    assert_int_equal(mm_field_moved(b->sample, field, &second, v, NULL, 0, &b->err), MM_OK);
    assert_ptr_equal(field->applied->step, &second);
    const struct mm_applied *old = field->applied->before;
    assert_ptr_equal(old->step, &first);
    assert_null(old->before);
    assert_int_equal(*(const int *)old->memo, 42);
    assert_int_equal(old->size_before[0], 2);
    assert_int_equal(old->size_after[0], 4);
    assert_true(old->affine_before[3] == 0 && old->affine_after[3] == -7);
}

static void put_everything(struct bench *b, struct mm_volume **image)
{
    static const char *const paths[] = {"a.nii"};
    static const size_t lengths[] = {2};
    static const double points[] = {1, 2, 3, 4, 5, 6};
    static const uint32_t voxels[] = {7, 8, 9};
    struct mm_field *field;
    *image = bench_put(b, "image", MM_F32, 1, 3, 1, 1, VALUES(1, 2, 3));
    (*image)->size[0] = 2; /* a part of the rows */
    mm_sample_add(b->sample, "paths", MM_FIELD_PATHS, &field, NULL);
    *field =
        (struct mm_field){.name = "paths", .kind = MM_FIELD_PATHS, .source = "a.nii", .count = 1, .paths = paths};
    mm_sample_add(b->sample, "points", MM_FIELD_POINTS, &field, NULL);
    *field = (struct mm_field){.name = "points", .kind = MM_FIELD_POINTS, .count = 2, .numbers = points};
    mm_sample_add(b->sample, "polygons", MM_FIELD_POLYGONS, &field, NULL);
    *field = (struct mm_field){.name = "polygons", .kind = MM_FIELD_POLYGONS, .polygons = {1, lengths, points}};
    mm_sample_add(b->sample, "text", MM_FIELD_TEXT, &field, NULL);
    *field = (struct mm_field){.name = "text", .kind = MM_FIELD_TEXT, .text = "hello"};
    mm_sample_add(b->sample, "index", MM_FIELD_INDEX, &field, NULL);
    *field = (struct mm_field){.name = "index", .kind = MM_FIELD_INDEX, .count = 3, .indices = voxels};
    const struct mm_step step = {.index = 0};
    mm_field_moved(b->sample, mm_sample_find(b->sample, "image"), &step, *image, "memo", 5, NULL);
}

static void copies_are_deep_and_as_large_as_said(void **state)
{
    struct bench *b = *state;
    struct mm_volume *image;
    put_everything(b, &image);
    struct mm_arena store;
    mm_arena_init(&store, NULL);
    size_t bytes = mm_sample_bytes(b->sample);
    struct mm_sample *copy = mm_sample_copy(&store, b->sample);
    assert_non_null(copy);
    assert_ptr_equal(copy->arena, &store);
    assert_in_range(store.bytes, bytes, bytes < 32 << 10 ? 64 << 10 : bytes + 64);
    mm_volume_set(image, 0, 0, 0, 1, 77); /* the original changes, the copy does not */
    const struct mm_volume *v = volume_in(copy, "image");
    assert_size(v, 2, 1, 1);
    assert_true(mm_volume_is_dense(v) && !v->shared);
    assert_true(mm_volume_get(v, 0, 0, 0, 0) == 1 && mm_volume_get(v, 0, 0, 0, 1) == 2);
    const struct mm_field *field = mm_sample_find(copy, "image");
    assert_string_equal(field->applied->memo, "memo");
    assert_ptr_not_equal(field->applied, mm_sample_find(b->sample, "image")->applied);
    assert_string_equal(mm_sample_find(copy, "paths")->paths[0], "a.nii");
    assert_true(mm_sample_find(copy, "points")->numbers[5] == 6);
    assert_true(mm_sample_find(copy, "polygons")->polygons.points[3] == 4);
    assert_string_equal(mm_sample_find(copy, "text")->text, "hello");
    assert_int_equal(mm_sample_find(copy, "index")->indices[2], 9);
    mm_arena_done(&store);
}

/* Names and headers, then the fields: one run of memory, which is what mm_sample_expect asks for. */
static void what_a_view_reads_of_a_copy_lies_together(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_I16, 1, 2, 2, 1, VALUES(1, 2, 3, 4));
    bench_put(b, "label", MM_U8, 1, 2, 2, 1, VALUES(0, 1, 0, 1));
    const struct mm_sample *copy = mm_sample_copy(&b->arena, b->sample);
    const char *start = copy->fields[0].name, *end = (const char *)copy;
    size_t least = 2 * sizeof(struct mm_volume) + 2 * sizeof "image";
    assert_in_range(end - start, least, least + 4 * 64);
    for (int i = 0; i < 2; i++) {
        assert_true(copy->fields[i].name >= start && copy->fields[i].name < end);
        assert_true((const char *)copy->fields[i].volume > start && (const char *)copy->fields[i].volume < end);
    }
    mm_sample_expect(copy);
    mm_sample_expect((const struct mm_sample *)64); /* reads nothing */
}

static void a_large_copy_takes_its_bytes_and_one_header(void **state)
{
    struct bench *b = *state;
    const int size[3] = {50, 40, 30};
    put_field(b->sample, "image", coded_volume(&b->arena, MM_F32, 3, size));
    struct mm_arena store;
    mm_arena_init(&store, NULL);
    size_t bytes = mm_sample_bytes(b->sample);
    struct mm_sample *copy = mm_sample_copy(&store, b->sample);
    assert_int_equal(store.bytes, bytes + 64);
    assert_true(same_voxels(volume_in(copy, "image"), volume_in(b->sample, "image")));
    mm_arena_done(&store);
}

/* An image that packs, one that does not gain, one too small; and an index of the first. */
static struct mm_sample *put_packable(struct bench *b)
{
    static const uint32_t voxels[] = {7, 8};
    struct mm_field *field;
    struct mm_volume *zones = mm_volume_make(&b->arena, MM_I16, 3, 1, (const int[3]){50, 40, 30});
    for (int z = 0; z < 30; z++)
        mm_volume_set(zones, 0, z, 20, 10, z + 1);
    struct mm_volume *noise = mm_volume_like(&b->arena, zones, MM_U32, 0);
    struct mm_random random;
    mm_random_init(&random, 1, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (size_t i = 0; i < mm_volume_voxels(noise); i++)
        ((uint32_t *)noise->data)[i] = mm_random_u32(&random);
    put_field(b->sample, "zones", zones);
    put_field(b->sample, "noise", noise);
    put_field(b->sample, "small", mm_volume_make(&b->arena, MM_U8, 3, 1, (const int[3]){5, 4, 3}));
    mm_sample_add(b->sample, "zones:foreground", MM_FIELD_INDEX, &field, NULL);
    field->indices = voxels;
    field->count = 2;
    return b->sample;
}

static void images_that_gain_are_packed(void **state)
{
    struct bench *b = *state;
    struct mm_sample *dense = put_packable(b), *packed, *copy;
    struct mm_arena store;
    assert_int_equal(mm_sample_pack(&b->arena, dense, &packed, NULL), MM_OK);
    assert_non_null(volume_in(packed, "zones")->packed);
    assert_null(volume_in(packed, "noise")->packed);
    assert_null(volume_in(packed, "small")->packed);
    assert_null(volume_in(dense, "zones")->packed);
    assert_int_equal(mm_sample_packed_bytes(dense), 0);
    assert_in_range(mm_sample_packed_bytes(packed), 100, 10000);
    mm_arena_init(&store, NULL);
    copy = mm_sample_copy(&store, packed);
    assert_int_equal(store.bytes, mm_sample_bytes(packed) + 64);
    assert_in_range(mm_sample_bytes(packed), 240000, mm_sample_bytes(dense) - 100000);
    assert_int_equal(mm_sample_packed_bytes(copy), mm_sample_packed_bytes(packed));
    const struct mm_packed *of = volume_in(packed, "zones")->packed, *to = volume_in(copy, "zones")->packed;
    assert_true(to->bytes != of->bytes && to->ends != of->ends);
    memset((void *)of->bytes, 0, 8); /* the copy is deep */
    assert_int_equal(mm_sample_unpack(copy, NULL), MM_OK);
    assert_true(same_voxels(volume_in(copy, "zones"), volume_in(dense, "zones")));
    assert_true(same_voxels(volume_in(copy, "noise"), volume_in(dense, "noise")));
    mm_arena_done(&store);
}

static void unpacked_voxels_are_the_samples_own(void **state)
{
    struct bench *b = *state;
    struct mm_sample *packed, *view;
    struct mm_volume *volume;
    assert_int_equal(mm_sample_pack(&b->arena, put_packable(b), &packed, NULL), MM_OK);
    view = mm_sample_view(&b->arena, packed);
    assert_non_null(volume_in(view, "zones")->packed);
    struct mm_field *field = mm_sample_find(view, "zones");
    assert_int_equal(mm_field_unpack(view, field, NULL), MM_OK);
    assert_true(!field->volume->packed && field->volume->data && !field->volume->shared);
    assert_non_null(volume_in(packed, "zones")->packed);
    assert_non_null(mm_sample_find(view, "zones:foreground")->indices); /* the same voxels */
    assert_int_equal(mm_field_unpack(view, mm_sample_find(view, "zones:foreground"), NULL), MM_OK);

    view = mm_sample_view(&b->arena, packed);
    assert_int_equal(mm_field_writable(view, mm_sample_find(view, "zones"), &volume, NULL), MM_OK);
    assert_true(mm_volume_get(volume, 0, 29, 20, 10) == 30 && !volume->shared);
    assert_null(mm_sample_find(view, "zones:foreground")->indices);
    view = mm_sample_view(&b->arena, packed);
    assert_int_equal(mm_field_writable_float(view, mm_sample_find(view, "zones"), &volume, NULL), MM_OK);
    assert_true(volume->type == MM_F32 && mm_volume_get(volume, 0, 29, 20, 10) == 30);
}

static void different_grids_are_named(void **state)
{
    struct bench *b = *state;
    bench_put(b, "image", MM_U8, 1, 2, 1, 1, VALUES(1, 2));
    bench_put(b, "label", MM_U8, 1, 1, 2, 1, VALUES(1, 2));
    struct mm_field *image = mm_sample_find(b->sample, "image"), *label = mm_sample_find(b->sample, "label");
    label->source = "b.nii";
    assert_int_equal(mm_field_same_grid(image, image, &b->err), MM_OK);
    assert_int_equal(mm_field_same_grid(image, label, &b->err), MM_ERR_DATA);
    assert_string_equal(b->err.text,
                        "image (made here) has 2x1x1 voxels, label (b.nii) 1x2x1: they must be on one grid");
}

/* Voxels that lie alone in a block change their owner, for both of two fields that have them; the others are copied. */
static void large_voxels_are_kept_without_a_copy(void **state)
{
    (void)state;
    struct mm_arena owner, kept;
    struct mm_field *field;
    mm_arena_init(&owner, NULL);
    mm_arena_init(&kept, NULL);
    struct mm_sample *sample = mm_sample_make(&owner);
    struct mm_volume *large = mm_volume_make(&owner, MM_F32, 3, 2, (int[3]){30, 20, 40});
    struct mm_volume *small = mm_volume_make(&owner, MM_U8, 3, 1, (int[3]){3, 2, 1});
    mm_volume_set(large, 1, 39, 19, 29, 5);
    mm_volume_set(small, 0, 0, 1, 2, 6);
    struct mm_volume *const volumes[] = {
        large, mm_volume_view(&owner, large), small,
        mm_volume_view_box(&owner, large, &(struct mm_box){{1, 0, 0}, {29, 20, 40}})};
    static const char *const names[] = {"image", "again", "label", "part"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(mm_sample_add(sample, names[i], MM_FIELD_VOLUME, &field, NULL), MM_OK);
        mm_field_put(sample, field, volumes[i]);
    }
    size_t before = owner.bytes;
    void *voxels = large->data;
    struct mm_sample *keep = mm_sample_keep(&kept, sample, &owner);
    assert_non_null(keep);
    assert_true(owner.bytes <= before - mm_volume_bytes(large));
    mm_arena_done(&owner);
    assert_ptr_equal(mm_sample_find(keep, "image")->volume->data, voxels);
    assert_ptr_equal(mm_sample_find(keep, "again")->volume->data, voxels);
    assert_ptr_not_equal(mm_sample_find(keep, "part")->volume->data, voxels);
    assert_true(mm_volume_get(mm_sample_find(keep, "image")->volume, 1, 39, 19, 29) == 5);
    assert_true(mm_volume_get(mm_sample_find(keep, "part")->volume, 1, 39, 19, 28) == 5);
    assert_true(mm_volume_get(mm_sample_find(keep, "label")->volume, 0, 0, 1, 2) == 6);
    mm_arena_done(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(items_become_fields),
        BENCH_TEST(messages_say_what_is_there),
        BENCH_TEST(fields_are_replaced_removed_and_limited),
        BENCH_TEST(shared_voxels_are_copied_before_writing),
        BENCH_TEST(new_voxels_forget_what_was_indexed),
        BENCH_TEST(steps_are_recorded_newest_first),
        BENCH_TEST(copies_are_deep_and_as_large_as_said),
        BENCH_TEST(what_a_view_reads_of_a_copy_lies_together),
        BENCH_TEST(a_large_copy_takes_its_bytes_and_one_header),
        BENCH_TEST(large_voxels_are_kept_without_a_copy),
        BENCH_TEST(images_that_gain_are_packed),
        BENCH_TEST(unpacked_voxels_are_the_samples_own),
        BENCH_TEST(different_grids_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
