/* Records: what is written comes back to the bit; what was changed is told; foreign bytes do no harm. */
#include "disk_fixture.h"
#include "image/packed.h"

struct bytes {
    unsigned char *at;
    size_t size, capacity;
};

static enum mm_status keep(void *self, const void *bytes, size_t size)
{
    struct bytes *b = self;
    assert_true(b->size + size <= b->capacity);
    memcpy(b->at + b->size, bytes, size);
    b->size += size;
    return MM_OK;
}

#define CAPACITY ((size_t)1 << 20)

static struct bytes write_record(struct mm_arena *arena, const struct mm_source *source, uint32_t item,
                                 const struct mm_sample *sample)
{
    struct bytes b = {.at = mm_arena_alloc(arena, CAPACITY), .capacity = CAPACITY};
    struct mm_error err = {0};
    const struct mm_record_head head = {.key = {1, 2, 3}, .written = 1700000000, .source = "/data/image.nii"};
    if (mm_record_write(source, item, sample, &head, keep, &b, &err))
        fail_msg("%s", err.text);
    return b;
}

static struct mm_sample *read_record(struct mm_arena *arena, const struct mm_source *source, uint32_t item,
                                     struct bytes b)
{
    struct mm_sample *sample = NULL;
    struct mm_error err = {0};
    if (mm_record_check(b.at, b.size, &err) || mm_record_read(arena, b.at, b.size, source, item, &sample, &err))
        fail_msg("%s", err.text);
    return sample;
}

static void what_a_prefix_makes_comes_back(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    const struct mm_source *source = disk_source(scratch, 2);
    const struct mm_sample *made = disk_make(source, 1, arena);
    struct bytes b = write_record(arena, source, 1, made);
    const struct mm_sample *got = read_record(arena, source, 1, b);
    same_sample(made, got);
    assert_non_null(got->fields[0].applied->before); /* the history has more than one step */
    assert_int_equal((uintptr_t)got->fields[0].volume->data % 64, 0);

    struct mm_volume *back[2];
    const struct mm_field *fields[2] = {mm_sample_find(made, "label"), mm_sample_find(got, "label")};
    for (int i = 0; i < 2; i++)
        assert_int_equal(mm_field_invert(fields[i], arena, fields[i]->volume, true, &back[i], NULL), MM_OK);
    same_volume(back[0], back[1]);
    assert_int_equal(back[1]->size[0], 17);

    struct mm_record_head head;
    size_t body;
    assert_int_equal(mm_record_head(b.at, b.size, &head, &body, NULL), MM_OK);
    assert_string_equal(head.source, "/data/image.nii");
    assert_int_equal(head.written, 1700000000);
    assert_int_equal(head.key[2], 3);
}

/* Steps of a group that draws nothing are cached ones too, and their history is theirs. */
static void what_a_group_in_the_prefix_makes_comes_back(void **state)
{
    struct scratch *scratch = *state;
    struct mm_arena *arena = &scratch->arena;
    disk_write_case(scratch, 0);
    const struct mm_source *source = disk_open_source(
        scratch, 1, scratch->folder,
        "{\"name\": \"LoadImaged\", \"args\": {\"keys\": [\"image\", \"label\"]}},"
        "{\"name\": \"OneOf\", \"args\": {\"weights\": [0, 1], \"transforms\": [[], ["
        "{\"name\": \"Orientationd\", \"args\": {\"keys\": [\"image\", \"label\"], \"axcodes\": \"PLI\"}},"
        "{\"name\": \"RandomOrder\", \"args\": {\"transforms\": [{\"name\": \"SpatialPadd\", \"args\": {\"keys\": "
        "[\"image\", \"label\"], \"spatial_size\": 20}}]}}]]}}");
    assert_int_equal(source->prefix, 2);
    const struct mm_sample *made = disk_make(source, 0, arena);
    const struct mm_sample *got = read_record(arena, source, 0, write_record(arena, source, 0, made));
    same_sample(made, got);
    const struct mm_applied *a = made->fields[0].applied, *b = got->fields[0].applied;
    assert_string_equal(a->step->transform->name, "SpatialPad");
    for (; a && b; a = a->before, b = b->before)
        assert_ptr_equal(a->step, b->step);
    assert_true(!a && !b);
}

static struct mm_field *field(struct mm_sample *sample, const char *name, enum mm_field_kind kind, size_t count)
{
    struct mm_field *f;
    assert_int_equal(mm_sample_add(sample, name, kind, &f, NULL), MM_OK);
    f->count = count;
    return f;
}

