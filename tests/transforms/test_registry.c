/* The contract of transforms/transform.h, held against every member of the registry by what its table and flags say of it. */
#include "base/threads.h"
#include "chains.h"
#include "image/format.h"
#include "tests/support/scratch.h"
#include "transforms/box.h"
#include "transforms/list.h"
#include "transforms/load.h"
#include "transforms/turn.h"

/* Files for the loaders, written once: of "image" and "label". */
static struct scratch *files;
static const char *const file_fields[2] = {"image", "label"};
static const char *file_paths[2];

static bool in_a_ball(int x, int y, int z)
{
    return (x - 9) * (x - 9) + (y - 8) * (y - 8) + (z - 7) * (z - 7) < 30;
}

static bool is_loader(const struct mm_transform *t)
{
    return t->each == mm_load_each;
}

static void put_path(struct mm_sample *sample, int which)
{
    struct mm_field *field;
    assert_int_equal(mm_sample_add(sample, file_fields[which], MM_FIELD_PATHS, &field, NULL), MM_OK);
    field->paths = &file_paths[which];
    field->count = 1;
}

static void put_numbers(struct mm_sample *sample, const char *name, enum mm_field_kind kind, size_t count,
                        const double *numbers)
{
    struct mm_field *field;
    size_t values = kind == MM_FIELD_POINTS ? 3 * count : count;
    double *copy = mm_arena_array(sample->arena, double, values);
    memcpy(copy, numbers, values * sizeof *copy);
    assert_int_equal(mm_sample_add(sample, name, kind, &field, NULL), MM_OK);
    field->numbers = copy;
    field->count = count;
}

/* Two masks: all of the label was missed, nothing is too much. */
static struct mm_volume *discrepancy(struct mm_arena *arena, struct mm_sample *sample)
{
    const struct mm_volume *label = volume_in(sample, "label");
    struct mm_volume *masks = mm_volume_like(arena, label, MM_U8, 2);
    memcpy(masks->data, label->data, mm_volume_voxels(label));
    return masks;
}

/* What a transform is run on: an image with zeros and fractions, a label, and on the same grid a prediction and colours; and clicks. */
static struct mm_sample *make_sample(struct mm_arena *arena, const struct mm_transform *t)
{
    struct mm_sample *sample = make_pair(arena, 3, 18, 17, 16, in_a_ball);
    struct mm_volume *image = volume_in(sample, "image");
    struct mm_random random;
    mm_random_init(&random, 5, MM_RANDOM_SYNTHESIS, 0, 0, 0);
    for (size_t i = 0; i < mm_volume_voxels(image); i++)
        ((float *)image->data)[i] = i % 5 ? mm_random_float(&random) * 100 : 0;
    image->affine[0] = -1.5;
    image->affine[3] = 12;
    memcpy(volume_in(sample, "label")->affine, image->affine, sizeof image->affine);
    put_field(sample, "pred", mm_volume_copy(arena, image));
    struct mm_volume *rgb = mm_volume_like(arena, image, MM_U8, 3);
    for (size_t i = 0; i < 3 * mm_volume_voxels(rgb); i++)
        ((uint8_t *)rgb->data)[i] = (uint8_t)mm_random_below(&random, 200);
    put_field(sample, "rgb", rgb);
    put_numbers(sample, "guidance", MM_FIELD_POINTS, 2, (const double[]){9, 8, 7, 5, 4, 3});
    put_numbers(sample, "guidance:slice", MM_FIELD_NUMBER, 1, (const double[]){7});
    put_numbers(sample, "foreground", MM_FIELD_CLASS, 6, (const double[]){9, 8, 7, 5, 4, 3});
    put_numbers(sample, "probability", MM_FIELD_CLASS, 1, (const double[]){1});
    put_field(sample, "discrepancy", discrepancy(arena, sample));
    for (int i = 0; is_loader(t) && i < 2; i++)
        put_path(sample, i);
    return sample;
}

static cJSON *example_of(struct mm_arena *arena, const struct mm_transform *t)
{
    cJSON *json;
    struct mm_error err = {0};
    if (mm_json_parse(arena, t->name, t->example, strlen(t->example), &json, &err))
        fail_msg("the example of %s: %s", t->name, err.text);
    return json;
}

static enum mm_status make_chain(struct mm_arena *arena, const cJSON *json, struct mm_chain **chain,
                                 struct mm_error *err)
{
    struct mm_components components;
    struct mm_problems problems;
    mm_problems_init(&problems, arena);
    assert_int_equal(mm_components_read(arena, json, &components, &problems), MM_OK);
    return mm_chain_make(arena, &components, chain, &problems) ? mm_problems_fail(&problems, MM_ERR_CONFIG, err)
                                                               : MM_OK;
}

