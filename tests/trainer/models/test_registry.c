/* Every model: its example builds, outputs have the input's size, names are unique; published parameter counts; refusals. */
#include "tests/trainer/component.h"

#include <math.h>

#include "trainer/models/elsewhere.h"
#include "trainer/models/model.h"

static struct mm_arena arena;

static int setup(void **state)
{
    (void)state;
    mm_arena_init(&arena, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mm_arena_done(&arena);
    return 0;
}

static void *read_self(const struct mm_model *model, const char *args)
{
    struct mm_error err = {0};
    void *self = component_read(&arena, model->params, model->params_size, args);
    if (model->check && model->check(&arena, self, &err) != MM_OK)
        fail_msg("%s: %s", args, err.text);
    return self;
}

static struct mm_graph *build(const struct mm_model *model, const void *self)
{
    struct mm_error err = {0};
    struct mm_graph *graph = NULL;
    if (mm_model_graph(&arena, model, self, &graph, &err) != MM_OK)
        fail_msg("%s: %s", model->name, err.text);
    return graph;
}

static int64_t learned(const char *name, const char *args)
{
    const struct mm_model *model = mm_model_find(name);
    assert_non_null(model);
    return mm_graph_param_count(build(model, read_self(model, args)), MM_ROLE_PARAM);
}

/* Output 0 for the smallest input that the model takes. */
static struct mm_desc output_desc(const struct mm_model *model, const void *self, int scale)
{
    struct mm_error err = {0};
    struct mm_graph *graph = build(model, self);
    int m[3];
    model->multiple(self, m);
    struct mm_desc input = mm_desc_make(model->spatial(self), 2, model->in_channels(self),
                                        m[2] * (model->spatial(self) == 3 ? scale : 1), m[1] * scale, m[0] * scale);
    struct mm_desc *shapes = mm_arena_array(&arena, struct mm_desc, graph->count);
    if (mm_graph_shapes(graph, &input, 1, shapes, &err) != MM_OK)
        fail_msg("%s: %s", model->name, err.text);
    struct mm_desc out = shapes[graph->outputs[0]];
    assert_int_equal(out.dim[1], model->out_channels(self));
    out.dim[1] = input.dim[1];
    assert_true(mm_desc_same_shape(&out, &input));
    return out;
}

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; mm_models[i]; i++) {
        const struct mm_model *model = mm_models[i];
        component_keeps_rules(&arena, model->name, model->summary, model->example, model->params, model->params_size);
        assert_ptr_equal(mm_model_find(model->name), model);
        const void *self = read_self(model, model->example);
        output_desc(model, self, 1);
        output_desc(model, self, 3);
    }
}

/* Counts: MONAI's spleen tutorial network (4 808 917), zhixuhao/unet's model summary for one channel (31 031 685). */
static void test_published_parameter_counts(void **state)
{
    (void)state;
    assert_int_equal(
        learned(
            "UNet",
            "{\"spatial_dims\": 3, \"in_channels\": 1, \"out_channels\": 2, \"channels\": [16, 32, 64, 128, 256], "
            "\"strides\": [2, 2, 2, 2], \"num_res_units\": 2, \"norm\": \"batch\"}"),
        4808917);
    assert_int_equal(learned("KerasUNet", "{}"), 31031685);
}

static const struct mm_param_info *param(const struct mm_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->param_count; i++)
        if (strcmp(graph->params[i].name, name) == 0)
            return &graph->params[i];
    fail_msg("there is no parameter %s", name);
    return NULL;
}