/* One of each kind, and volumes of every type and shape. */
static struct mm_sample *one_of_each(struct mm_arena *arena)
{
    static const double numbers[6] = {1, -2.5, 1e300, 4, 5, 6};
    static const uint32_t indices[3] = {7, 0, 4000000000u};
    static const size_t lengths[3] = {2, 0, 1};
    static const char *const paths[2] = {"/elsewhere/a.nii", "b.nii"};
    struct mm_sample *sample = mm_sample_make(arena);
    field(sample, "paths", MM_FIELD_PATHS, 2)->paths = paths;
    field(sample, "none", MM_FIELD_PATHS, 0);
    field(sample, "class", MM_FIELD_CLASS, 2)->numbers = numbers;
    field(sample, "no class", MM_FIELD_CLASS, 0);
    field(sample, "number", MM_FIELD_NUMBER, 1)->numbers = numbers + 2;
    field(sample, "points", MM_FIELD_POINTS, 2)->numbers = numbers;
    field(sample, "region", MM_FIELD_REGION, 1)->numbers = numbers + 1;
    field(sample, "rings", MM_FIELD_POLYGONS, 0)->polygons =
        (struct mm_rings){.count = 3, .lengths = lengths, .points = numbers};
    field(sample, "text", MM_FIELD_TEXT, 1)->text = "image0.nii and more";
    field(sample, "label:foreground", MM_FIELD_INDEX, 3)->indices = indices;
    field(sample, "label:forgotten", MM_FIELD_INDEX, 0);
    for (enum mm_type type = 0; type < MM_TYPE_COUNT; type++) {
        int rank = type % 2 ? 2 : 3, size[3] = {3 + (int)type, 2, rank == 2 ? 1 : 4};
        struct mm_volume *v = mm_volume_make(arena, type, rank, 1 + type % 3, size);
        for (size_t i = 0; i < mm_volume_bytes(v); i++)
            ((unsigned char *)v->data)[i] = (unsigned char)(i % 60); /* no NaN */
        v->affine[3] = type;
        field(sample, mm_type_name(type), MM_FIELD_VOLUME, 0)->volume = v;
    }
    return sample;
}

static void every_kind_of_field_comes_back(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 1);
    struct mm_sample *made = one_of_each(&scratch->arena);
    struct mm_volume every_other = *mm_sample_find(made, "int16")->volume; /* not dense */
    every_other.size[0] /= 2;
    every_other.stride[0] = 2;
    field(made, "view", MM_FIELD_VOLUME, 0)->volume = &every_other;
    same_sample(made, read_record(&scratch->arena, source, 0, write_record(&scratch->arena, source, 0, made)));
}

static void packed_voxels_stay_packed(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 1);
    struct mm_sample *made = mm_sample_make(&scratch->arena);
    struct mm_volume *v = mm_volume_wrap(&scratch->arena, MM_I16, 3, 1, (int[3]){5, 4, 3}, NULL);
    static const uint64_t ends[3] = {4, 4, 9};
    const struct mm_packed packed = {.rows = 5, .block_count = 3, .ends = ends, .bytes = (const void *)"some bytes"};
    v->packed = &packed;
    field(made, "image", MM_FIELD_VOLUME, 0)->volume = v;
    struct bytes b = write_record(&scratch->arena, source, 0, made);
    const struct mm_volume *got = read_record(&scratch->arena, source, 0, b)->fields[0].volume;
    assert_null(got->data);
    assert_int_equal(got->packed->rows, 5);
    assert_int_equal(got->packed->block_count, 3);
    assert_memory_equal(got->packed->ends, ends, sizeof ends);
    assert_memory_equal(got->packed->bytes, packed.bytes, 9);
}

/* The list of another run may call the same files by other names. */
static void file_names_are_those_of_the_run_that_reads(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 1);
    struct bytes b = write_record(&scratch->arena, source, 0, disk_make(source, 0, &scratch->arena));
    const struct mm_source *other = disk_open_source(scratch, 1, "./././", DISK_PREFIX);
    const struct mm_sample *got = read_record(&scratch->arena, other, 0, b);
    const char *now = other->list->items[0].entries[0].paths[0];
    assert_string_not_equal(now, source->list->items[0].entries[0].paths[0]);
    assert_string_equal(mm_sample_find(got, "image")->source, now);
}