static struct mm_chain *example_chain(struct mm_arena *arena, const struct mm_transform *t)
{
    struct mm_chain *chain;
    struct mm_error err = {0};
    if (make_chain(arena, example_of(arena, t), &chain, &err))
        fail_msg("the example of %s: %s", t->name, err.text);
    assert_ptr_equal(chain->steps[0].transform, t);
    return chain;
}

static bool same_fields(const struct mm_field *a, const struct mm_field *b)
{
    if (strcmp(a->name, b->name) != 0 || a->kind != b->kind)
        return false;
    if (a->kind == MM_FIELD_VOLUME)
        return same_voxels(a->volume, b->volume) &&
               memcmp(a->volume->affine, b->volume->affine, sizeof a->volume->affine) == 0;
    if (a->kind != MM_FIELD_NUMBER && a->kind != MM_FIELD_CLASS && a->kind != MM_FIELD_POINTS)
        return true;
    size_t numbers = a->kind == MM_FIELD_POINTS ? 3 * a->count : a->count;
    return a->count == b->count && (!numbers || memcmp(a->numbers, b->numbers, numbers * sizeof *a->numbers) == 0);
}

static bool same_samples(const struct mm_sample *a, const struct mm_sample *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = same_fields(&a->fields[i], &b->fields[i]);
    return same;
}

static struct mm_sample *run_on_new(struct mm_arena *arena, const struct mm_chain *chain,
                                    const struct mm_context *context)
{
    struct mm_sample *sample = make_sample(arena, chain->steps[0].transform);
    run_all(chain, sample, context);
    return sample;
}

static void words_and_functions(void **state)
{
    const struct mm_transform *t = *state;
    size_t length = strlen(t->summary);
    assert_true(length > 0 && t->summary[length - 1] != '.');
    if (!(t->summary[0] >= 'a' && t->summary[0] <= 'z'))
        fail_msg("%s: the summary begins with \"%c\"", t->name, t->summary[0]);
    assert_ptr_equal(mm_transform_find(t->name), t);
    assert_true(!t->each != !t->apply);
    assert_int_equal(t->outputs != NULL, (t->flags & MM_MANY) != 0);
    assert_int_equal(t->invert != NULL, (t->flags & MM_INVERTIBLE) != 0);
    assert_true(!t->is_random || t->flags & MM_RANDOM);
    assert_true(!(t->flags & MM_INVERTIBLE) || t->flags & MM_SPATIAL);
    for (const struct mm_param *p = t->params; p && p->type != MM_PARAM_END_OF_TABLE; p++)
        assert_true(p->help && *p->help);
}

/* The example with one argument set. */
static enum mm_status make_with(struct mm_arena *arena, const struct mm_transform *t, const char *name, cJSON *value,
                                struct mm_error *err)
{
    cJSON *json = example_of(arena, t), *args = (cJSON *)mm_json_get(json, "args");
    cJSON *old = (cJSON *)mm_json_get(args, name);
    struct mm_chain *chain;
    if (old)
        mm_json_replace(old, value);
    else
        mm_json_add(arena, args, name, value);
    err->text[0] = '\0';
    return make_chain(arena, json, &chain, err);
}

static void refuse(struct mm_arena *arena, const struct mm_transform *t, const struct mm_param *p, double value)
{
    bool is_list = p->type == MM_PARAM_INTS || p->type == MM_PARAM_DOUBLES;
    cJSON *node = is_list ? mm_json_array(arena) : mm_json_number(arena, value);
    for (size_t i = 0; is_list && i < (p->count_min ? p->count_min : 1); i++)
        mm_json_append(node, mm_json_number(arena, value));
    struct mm_error err;
    if (make_with(arena, t, p->name, node, &err) != MM_ERR_CONFIG)
        fail_msg("%s: %s of %g is not refused", t->name, p->name, value);
    if (!strstr(err.text, p->name))
        fail_msg("%s: %s of %g is refused without its name: %s", t->name, p->name, value, err.text);
}

static void arguments_out_of_range_are_refused(void **state)
{
    const struct mm_transform *t = *state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    for (const struct mm_param *p = t->params; p && p->type != MM_PARAM_END_OF_TABLE; p++) {
        bool number = p->type == MM_PARAM_INT || p->type == MM_PARAM_DOUBLE || p->type == MM_PARAM_INTS ||
                      p->type == MM_PARAM_DOUBLES;
        if (!number || (p->min == 0 && p->max == 0))
            continue;
        refuse(&arena, t, p, p->exclusive_min ? p->min : p->min - 1);
        refuse(&arena, t, p, p->max + 1);
    }
    struct mm_error err;
    assert_int_equal(make_with(&arena, t, "not_a_parameter", mm_json_bool(&arena, true), &err), MM_ERR_CONFIG);
    assert_non_null(strstr(err.text, "not_a_parameter"));
    mm_arena_done(&arena);
}

