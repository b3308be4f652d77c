/* Weights in files: what is saved loads bit for bit, kernels of foreign files are turned, differences are reported, and a refused
 * file changes nothing. */
#include "tests/trainer/component.h"

#include "base/file.h"
#include "tests/support/scratch.h"
#include "trainer/weights.h"

#define ARGS                                                                                                         \
    "\"spatial_dims\": 3, \"in_channels\": 1, \"channels\": [3, 4], \"strides\": [2], \"kernel_size\": [1, 3, 5], "  \
    "\"norm\": \"batch\", \"out_channels\": "

static struct mm_network *open_network(struct scratch *scratch, const char *args)
{
    struct mm_error err = {0};
    struct mm_graph *graph;
    struct mm_network *network;
    const struct mm_model *model = mm_model_find("UNet");
    void *self = component_read(&scratch->arena, model->params, model->params_size, args);
    assert_int_equal(model->check(&scratch->arena, self, &err), MM_OK);
    assert_int_equal(mm_model_graph(&scratch->arena, model, self, &graph, &err), MM_OK);
    const struct mm_network_options options = {.backend = "reference"};
    if (mm_network_open(graph, &options, &network, &err) != MM_OK)
        fail_msg("%s", err.text);
    return network;
}

static float *param_values(struct scratch *scratch, struct mm_network *network, size_t i, size_t *count)
{
    struct mm_error err = {0};
    *count = (size_t)mm_desc_count(&mm_network_graph(network)->params[i].desc);
    float *values = mm_arena_array(&scratch->arena, float, *count);
    assert_int_equal(mm_network_get_param(network, i, values, &err), MM_OK);
    return values;
}

static void assert_same_weights(struct scratch *scratch, struct mm_network *a, struct mm_network *b, bool same)
{
    bool equal = true;
    size_t n;
    for (size_t i = 0; i < mm_network_graph(a)->param_count; i++) {
        float *x = param_values(scratch, a, i, &n), *y = param_values(scratch, b, i, &n);
        equal = equal && memcmp(x, y, n * sizeof(float)) == 0;
    }
    assert_int_equal(equal, same);
}

/* ARGS with that many channels of the image. */
#define CHANNELS(n)                                                                                                  \
    "{\"spatial_dims\": 3, \"in_channels\": " #n ", \"channels\": [3, 4], \"strides\": [2], \"kernel_size\": [1, "   \
    "3, 5], \"norm\": \"batch\", \"out_channels\": 2}"

/* The parent's kernel (o, old, k) and the child's (o, new, k), and what the rule says of them. */
static void assert_adapted(struct scratch *scratch, struct mm_network *parent, struct mm_network *child, size_t old,
                           size_t new)
{
    size_t n, m;
    float *a = param_values(scratch, parent, 0, &n), *b = param_values(scratch, child, 0, &m);
    size_t taps = n / 3 / old;
    assert_int_equal(m, 3 * new *taps);
    for (size_t o = 0; o < 3; o++)
        for (size_t k = 0; k < taps; k++) {
            float sum_a = 0, sum_b = 0;
            for (size_t c = 0; c < old; c++)
                sum_a += a[(o * old + c) * taps + k];
            for (size_t c = 0; c < new; c++) {
                sum_b += b[(o * new + c) * taps + k];
                if (new > 1)
                    assert_float_equal(b[(o * new + c) * taps + k],
                                       a[(o * old + c % old) * taps + k] * (float)old / (float)new, 1e-6);
            }
            if (new % old == 0 || new == 1) /* so that a repeated image excites it as it did */
                assert_float_equal(sum_a, sum_b, 1e-5);
        }
}

static void test_the_first_layer_takes_other_channels(void **state)
{
    struct scratch *scratch = *state;
    struct mm_error err = {0};
    static const char *const args[] = {NULL, CHANNELS(1), CHANNELS(2), CHANNELS(3), CHANNELS(4)};
    const char *path = scratch_path(scratch, "model.safetensors");
    for (size_t old = 1; old <= 3; old++)
        for (size_t new = 1; new <= 4; new ++) {
            struct mm_network *a = open_network(scratch, args[old]), *b = open_network(scratch, args[new]);
            struct mm_weights_report report;
            assert_int_equal(mm_network_initialise(a, 7, &err), MM_OK);
            assert_int_equal(mm_network_initialise(b, 8, &err), MM_OK);
            assert_int_equal(mm_weights_save(a, path, NULL, false, &err), MM_OK);
            assert_int_equal(mm_weights_load(&scratch->arena, b, path, false, NULL, &report, &err), MM_OK);
            assert_int_equal(report.adapted.count, old != new);
            assert_int_equal(report.reshaped.count + report.missing.count + report.unexpected.count, 0);
            assert_int_equal(report.loaded + report.adapted.count, mm_network_graph(a)->param_count);
            assert_adapted(scratch, a, b, old, new);
            if (old != new) /* who resumes or infers wants these weights and no others */
                assert_int_equal(mm_weights_load(&scratch->arena, b, path, true, NULL, &report, &err), MM_ERR_DATA);
            mm_network_close(a);
            mm_network_close(b);
        }
}

