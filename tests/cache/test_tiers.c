/* Tiers: however samples are kept, the batches are the same to the bit; packed ones take less, and the limit holds. */
#include "fixture.h"

#include "transforms/list.h"

static enum mm_status put_volume(struct mm_sample *sample, const char *name, struct mm_volume *volume,
                                 struct mm_error *err)
{
    struct mm_field *field;
    enum mm_status s = mm_sample_add(sample, name, MM_FIELD_VOLUME, &field, err);
    if (!s)
        mm_field_put(sample, field, volume);
    return s;
}

/* Prefix: "image" (int16, steps of intensity) and "label" (uint8, a box) that differ from item to item, in voxels and in size. */
static enum mm_status draw_apply(const struct mm_step *step, struct mm_sample *sample,
                                 const struct mm_context *context, struct mm_error *err)
{
    (void)context;
    const struct make *make = step->self;
    int item = (int)sample->item;
    const int size[3] = {make->size[0] + make->growth * item, make->size[1], make->size[2]};
    struct mm_volume *image = mm_volume_make(sample->arena, MM_I16, 3, 1, size);
    struct mm_volume *label = mm_volume_make(sample->arena, MM_U8, 3, 1, size);
    if (!image || !label)
        return mm_fail_memory(err, "test volumes");
    int16_t *intensity = image->data;
    uint8_t *class = label->data;
    for (int z = 0; z < size[2]; z++)
        for (int y = 0; y < size[1]; y++)
            for (int x = 0; x < size[0]; x++) {
                *intensity++ = (int16_t)((x / 5 + y / 3 * 7 + z / 2 + item) % 50 * 20);
                *class ++ = x > 20 + item && y > 10 && y < 16 && z > 3 && z < 9;
            }
    enum mm_status s;
    if (MM_TRY(s, put_volume(sample, "image", image, err)))
        return s;
    return put_volume(sample, "label", label, err);
}

static const struct mm_transform transform_draw = {
    .name = "Draw", .summary = "draw", .fields = MM_FIELDS_OWN, .apply = draw_apply};

#define STEPS_MAX 4
static const char *const fields[] = {"image", "label"};

struct bench {
    struct mm_arena arena;
    struct fixture f;
    struct mm_step steps[STEPS_MAX];
};

/* A source of such items whose random transforms are those of the JSON list. */
static struct bench *bench_open(const char *suffix, uint32_t total, uint32_t cached, double replaced)
{
    struct bench *b = mm_alloc(sizeof *b);
    struct mm_problems problems;
    struct mm_chain *chain;
    cJSON *json;
    mm_arena_init(&b->arena, NULL);
    fixture_init(&b->f, total, cached, replaced, 2, 1);
    b->f.make.size[0] = 40;
    b->f.make.size[1] = 32;
    b->f.make.size[2] = 24;
    b->f.make.growth = 1;
    b->f.options.fields = fields;
    b->f.options.field_count = 2;
    assert_int_equal(mm_json_parse(&b->arena, "test", suffix, strlen(suffix), &json, NULL), MM_OK);
    struct mm_components components = {.count = (size_t)cJSON_GetArraySize(json)};
    struct mm_component *items = mm_arena_array(&b->arena, struct mm_component, components.count);
    for (size_t i = 0; i < components.count; i++) {
        const cJSON *node = cJSON_GetArrayItem(json, (int)i);
        items[i] = (struct mm_component){
            .name = mm_json_get(node, "name")->valuestring, .args = mm_json_get(node, "args"), .node = node};
    }
    components.items = items;
    mm_problems_init(&problems, &b->arena);
    assert_int_equal(mm_chain_make(&b->arena, &components, &chain, &problems), MM_OK);
    assert_in_range(chain->count, 0, STEPS_MAX - 1);
    b->steps[0] = (struct mm_step){.transform = &transform_draw, .self = &b->f.make};
    for (size_t i = 0; i < chain->count; i++) {
        b->steps[i + 1] = chain->steps[i];
        b->steps[i + 1].index = (uint32_t)i + 1;
    }
    b->f.chain = (struct mm_chain){.count = chain->count + 1, .steps = b->steps};
    b->f.source.prefix = mm_chain_prefix(&b->f.chain);
    return b;
}

static void bench_close(struct bench *b)
{
    mm_arena_done(&b->arena);
    mm_free(b);
}

static uint64_t mixed(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 0x100000001B3u;
    return hash;
}

static uint64_t hash_of(uint64_t hash, const struct mm_batch *batch)
{
    hash = mixed(hash, batch->items, batch->sample_count * sizeof *batch->items);
    for (size_t i = 0; i < batch->field_count; i++) {
        size_t count = 1;
        for (int a = 0; a < 5; a++)
            count *= (size_t)batch->fields[i].dim[a];
        hash = mixed(hash, batch->fields[i].dim, sizeof batch->fields[i].dim);
        hash = mixed(hash, batch->fields[i].data, count * mm_type_bytes(batch->fields[i].type));
    }
    return hash;
}