struct crowd {
    const struct mm_chain *chain;
    const struct mm_sample *expected;
    bool same[8];
};

static void run_in_crowd(void *context, size_t shard, unsigned thread)
{
    (void)thread;
    struct crowd *crowd = context;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    struct mm_sample *sample = make_sample(&arena, crowd->chain->steps[0].transform);
    const struct mm_context at = {.seed = 11, .epoch = 1, .position = 2};
    crowd->same[shard] =
        mm_chain_run(crowd->chain, 0, 1, sample, &at, NULL) == MM_OK && same_samples(sample, crowd->expected);
    mm_arena_done(&arena);
}

/* The same place gives the same bytes, also when many threads use the chain at once. */
static void only_the_place_matters(void **state)
{
    const struct mm_transform *t = *state;
    struct mm_arena arena;
    struct mm_pool *pool;
    mm_arena_init(&arena, NULL);
    const struct mm_context at = {.seed = 11, .epoch = 1, .position = 2};
    struct crowd crowd = {.chain = example_chain(&arena, t)};
    crowd.expected = run_on_new(&arena, crowd.chain, &at);
    assert_int_equal(mm_pool_open(4, &pool, NULL), MM_OK);
    mm_pool_run(pool, 8, run_in_crowd, &crowd);
    mm_pool_close(pool);
    for (int i = 0; i < 8; i++)
        assert_true(crowd.same[i]);
    mm_arena_done(&arena);
}

static void other_places_give_other_draws(void **state)
{
    const struct mm_transform *t = *state;
    if (!(t->flags & MM_RANDOM))
        return;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const struct mm_chain *chain = example_chain(&arena, t);
    const struct mm_sample *first = run_on_new(&arena, chain, &(struct mm_context){.seed = 1});
    bool differs = false;
    for (uint32_t epoch = 1; epoch < 100 && !differs; epoch++) {
        struct mm_arena scratch;
        mm_arena_init(&scratch, NULL);
        differs = !same_samples(first, run_on_new(&scratch, chain, &(struct mm_context){.seed = 1, .epoch = epoch}));
        mm_arena_done(&scratch);
    }
    assert_true(differs);
    mm_arena_done(&arena);
}

static void a_probability_of_0_is_deterministic(void **state)
{
    const struct mm_transform *t = *state;
    const struct mm_param *p = t->params ? mm_params_find(t->params, "prob") : NULL;
    if (!p && !(p = t->params ? mm_params_find(t->params, "probability") : NULL))
        return;
    if (p->type != MM_PARAM_DOUBLE) /* a field's name */
        return;
    struct mm_arena arena;
    struct mm_error err = {0};
    mm_arena_init(&arena, NULL);
    cJSON *json = example_of(&arena, t), *args = (cJSON *)mm_json_get(json, "args");
    mm_json_detach((cJSON *)mm_json_get(args, p->name));
    mm_json_add(&arena, args, p->name, mm_json_number(&arena, 0));
    struct mm_chain *chain;
    if (make_chain(&arena, json, &chain, &err))
        fail_msg("%s: %s", t->name, err.text);
    assert_false(mm_step_is_random(&chain->steps[0]));
    assert_int_equal(mm_chain_prefix(chain), 1);
    assert_true(same_samples(run_on_new(&arena, chain, NULL), make_sample(&arena, t)));
    mm_arena_done(&arena);
}

static void shared_voxels_stay(void **state)
{
    const struct mm_transform *t = *state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const struct mm_chain *chain = example_chain(&arena, t);
    struct mm_sample *source = make_sample(&arena, t), *view = mm_sample_view(&arena, source);
    const struct mm_context at = {.seed = 11, .epoch = 1, .position = 2};
    run_all(chain, view, &at);
    assert_true(same_samples(source, make_sample(&arena, t)));
    assert_true(same_samples(view, run_on_new(&arena, chain, &at)));
    mm_arena_done(&arena);
}

/* Few different values in runs, so that packing pays. */
static void make_packable(struct mm_volume *v, int step)
{
    for (int c = 0; c < v->channels; c++)
        for (int z = 0; z < v->size[2]; z++)
            for (int y = 0; y < v->size[1]; y++)
                for (int x = 0; x < v->size[0]; x++)
                    mm_volume_set(v, c, z, y, x, (x / 4 + y / 3 + z + c) % 5 * step);
}