/* torch: U(+-1/sqrt(fan_in)) for kernel and bias; fan_in of a transposed kernel is out * k. */
static void test_starting_values(void **state)
{
    const struct mm_model *unet = mm_model_find("UNet"), *keras = mm_model_find("KerasUNet");
    (void)state;
    struct mm_graph *g = build(
        unet, read_self(unet, "{\"dimensions\": 3, \"in_channels\": 2, \"out_channels\": 3, \"channels\": [4, 8], "
                              "\"strides\": [2], \"norm\": \"batch\"}"));
    assert_float_equal(param(g, "model.0.conv.weight")->init.value, 1 / sqrt(2 * 27), 1e-9);
    assert_float_equal(param(g, "model.0.conv.bias")->init.value, 1 / sqrt(2 * 27), 1e-9);
    assert_float_equal(param(g, "model.2.conv.weight")->init.value, 1 / sqrt(3 * 27), 1e-9);
    assert_float_equal(param(g, "model.0.adn.A.weight")->init.value, 0.25, 1e-9);
    assert_float_equal(param(g, "model.0.adn.N.running_var")->init.value, 1, 1e-9);
    assert_int_equal(param(g, "model.0.adn.N.num_batches_tracked")->file_rank, 0);
    assert_int_equal(param(g, "model.0.adn.N.running_mean")->role, MM_ROLE_BUFFER);
    g = build(keras, read_self(keras, "{\"base_filters\": 4, \"depth\": 2}"));
    assert_int_equal(param(g, "conv2a.weight")->init.kind, MM_INIT_HE_NORMAL);
    assert_float_equal(param(g, "conv2a.weight")->init.value, 4 * 9, 1e-9);
    assert_float_equal(param(g, "conv2a.bias")->init.value, 0, 1e-9);
}

/* A config's (x, y, z) becomes (z, y, x) of graphs. */
static void test_axes_are_turned(void **state)
{
    const struct mm_model *unet = mm_model_find("UNet");
    (void)state;
    void *self =
        read_self(unet, "{\"spatial_dims\": 3, \"in_channels\": 1, \"out_channels\": 2, \"channels\": [4, 8, 8], "
                        "\"strides\": [[2, 2, 1], [2, 1, 1]], \"kernel_size\": [3, 5, 1]}");
    int multiple[3];
    unet->multiple(self, multiple);
    assert_int_equal(multiple[0], 4);
    assert_int_equal(multiple[1], 2);
    assert_int_equal(multiple[2], 1);
    const struct mm_param_info *p = param(build(unet, self), "model.0.conv.weight");
    assert_int_equal(p->desc.dim[2], 1);
    assert_int_equal(p->desc.dim[3], 5);
    assert_int_equal(p->desc.dim[4], 3);
    output_desc(unet, self, 2);
}

static void test_notations_of_layers(void **state)
{
    static const char *const spellings[] = {
        "\"act\": \"relu\", \"norm\": \"BATCH\"",
        "\"act\": [\"LeakyReLU\", {\"negative_slope\": 0.1, \"inplace\": true}]",
        "\"norm\": [\"instance\", {\"affine\": true, \"eps\": 1e-3}]",
        "\"act\": [\"prelu\", {\"init\": 0.2}], \"norm\": \"none\"",
        "\"norm\": [\"GROUP\", {\"num_groups\": 2}]",
        "\"act\": [\"ELU\"], \"adn_ordering\": \"AN\"",
        "\"act\": \"none\", \"dropout\": 0.2, \"bias\": false",
    };
    const struct mm_model *unet = mm_model_find("UNet");
    (void)state;
    for (size_t i = 0; i < sizeof(spellings) / sizeof(*spellings); i++) {
        char args[512];
        snprintf(args, sizeof(args),
                 "{\"spatial_dims\": 2, \"in_channels\": 1, \"out_channels\": 2, \"channels\": [4, 8], \"strides\": "
                 "[2], %s}",
                 spellings[i]);
        output_desc(unet, read_self(unet, args), 2);
    }
}

static void test_refusals(void **state)
{
    static const struct {
        const char *args, *text;
    } rows[] = {
        {"\"channels\": [4, 8], \"strides\": [2, 2]", "list of 1"},
        {"\"channels\": [4, 8], \"strides\": 2", "list of 1"},
        {"\"channels\": [4, 8], \"strides\": [0]", "from 1 to 64"},
        {"\"channels\": [4, 8], \"strides\": [[2, 2, 2]]", "expected 1 or 2"},
        {"\"channels\": [4, 8], \"strides\": [2], \"kernel_size\": 2", "must be odd"},
        {"\"channels\": [4, 8], \"strides\": [2], \"act\": \"releu\"", "did you mean relu"},
        {"\"channels\": [4, 8], \"strides\": [2], \"act\": [\"relu\", {\"slope\": 1}]", "has no argument slope"},
        {"\"channels\": [4, 8], \"strides\": [2], \"act\": 7", "expected a name"},
        {"\"channels\": [4, 8], \"strides\": [2], \"norm\": \"layer\"", "not available"},
        {"\"channels\": [4, 8], \"strides\": [2], \"norm\": \"group\"", "num_groups"},
        {"\"channels\": [4, 8], \"strides\": [2], \"norm\": [\"batch\", {\"eps\": 5}]", "eps is 5"},
        {"\"channels\": [4, 8], \"strides\": [2], \"adn_ordering\": \"NNA\"", "at most once"},
    };
    const struct mm_model *unet = mm_model_find("UNet");
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct mm_error err = {0};
        char args[512];
        snprintf(args, sizeof(args), "{\"spatial_dims\": 2, \"in_channels\": 1, \"out_channels\": 2, %s}",
                 rows[i].args);
        void *self = component_read(&arena, unet->params, unet->params_size, args);
        assert_int_equal(unet->check(&arena, self, &err), MM_ERR_CONFIG);
        if (!strstr(err.text, rows[i].text))
            fail_msg("\"%s\" does not say \"%s\"", err.text, rows[i].text);
    }
}