#define EPOCHS 4

/* Of all batches of a few epochs. */
static uint64_t run(struct bench *b, struct mm_loader_stats *stats)
{
    struct mm_loader *loader = fixture_open(&b->f);
    const struct mm_batch *batch;
    struct mm_error err;
    uint64_t hash = 0xCBF29CE484222325u;
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        assert_int_equal(mm_loader_begin(loader, epoch, 0, NULL), MM_OK);
        for (;;) {
            if (mm_loader_next(loader, &batch, &err))
                fail_msg("%s", err.text);
            if (!batch)
                break;
            hash = hash_of(hash, batch);
        }
    }
    mm_loader_stats_get(loader, stats);
    mm_loader_close(loader);
    return hash;
}

#define CROP                                                                                                         \
    "{\"name\": \"RandCropByPosNegLabeld\", \"args\": {\"keys\": [\"image\", \"label\"], \"label_key\": \"label\", " \
    "\"spatial_size\": 12, \"num_samples\": 3"
#define FLIP     "{\"name\": \"RandFlipd\", \"args\": {\"keys\": [\"image\", \"label\"], \"prob\": 0.5}}"
#define PLACE(x) "{\"name\": \"RandSpatialCropd\", \"args\": {\"keys\": " x ", \"roi_size\": [9, 8, 7]}}"
#define BOTH     "[\"image\", \"label\"]"

static void test_tiers_never_change_a_sample(void **state)
{
    (void)state;
    static const char *const suffixes[] = {
        "[" CROP "}}, " FLIP "]",
        "[" CROP ", \"image_key\": \"image\", \"image_threshold\": 900}}]",
        "[" FLIP ", " PLACE(BOTH) "]", /* dense images are wanted first */
        "[" PLACE(BOTH) ", {\"name\": \"RandShiftIntensityd\", \"args\": {\"keys\": \"image\", \"offsets\": 3, "
                        "\"prob\": 1}}]",
        "[{\"name\": \"FastCropByPosNegRatio\", \"args\": {\"fields\": \"image\", \"label_field\": \"label\", "
        "\"size\": [8, 9, 10], \"pos\": 1, \"neg\": 1, \"batch_size\": 3}}]",
        "[" PLACE("\"image\"") ", {\"name\": \"CenterSpatialCropd\", \"args\": {\"keys\": \"label\", "
                               "\"roi_size\": [5, 99, 6]}}]",
    };
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        struct bench *b = bench_open(suffixes[i], 7, 4, 0.5);
        struct mm_loader_stats stats;
        b->f.options.no_cache = true;
        uint64_t expected = run(b, &stats);
        b->f.options.no_cache = false;
        for (int compression = 0; compression < 3; compression++)
            for (uint32_t threads = 1; threads <= 4; threads++) {
                b->f.pipeline.compression = (enum mm_compression)compression;
                b->f.options.threads = threads;
                assert_int_equal(run(b, &stats), expected);
                assert_int_equal(stats.bytes, stats.bytes_raw + stats.bytes_packed);
                assert_int_equal(stats.bytes_packed > 0, compression == MM_COMPRESSION_LZ4);
                assert_int_equal(stats.not_kept, 0);
            }
        bench_close(b);
    }
}

/* Images that no random transform touches go into the batch as they come from the cache. */
static void test_images_without_random_transforms_are_unpacked(void **state)
{
    (void)state;
    struct mm_loader_stats stats;
    struct bench *b = bench_open("[]", 6, 6, 0);
    b->f.make.growth = 0;
    uint64_t expected = run(b, &stats);
    b->f.pipeline.compression = MM_COMPRESSION_LZ4;
    assert_int_equal(run(b, &stats), expected);
    assert_true(stats.bytes_packed > 0 && stats.hits == 6);
    bench_close(b);

    b = bench_open("[" PLACE("\"label\"") "]", 6, 6, 0); /* the image is whole when the batch is written */
    b->f.make.growth = 0;
    expected = run(b, &stats);
    b->f.pipeline.compression = MM_COMPRESSION_LZ4;
    assert_int_equal(run(b, &stats), expected);
    bench_close(b);
}

static void test_packed_items_take_less(void **state)
{
    (void)state;
    struct mm_loader_stats raw, packed;
    struct bench *b = bench_open("[" PLACE(BOTH) "]", 8, 8, 0);
    uint64_t voxels = 0;
    for (uint64_t item = 0; item < 8; item++)
        voxels += (40 + item) * 32 * 24;
    run(b, &raw);
    assert_true(raw.bytes > 3 * voxels && raw.bytes_packed == 0);
    b->f.pipeline.compression = MM_COMPRESSION_LZ4;
    run(b, &packed);
    assert_true(packed.bytes_packed < voxels);
    assert_true(packed.bytes < raw.bytes / 2);
    assert_true(packed.peak_bytes >= packed.bytes && packed.peak_bytes < raw.bytes / 2);
    bench_close(b);
}