static struct mm_sample *make_packable_sample(struct mm_arena *arena, const struct mm_transform *t)
{
    struct mm_sample *sample = make_sample(arena, t);
    for (size_t i = 0; i < sample->count; i++)
        if (sample->fields[i].kind == MM_FIELD_VOLUME && strcmp(sample->fields[i].name, "label") != 0)
            make_packable(sample->fields[i].volume, 15 + (int)i);
    return sample;
}

/* A cache may hand out packed images: no transform can tell. */
static void packed_images_are_as_good(void **state)
{
    const struct mm_transform *t = *state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const struct mm_chain *chain = example_chain(&arena, t);
    const struct mm_context at = {.seed = 11, .epoch = 1, .position = 2};
    for (int prepared = 0; prepared < 2; prepared++) {
        struct mm_sample *dense = make_packable_sample(&arena, t), *packed;
        if (prepared)
            assert_int_equal(mm_chain_prepare(chain, 0, dense, NULL), MM_OK);
        assert_int_equal(mm_sample_pack(&arena, dense, &packed, NULL), MM_OK);
        assert_true(is_loader(t) || mm_sample_find(packed, "image")->volume->packed);
        run_all(chain, dense, &at);
        run_all(chain, packed, &at);
        assert_int_equal(mm_sample_unpack(packed, NULL), MM_OK);
        assert_true(same_samples(packed, dense));
    }
    mm_arena_done(&arena);
}

/* The same voxels and affine as a view into a larger volume, the axes of which run another way. */
static struct mm_volume *view_like(struct mm_arena *arena, const struct mm_volume *v)
{
    static const int there[3] = {2, 0, 1}, back[3] = {1, 2, 0};
    const struct mm_box larger = {{-2, -1, -3}, {v->size[0] + 3, v->size[1] + 5, v->size[2] + 4}};
    const struct mm_box inner = {{2, 1, 3}, {v->size[0], v->size[1], v->size[2]}};
    const struct mm_volume *parent = mm_volume_crop(arena, v, &larger, 77);
    parent = mm_volume_reorient(arena, parent, there, 1u << 0 | 1u << 2);
    struct mm_volume *view = mm_volume_view_turned(arena, parent, back, 1u << 1 | 1u << 0);
    view = mm_volume_view_box(arena, view, &inner);
    memcpy(view->affine, v->affine, sizeof v->affine);
    assert_false(mm_volume_is_dense(view));
    struct mm_volume *copy = mm_volume_copy(arena, view);
    assert_true(same_voxels(copy, v));
    return view;
}

/* However the voxels lie in memory, the result is the same; and they stay as they are. */
static void views_are_as_good(void **state)
{
    const struct mm_transform *t = *state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const struct mm_chain *chain = example_chain(&arena, t);
    const struct mm_context at = {.seed = 11, .epoch = 1, .position = 2};
    struct mm_sample *views = make_sample(&arena, t);
    struct mm_volume *kept[MM_SAMPLE_FIELDS_MAX] = {NULL}, *old[MM_SAMPLE_FIELDS_MAX] = {NULL};
    for (size_t i = 0; i < views->count; i++)
        if (views->fields[i].kind == MM_FIELD_VOLUME) {
            old[i] = views->fields[i].volume;
            kept[i] = views->fields[i].volume = view_like(&arena, old[i]);
        }
    run_all(chain, views, &at);
    assert_true(same_samples(views, run_on_new(&arena, chain, &at)));
    for (size_t i = 0; i < MM_SAMPLE_FIELDS_MAX; i++)
        assert_true(!kept[i] || same_voxels(mm_volume_copy(&arena, kept[i]), old[i]));
    mm_arena_done(&arena);
}

static bool keeps_all_voxels(const struct mm_transform *t)
{
    return t->invert == mm_turn_invert || mm_text_ends(t->name, "Pad");
}

static void what_is_undone_is_as_before(void **state)
{
    const struct mm_transform *t = *state;
    if (!(t->flags & MM_INVERTIBLE))
        return;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const struct mm_chain *chain = example_chain(&arena, t);
    const struct mm_sample *before = make_sample(&arena, t);
    for (uint32_t seed = 0; seed < 4; seed++) {
        struct mm_sample *after = run_on_new(&arena, chain, &(struct mm_context){.seed = seed});
        for (size_t i = 0; i < before->count; i++) {
            const struct mm_field *field = &after->fields[i];
            const struct mm_volume *old = before->fields[i].volume;
            struct mm_volume *out;
            if (before->fields[i].kind != MM_FIELD_VOLUME)
                continue;
            assert_int_equal(mm_field_invert(field, &arena, field->volume, true, &out, NULL), MM_OK);
            assert_true(mm_volume_same_size(out, old));
            assert_memory_equal(out->affine, old->affine, sizeof old->affine);
            assert_true(!keeps_all_voxels(t) || same_voxels(out, old));
        }
    }
    mm_arena_done(&arena);
}