/* Clara's spelling and MONAI's are one network; "Unet" and "UNet" are two. */
static void test_clara_spellings(void **state)
{
    (void)state;
    assert_int_equal(
        learned("SegResnet", "{\"num_classes\": 2, \"blocks_down\": \"1,2,2,4\", \"blocks_up\": \"1,1,1\"}"),
        learned("SegResNet", "{\"blocks_down\": [1, 2, 2, 4], \"blocks_up\": [1, 1, 1]}"));
    assert_ptr_not_equal(mm_model_find("Unet"), mm_model_find("UNet"));
    /* Convolutions of extent 3 with bias by hand: 1 to 2, 3, 4, 5 and 5 to 6, then with the skips. */
    int64_t by_hand = 2 * 27 + 2 + 3 * 2 * 27 + 3 + 4 * 3 * 27 + 4 + 5 * 4 * 27 + 5 + 6 * 5 * 27 + 6 +
                      6 * (6 + 4) * 27 + 6 + 6 * (6 + 3) * 27 + 6 + 6 * (6 + 2) * 27 + 6 + 6 * 6 * 27 + 6 +
                      4 * (6 + 1) * 27 + 4 + 3 * 4 * 27 + 3 + 2 * 3 + 2;
    assert_int_equal(learned("Unet", "{\"num_classes\": 2, \"nf_enc\": \"2,3,4,5\", \"nf_dec\": \"6,6,6,6,6,4,3\"}"),
                     by_hand);
}

static void test_refusals_of_seg_resnet(void **state)
{
    static const struct {
        const char *name, *args, *text;
    } rows[] = {
        {"SegResnet", "{\"num_classes\": 2, \"use_vae\": true}", "variational"},
        {"SegResnet", "{\"num_classes\": 2, \"init_filters\": 12}", "cannot be cut into 8"},
        {"SegResNet", "{\"blocks_up\": [1, 1]}", "expected 3"},
        {"SegResNet", "{\"act\": \"prelu\"}", "prelu"},
        {"Unet", "{\"num_classes\": 2, \"use_group_norm\": true, \"nf_enc\": \"12,8,8,8\"}", "nf_enc"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct mm_error err = {0};
        const struct mm_model *model = mm_model_find(rows[i].name);
        void *self = component_read(&arena, model->params, model->params_size, rows[i].args);
        assert_int_equal(model->check(&arena, self, &err), MM_ERR_CONFIG);
        if (!strstr(err.text, rows[i].text))
            fail_msg("\"%s\" does not say \"%s\"", err.text, rows[i].text);
    }
}

/* What errors call missing is missing, in all its spellings. */
static void test_models_elsewhere_are_not_here(void **state)
{
    (void)state;
    for (unsigned i = 0; mm_model_elsewhere_name(i); i++)
        if (mm_model_find(mm_model_elsewhere_name(i)))
            fail_msg("%s is here: take it off the list", mm_model_elsewhere_name(i));
    assert_non_null(mm_model_elsewhere("swinunetr"));
    assert_null(mm_model_elsewhere("MyNet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_published_parameter_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_starting_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_axes_are_turned, setup, teardown),
        cmocka_unit_test_setup_teardown(test_notations_of_layers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clara_spellings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals_of_seg_resnet, setup, teardown),
        cmocka_unit_test_setup_teardown(test_models_elsewhere_are_not_here, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