static void test_saved_weights_load(void **state)
{
    struct scratch *scratch = *state;
    struct mm_error err = {0};
    struct mm_network *a = open_network(scratch, "{" ARGS "2}"), *b = open_network(scratch, "{" ARGS "2}");
    struct mm_weights_report report;
    struct mm_safetensors *file;
    const char *path = scratch_path(scratch, "model.safetensors");
    cJSON *extra = mm_json_object(&scratch->arena);
    mm_json_add(&scratch->arena, extra, "model", mm_json_text(&scratch->arena, "{\"name\":\"UNet\"}"));
    assert_int_equal(mm_network_initialise(a, 7, &err), MM_OK);
    assert_int_equal(mm_weights_save(a, path, extra, false, &err), MM_OK);
    assert_same_weights(scratch, a, b, false);
    assert_int_equal(mm_weights_load(&scratch->arena, b, path, true, NULL, &report, &err), MM_OK);
    assert_same_weights(scratch, a, b, true);
    assert_int_equal(report.loaded, mm_network_graph(a)->param_count);
    assert_int_equal(report.missing.count + report.unexpected.count + report.reshaped.count, 0);

    assert_int_equal(mm_safetensors_read(&scratch->arena, path, &file, &err), MM_OK);
    assert_string_equal(mm_safetensors_metadata(file, "axes"), "zyx");
    assert_string_equal(mm_safetensors_metadata(file, "format"), "mmar-weights-1");
    assert_string_equal(mm_safetensors_metadata(file, "model"), "{\"name\":\"UNet\"}");
    assert_string_equal(file->tensors[0].name, "model.0.conv.weight");
    const struct mm_st_tensor *kernel = &file->tensors[0],
                              *tracked = mm_safetensors_find(file, "model.0.adn.N.num_batches_tracked");
    assert_int_equal(kernel->rank, 5);
    assert_int_equal(kernel->dim[2], 5); /* z, y, x */
    assert_int_equal(kernel->dim[4], 1);
    assert_string_equal(tracked->dtype, "I64");
    assert_int_equal(tracked->rank, 0);
    mm_network_close(a);
    mm_network_close(b);
}

/* Writes parameter i of `from` as MONAI would: kernels (x, y, z), no metadata of ours. */
struct foreign {
    struct scratch *scratch;
    struct mm_network *from;
};

static enum mm_status fill_foreign(void *context, size_t index, void *bytes, struct mm_error *err)
{
    const struct foreign *f = context;
    const struct mm_param_info *info = &mm_network_graph(f->from)->params[index];
    const int64_t *d = info->desc.dim;
    size_t n, at = 0;
    float *values = param_values(f->scratch, f->from, index, &n), *out = bytes;
    (void)err;
    if (info->file_rank == 0) {
        memcpy(bytes, &(int64_t){0}, sizeof(int64_t));
        return MM_OK;
    }
    if (info->file_rank < 3) {
        memcpy(bytes, values, n * sizeof(float));
        return MM_OK;
    }
    for (int64_t o = 0; o < d[0] * d[1]; o++)
        for (int64_t x = 0; x < d[4]; x++)
            for (int64_t y = 0; y < d[3]; y++)
                for (int64_t z = 0; z < d[2]; z++)
                    out[at++] = values[((o * d[2] + z) * d[3] + y) * d[4] + x];
    return MM_OK;
}