static void a_step_that_is_not_cached_cannot_be_kept(void **state)
{
    struct scratch *scratch = *state;
    struct mm_source source = *disk_source(scratch, 1);
    const struct mm_sample *made = disk_make(&source, 0, &scratch->arena);
    struct bytes b = {.at = mm_arena_alloc(&scratch->arena, CAPACITY), .capacity = CAPACITY};
    const struct mm_record_head head = {.source = ""};
    source.prefix = 3;
    assert_int_equal(mm_record_write(&source, 0, made, &head, keep, &b, NULL), MM_ERR_USAGE);
}

static void every_changed_or_missing_byte_is_found(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 1);
    struct bytes b = write_record(&scratch->arena, source, 0, one_of_each(&scratch->arena));
    for (size_t i = 0; i < b.size; i++) {
        b.at[i] ^= (unsigned char)(1 << i % 8);
        assert_int_equal(mm_record_check(b.at, b.size, NULL), MM_ERR_DATA);
        b.at[i] ^= (unsigned char)(1 << i % 8);
        assert_int_equal(mm_record_check(b.at, i, NULL), MM_ERR_DATA);
    }
    assert_int_equal(mm_record_check(b.at, b.size, NULL), MM_OK);
}

/* Walks what was read, and undoes the history that it tells of. */
static void use_foreign(struct mm_arena *arena, const struct mm_sample *sample)
{
    struct mm_volume *back;
    mm_sample_bytes(sample);
    for (size_t i = 0; i < sample->count; i++)
        if (sample->fields[i].kind == MM_FIELD_VOLUME && !sample->fields[i].volume->packed)
            mm_field_invert(&sample->fields[i], arena, sample->fields[i].volume, i % 2 == 0, &back, NULL);
}

/* The reader alone, as if the checksum fitted: whatever the bytes, a sample or an error. */
static void foreign_bytes_do_no_harm(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 1);
    struct mm_arena arena;
    struct mm_budget budget;
    mm_budget_init(&budget, (uint64_t)64 << 20);
    mm_arena_init(&arena, &budget);
    const struct mm_sample *samples[2] = {one_of_each(&scratch->arena), disk_make(source, 0, &scratch->arena)};
    for (int k = 0; k < 2; k++) {
        struct bytes b = write_record(&scratch->arena, source, 0, samples[k]);
        size_t end = b.size < 4000 ? b.size : 4000;
        for (size_t i = 0; i < end; i++)
            for (int bit = 0; bit < 8; bit += 7) {
                struct mm_sample *sample;
                b.at[i] ^= (unsigned char)(1 << bit);
                enum mm_status s = mm_record_read(&arena, b.at, b.size, source, 0, &sample, NULL);
                assert_true(s == MM_OK || s == MM_ERR_DATA);
                if (!s)
                    use_foreign(&arena, sample);
                b.at[i] ^= (unsigned char)(1 << bit);
                mm_arena_reset(&arena);
            }
        for (size_t size = 0; size < b.size; size += size < 4000 ? 1 : 997) {
            struct mm_sample *sample;
            assert_int_equal(mm_record_read(&arena, b.at, size, source, 0, &sample, NULL), MM_ERR_DATA);
            mm_arena_reset(&arena);
        }
    }
    mm_arena_done(&arena);
}

static void memory_may_run_out_anywhere(void **state)
{
    struct scratch *scratch = *state;
    const struct mm_source *source = disk_source(scratch, 1);
    struct bytes b = write_record(&scratch->arena, source, 0, disk_make(source, 0, &scratch->arena));
    enum mm_status s = MM_ERR_MEMORY;
    for (uint64_t n = 1; s; n++) {
        struct mm_arena arena;
        struct mm_sample *sample;
        mm_arena_init(&arena, NULL);
        arena.chunk_size = 0;
        mm_memory_fail_at(n);
        s = mm_record_read(&arena, b.at, b.size, source, 0, &sample, NULL);
        mm_memory_fail_at(0);
        assert_true(s == MM_OK || s == MM_ERR_MEMORY);
        assert_true(s || n > 5);
        mm_arena_done(&arena);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_a_prefix_makes_comes_back),
        TEST(what_a_group_in_the_prefix_makes_comes_back),
        TEST(every_kind_of_field_comes_back),
        TEST(packed_voxels_stay_packed),
        TEST(file_names_are_those_of_the_run_that_reads),
        TEST(a_step_that_is_not_cached_cannot_be_kept),
        TEST(every_changed_or_missing_byte_is_found),
        TEST(foreign_bytes_do_no_harm),
        TEST(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