/* Whole samples, for validation, come with voxels. */
static void test_whole_samples_are_unpacked(void **state)
{
    (void)state;
    struct bench *b = bench_open("[" PLACE(BOTH) "]", 3, 3, 0);
    b->f.pipeline.compression = MM_COMPRESSION_LZ4;
    struct mm_loader *loader = fixture_open(&b->f);
    for (int round = 0; round < 2; round++)
        for (uint32_t item = 0; item < 3; item++) {
            struct mm_sample *sample;
            struct mm_arena arena;
            mm_arena_init(&arena, NULL);
            assert_int_equal(mm_loader_sample(loader, item, &arena, &sample, NULL), MM_OK);
            for (size_t i = 0; i < 2; i++) {
                const struct mm_volume *volume = mm_sample_find(sample, fields[i])->volume;
                assert_true(volume->data && !volume->packed);
            }
            assert_int_equal((int)mm_volume_get(mm_sample_find(sample, "image")->volume, 0, 2, 3, 5),
                             (1 + 7 + 1 + (int)item) * 20);
            mm_loader_release(loader, item);
            mm_arena_done(&arena);
        }
    struct mm_loader_stats stats;
    mm_loader_stats_get(loader, &stats);
    assert_true(stats.bytes_packed > 0);
    mm_loader_close(loader);
    bench_close(b);
}

/* The plan's bound of these items (no file tells it) is what a sample takes without voxels, far below what they are. */
static void test_packing_lets_more_items_be_held(void **state)
{
    (void)state;
    struct bench *b = bench_open("[" PLACE(BOTH) "]", 20, 12, 0.25);
    struct mm_cache_plan raw, packed;
    struct mm_loader_stats stats;
    b->f.make.growth = 0;
    b->f.make.size[2] = 6;
    b->f.pipeline.cache_memory = 8 * 16384 + 100;
    b->f.pipeline.compression = MM_COMPRESSION_NONE;
    assert_int_equal(mm_cache_plan_make(&b->f.source, 1, 1, &raw, NULL), MM_OK);
    assert_int_equal(raw.cached, 6); /* 6 + 2 places of 16 KiB */
    assert_false(raw.packs);
    uint64_t expected = run(b, &stats);
    assert_true(stats.not_kept > 0); /* an item of 23 KiB is more than the bound here */

    b->f.pipeline.compression = MM_COMPRESSION_AUTO;
    assert_int_equal(mm_cache_plan_make(&b->f.source, 1, 1, &packed, NULL), MM_OK);
    assert_true(packed.packs && packed.packed_per_item > 0);
    assert_true(packed.cached > raw.cached);
    assert_true((packed.cached + packed.replaced) * packed.packed_per_item <= packed.limit);
    run(b, &stats);
    assert_int_equal(stats.not_kept, 0);
    assert_true(stats.bytes_packed > 0);
    assert_true(stats.peak_bytes <= packed.limit);

    struct bench *one = bench_open("[" PLACE(BOTH) "]", 1, 1, 0); /* the item that was measured */
    one->f.make.size[2] = 6;
    one->f.pipeline.compression = MM_COMPRESSION_LZ4;
    struct mm_loader_stats of_one;
    run(one, &of_one);
    uint64_t headers = 256; /* the store's own, at most, which are not measured */
    assert_in_range(packed.packed_per_item, (of_one.bytes - headers) * 1.2, of_one.bytes * 1.3);
    bench_close(one);

    b->f.pipeline.num_cache_objects = 6; /* as many as without packing: the same run */
    assert_int_equal(run(b, &stats), expected);
    bench_close(b);
}

/* Every limit from nothing to enough: never a byte more, and always the same batches. */
static void test_limit_holds_to_the_byte(void **state)
{
    (void)state;
    struct bench *b = bench_open("[" CROP "}}]", 7, 4, 0.5);
    struct mm_loader_stats stats;
    uint64_t expected = run(b, &stats);
    b->f.pipeline.is_resolved = true;
    for (uint64_t limit = 1; limit < stats.peak_bytes; limit = 3 * limit / 2 + 1000)
        for (int compression = 0; compression < 3; compression++) {
            struct mm_loader_stats limited;
            b->f.pipeline.cache_memory = limit;
            b->f.pipeline.compression = (enum mm_compression)compression;
            b->f.options.threads = 3;
            assert_int_equal(run(b, &limited), expected);
            assert_true(limited.peak_bytes <= limit);
        }
    bench_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiers_never_change_a_sample),
        cmocka_unit_test(test_images_without_random_transforms_are_unpacked),
        cmocka_unit_test(test_packed_items_take_less),
        cmocka_unit_test(test_whole_samples_are_unpacked),
        cmocka_unit_test(test_packing_lets_more_items_be_held),
        cmocka_unit_test(test_limit_holds_to_the_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