static const char *write_foreign(struct scratch *scratch, struct mm_network *from)
{
    struct mm_error err = {0};
    const struct mm_graph *graph = mm_network_graph(from);
    struct mm_st_writer_item *items = mm_arena_array(&scratch->arena, struct mm_st_writer_item, graph->param_count);
    const char *path = scratch_path(scratch, "monai.safetensors");
    for (size_t i = 0; i < graph->param_count; i++) {
        const struct mm_param_info *p = &graph->params[i];
        bool scalar = p->file_rank == 0;
        items[i] = (struct mm_st_writer_item){
            p->name, scalar ? "I64" : "F32", p->file_rank, {p->file_dim[0], p->file_dim[1]}, 8};
        items[i].bytes = scalar ? 8 : (size_t)mm_desc_count(&p->desc) * sizeof(float);
        for (int k = 0; p->file_rank > 2 && k < 3; k++)
            items[i].dim[2 + k] = p->file_dim[4 - k];
    }
    struct foreign foreign = {scratch, from};
    if (mm_safetensors_write(path, NULL, items, graph->param_count, fill_foreign, &foreign, &err) != MM_OK)
        fail_msg("%s", err.text);
    return path;
}

static void test_foreign_kernels_are_turned(void **state)
{
    struct scratch *scratch = *state;
    struct mm_error err = {0};
    const enum mm_axes xyz = MM_AXES_XYZ, zyx = MM_AXES_ZYX;
    struct mm_network *a = open_network(scratch, "{" ARGS "2}"), *b = open_network(scratch, "{" ARGS "2}");
    assert_int_equal(mm_network_initialise(a, 7, &err), MM_OK);
    const char *path = write_foreign(scratch, a);
    assert_int_equal(mm_weights_load(&scratch->arena, b, path, true, NULL, NULL, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "--axes xyz"));
    assert_int_equal(mm_weights_load(&scratch->arena, b, path, true, &zyx, NULL, &err),
                     MM_ERR_DATA); /* 1x3x5 is not 5x3x1 */
    assert_same_weights(scratch, a, b, false);
    assert_int_equal(mm_weights_load(&scratch->arena, b, path, true, &xyz, NULL, &err), MM_OK);
    assert_same_weights(scratch, a, b, true);
    mm_network_close(a);
    mm_network_close(b);
}

static void test_fine_tuning_reports_what_differs(void **state)
{
    struct scratch *scratch = *state;
    struct mm_error err = {0};
    struct mm_weights_report report;
    const char *path = scratch_path(scratch, "model.safetensors");
    struct mm_network *a = open_network(scratch, "{" ARGS "2}"), *b = open_network(scratch, "{" ARGS "5}"),
                      *c = open_network(scratch, "{\"num_res_units\": 1, " ARGS "2}");
    assert_int_equal(mm_network_initialise(a, 7, &err), MM_OK);
    assert_int_equal(mm_weights_save(a, path, NULL, false, &err), MM_OK);
    assert_int_equal(mm_weights_load(&scratch->arena, b, path, true, NULL, NULL, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "model.2.conv.weight: file 7x2x3x3x3, model 7x5x3x3x3"));
    size_t n;
    float *before = param_values(scratch, b, 0, &n);
    for (size_t i = 0; i < n; i++)
        assert_true(before[i] == 0); /* the refused load changed nothing */
    assert_int_equal(mm_weights_load(&scratch->arena, b, path, false, NULL, &report, &err), MM_OK);
    assert_int_equal(report.reshaped.count, 2);
    assert_int_equal(report.missing.count, 0);
    assert_int_equal(report.loaded, mm_network_graph(b)->param_count - 2);
    assert_int_equal(mm_weights_load(&scratch->arena, c, path, false, NULL, &report, &err), MM_OK);
    assert_true(report.missing.count > 0 && report.unexpected.count > 0);
    assert_int_equal(mm_weights_load(&scratch->arena, c, path, true, NULL, NULL, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "missing"));
    mm_network_close(a);
    mm_network_close(b);
    mm_network_close(c);
}

static enum mm_status transfer(struct scratch *scratch, struct mm_network *network, const char *path, bool partial,
                               struct mm_weights_report *report, struct mm_error *err)
{
    const struct mm_weights_transfer how = {.classes = 5, .partial = partial};
    return mm_weights_transfer(&scratch->arena, network, path, &how, report, err);
}