/* The n-th allocation of a run fails, for every n that there is: an error each time, and nothing lost or broken. */
static void lack_of_memory_is_reported(void **state)
{
    const struct mm_transform *t = *state;
    struct mm_arena chains;
    mm_arena_init(&chains, NULL);
    const struct mm_chain *chain = example_chain(&chains, t);
    enum mm_status s = MM_ERR_MEMORY;
    for (uint64_t n = 1; s != MM_OK && n < 200; n++) {
        struct mm_arena arena;
        struct mm_error err = {0};
        mm_arena_init(&arena, NULL);
        struct mm_sample *sample = make_sample(&arena, t);
        mm_memory_fail_at(n);
        s = mm_chain_run(chain, 0, 1, sample, &(struct mm_context){.seed = 1}, &err);
        mm_memory_fail_at(0);
        if (s != MM_OK && s != MM_ERR_MEMORY)
            fail_msg("%s: allocation %d failed: %s", t->name, (int)n, err.text);
        mm_arena_done(&arena);
    }
    assert_int_equal(s, MM_OK);
    mm_arena_done(&chains);
}

static void descriptions_are_of_this_transform(void **state)
{
    const struct mm_transform *t = *state;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const char *text = mm_chain_describe(&arena, example_chain(&arena, t), 1);
    assert_non_null(strstr(text, t->name));
    for (const struct mm_param *p = t->params; p && p->type != MM_PARAM_END_OF_TABLE; p++)
        assert_true(p->no_effect || strstr(text, p->name));
    mm_arena_done(&arena);
}

static void the_list_is_sorted(void **state)
{
    (void)state;
#define TEXT(name) #name,
    static const char *const names[] = {MM_TRANSFORMS(TEXT)};
    size_t count = sizeof names / sizeof *names;
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1], names[i]) >= 0)
            fail_msg("%s stands before %s", names[i - 1], names[i]);
    for (size_t i = 0; i < count; i++)
        assert_non_null(mm_transforms[i]);
    assert_null(mm_transforms[count]);
}

static int write_files(void **state)
{
    (void)state;
    if (scratch_setup((void **)&files))
        return -1;
    struct mm_sample *sample = make_pair(&files->arena, 3, 6, 5, 4, in_a_ball);
    for (int i = 0; i < 2; i++) {
        file_paths[i] = scratch_path(files, i ? "label.nii" : "image.nii");
        if (mm_image_write(file_paths[i], volume_in(sample, file_fields[i]), NULL))
            return -1;
    }
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    return scratch_teardown((void **)&files);
}

int main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction test;
    } contract[] = {
        {"words_and_functions", words_and_functions},
        {"arguments_out_of_range_are_refused", arguments_out_of_range_are_refused},
        {"only_the_place_matters", only_the_place_matters},
        {"other_places_give_other_draws", other_places_give_other_draws},
        {"a_probability_of_0_is_deterministic", a_probability_of_0_is_deterministic},
        {"shared_voxels_stay", shared_voxels_stay},
        {"views_are_as_good", views_are_as_good},
        {"packed_images_are_as_good", packed_images_are_as_good},
        {"what_is_undone_is_as_before", what_is_undone_is_as_before},
        {"lack_of_memory_is_reported", lack_of_memory_is_reported},
        {"descriptions_are_of_this_transform", descriptions_are_of_this_transform},
    };
    enum { RULES = sizeof contract / sizeof *contract };
    size_t members = 0, count = 0;
    while (mm_transforms[members])
        members++;
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    struct CMUnitTest *tests = mm_arena_array(&arena, struct CMUnitTest, members * RULES + 1);
    for (size_t i = 0; i < members; i++)
        for (size_t k = 0; k < RULES; k++)
            tests[count++] = (struct CMUnitTest){
                .name = mm_arena_format(&arena, "%s: %s", mm_transforms[i]->name, contract[k].name),
                .test_func = contract[k].test,
                .initial_state = (void *)mm_transforms[i]};
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(the_list_is_sorted);
    int failed = _cmocka_run_group_tests("registry", tests, count, write_files, remove_files);
    mm_arena_done(&arena);
    return failed;
}