/* Other classes explain a difference, in units with and without a residual part; other widths or another depth do not. */
static void test_a_start_from_another_model_is_refused(void **state)
{
    struct scratch *scratch = *state;
    struct mm_error err = {0};
    struct mm_weights_report report;
    const char *path = scratch_path(scratch, "model.safetensors");
    static const char *const units[] = {"\"num_res_units\": 0, ", "\"num_res_units\": 1, ", "\"num_res_units\": 2, "};
    for (size_t i = 0; i < 3; i++) {
        struct mm_network *a = open_network(scratch, mm_arena_format(&scratch->arena, "{%s" ARGS "2}", units[i])),
                          *b = open_network(scratch, mm_arena_format(&scratch->arena, "{%s" ARGS "5}", units[i])),
                          *c = open_network(scratch,
                                            mm_arena_format(&scratch->arena, "{%s" ARGS "5}", units[(i + 1) % 3]));
        assert_int_equal(mm_network_initialise(a, 7, &err), MM_OK);
        assert_int_equal(mm_weights_save(a, path, NULL, false, &err), MM_OK);
        assert_int_equal(transfer(scratch, b, path, false, &report, &err), MM_OK);
        assert_true(report.renewed.count > 0);
        assert_int_equal(report.reshaped.count + report.missing.count + report.unexpected.count, 0);
        assert_int_equal(report.loaded + report.renewed.count, mm_network_graph(b)->param_count);
        size_t n;
        float *before = param_values(scratch, c, 0, &n);
        assert_int_equal(transfer(scratch, c, path, false, &report, &err), MM_ERR_DATA);
        assert_non_null(strstr(err.text, i == 1 ? "model.safetensors: is of another model: "
                                                : "model.safetensors: none of its tensors fits this model"));
        assert_memory_equal(param_values(scratch, c, 0, &n), before, n * sizeof *before);
        assert_true(report.missing.count + report.unexpected.count + report.reshaped.count > 0);
        assert_int_equal(transfer(scratch, c, path, true, &report, &err), i == 1 ? MM_OK : MM_ERR_DATA);
        assert_int_equal(report.loaded > 0, i == 1);
        mm_network_close(a);
        mm_network_close(b);
        mm_network_close(c);
    }
}

static void choose_adam(struct scratch *scratch, struct mm_network *network)
{
    struct mm_error err = {0};
    const struct mm_optimizer *adam = mm_optimizer_find("Adam");
    assert_int_equal(mm_network_optimizer(
                         network, adam, component_read(&scratch->arena, adam->params, adam->params_size, "{}"), &err),
                     MM_OK);
}

static void test_checkpoints_restore_the_optimizer(void **state)
{
    struct scratch *scratch = *state;
    struct mm_error err = {0};
    struct mm_safetensors *file;
    const char *path = scratch_path(scratch, "checkpoint.safetensors"),
               *plain = scratch_path(scratch, "model.safetensors");
    struct mm_network *a = open_network(scratch, "{" ARGS "2}"), *b = open_network(scratch, "{" ARGS "2}");
    choose_adam(scratch, a);
    choose_adam(scratch, b);
    assert_int_equal(mm_network_initialise(a, 7, &err), MM_OK);
    size_t n;
    float *values = param_values(scratch, a, 0, &n), *back = mm_arena_array(&scratch->arena, float, n);
    for (size_t slot = 0; slot < mm_network_slots(a); slot++)
        assert_int_equal(mm_network_set_slot(a, 0, slot, values, &err), MM_OK);
    assert_int_equal(mm_weights_save(a, path, NULL, true, &err), MM_OK);
    assert_int_equal(mm_weights_save(a, plain, NULL, false, &err), MM_OK);
    assert_int_equal(mm_safetensors_read(&scratch->arena, path, &file, &err), MM_OK);
    assert_non_null(mm_safetensors_find(file, "optimizer.0.model.0.conv.weight"));
    assert_null(mm_safetensors_find(file, "optimizer.0.model.0.adn.N.running_mean"));
    assert_int_equal(mm_weights_restore(&scratch->arena, b, file, &err), MM_OK);
    assert_same_weights(scratch, a, b, true);
    assert_int_equal(mm_network_get_slot(b, 0, 1, back, &err), MM_OK);
    assert_memory_equal(values, back, n * sizeof(float));
    assert_int_equal(mm_weights_load(&scratch->arena, b, path, true, NULL, NULL, &err),
                     MM_OK); /* slots are no surprise */
    assert_int_equal(mm_safetensors_read(&scratch->arena, plain, &file, &err), MM_OK);
    assert_int_equal(mm_weights_restore(&scratch->arena, b, file, &err), MM_ERR_DATA);
    assert_non_null(strstr(err.text, "optimizer.0."));
    mm_network_close(a);
    mm_network_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_first_layer_takes_other_channels, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_saved_weights_load, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_foreign_kernels_are_turned, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_fine_tuning_reports_what_differs, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_a_start_from_another_model_is_refused, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(test_checkpoints_restore_the_optimizer, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
