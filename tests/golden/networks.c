/* Networks: built from the config, filled by the fill rule, run on every available backend; and the sliding-window inferer. */
#include <math.h>

#include "base/hash.h"
#include "golden.h"
#include "trainer/infer.h"
#include "trainer/models/model.h"
#include "trainer/network.h"

/* Value i of a tensor by the fill rule (README.md "Fill rule"). */
static float filled(const char *name, uint64_t i, int rank, const int64_t *dim)
{
    double u = golden_uniform(mm_fnv1a(name, strlen(name)), i), fan_in = 1;
    const char *last = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
    if (!strcmp(last, "num_batches_tracked"))
        return 0;
    if (!strcmp(last, "running_mean"))
        return (float)(0.2 * (u - 0.5));
    if (!strcmp(last, "running_var") || !strcmp(last, "gain") || !strcmp(last, "skipinit_gain"))
        return (float)(0.5 + u);
    for (int d = 1; d < rank; d++)
        fan_in *= (double)dim[d];
    if (rank >= 2)
        return (float)((2 * u - 1) * sqrt(3 / fan_in));
    return (float)(!strcmp(last, "weight") ? 0.5 + u : 0.2 * (u - 0.5));
}

static int64_t count_of(int rank, const int64_t *dim)
{
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= dim[i];
    return n;
}

/* File dims of a parameter in the order of the reference implementation. */
static void reference_dims(const struct mm_param_info *p, enum mm_axes axes, int64_t dim[5])
{
    memcpy(dim, p->file_dim, sizeof p->file_dim);
    if (axes == MM_AXES_XYZ && p->file_rank > 3) {
        dim[2] = p->file_dim[p->file_rank - 1];
        dim[p->file_rank - 1] = p->file_dim[2];
    }
}

static bool fill_network(struct golden_case *c, struct mm_network *network, enum mm_axes axes)
{
    const struct mm_graph *graph = mm_network_graph(network);
    struct mm_error err = {.status = MM_OK};
    for (size_t p = 0; p < graph->param_count; p++) {
        const struct mm_param_info *info = &graph->params[p];
        int64_t dim[5];
        reference_dims(info, axes, dim);
        int64_t n = count_of(info->file_rank, dim);
        float *values = mm_arena_array(c->arena, float, (size_t)n + 1);
        for (int64_t i = 0; i < n; i++)
            values[i] = filled(info->name, (uint64_t)i, info->file_rank, dim);
        if (axes == MM_AXES_XYZ && info->file_rank > 2)
            values = golden_to_ours(c->arena, values, dim, info->file_rank, 2);
        if (mm_network_set_param(network, p, values, &err) != MM_OK) {
            golden_fail(c, "%s: %s", info->name, err.text);
            return false;
        }
    }
    return true;
}

/* Names, order and shapes of the reference's state_dict. */
static void check_names(struct golden_case *c, const struct mm_graph *graph, enum mm_axes axes)
{
    const cJSON *row;
    size_t p = 0;
    cJSON_ArrayForEach (row, mm_json_get(c->json, "state_dict")) {
        const cJSON *name = cJSON_GetArrayItem(row, 0), *shape = cJSON_GetArrayItem(row, 1);
        int64_t dim[5];
        if (p >= graph->param_count || strcmp(graph->params[p].name, name->valuestring)) {
            golden_fail(c, "parameter %zu is %s, reference %s", p,
                        p < graph->param_count ? graph->params[p].name : "missing", name->valuestring);
            return;
        }
        reference_dims(&graph->params[p], axes, dim);
        bool same = cJSON_GetArraySize(shape) == graph->params[p].file_rank;
        for (int i = 0; same && i < graph->params[p].file_rank; i++)
            same = (int64_t)cJSON_GetArrayItem(shape, i)->valuedouble == dim[i];
        if (!same)
            golden_fail(c, "%s: has another shape than the reference", name->valuestring);
        p++;
    }
    if (p != graph->param_count)
        golden_fail(c, "%zu parameters, reference %zu", graph->param_count, p);
}

/* The 2u-1 tensor of that name and shape, in our order, with its description. */
static float *uniform(struct golden_case *c, const char *name, const cJSON *shape, enum mm_axes axes,
                      struct mm_desc *desc)
{
    int64_t dim[5] = {1, 1, 1, 1, 1};
    int rank = cJSON_GetArraySize(shape);
    for (int i = 0; i < rank && i < 5; i++)
        dim[i] = (int64_t)cJSON_GetArrayItem(shape, i)->valuedouble;
    int64_t n = count_of(rank, dim);
    float *values = mm_arena_array(c->arena, float, (size_t)n + 1);
    uint64_t hash = mm_fnv1a(name, strlen(name));
    for (int64_t i = 0; values && i < n; i++)
        values[i] = (float)(2 * golden_uniform(hash, (uint64_t)i) - 1);
    if (axes == MM_AXES_XYZ)
        *desc = mm_desc_make(rank - 2, dim[0], dim[1], rank == 5 ? dim[4] : 1, dim[3], dim[2]);
    else
        *desc = mm_desc_make(rank - 2, dim[0], dim[1], rank == 5 ? dim[2] : 1, dim[rank - 2], dim[rank - 1]);
    return axes == MM_AXES_XYZ && rank > 2 ? golden_to_ours(c->arena, values, dim, rank, 2) : values;
}

static void compare_activation(struct golden_case *c, const char *what, const char *tensor, const float *got,
                               enum mm_axes axes, double atol)
{
    size_t n;
    const struct mm_st_tensor *t = golden_tensor(c, tensor);
    const float *expected = t ? golden_floats(c, tensor, &n) : NULL;
    if (expected)
        golden_compare(c, what, axes == MM_AXES_XYZ ? golden_from_ours(c->arena, got, t->dim, t->rank, 2) : got,
                       expected, n, c->rtol, atol, 0);
}

struct gradients {
    double total, error; /* L2 norms */
    float *norms;
    size_t count;
};

/* One parameter's gradient against the stored norm and, where stored, the full gradient. */
static bool take_gradient(struct golden_case *c, struct mm_network *network, size_t p, enum mm_axes axes,
                          struct gradients *g)
{
    const struct mm_param_info *info = &mm_network_graph(network)->params[p];
    struct mm_error err = {.status = MM_OK};
    int64_t dim[5];
    size_t n;
    reference_dims(info, axes, dim);
    int64_t count = count_of(info->file_rank, dim);
    float *values = mm_arena_array(c->arena, float, (size_t)count + 1);
    double sum = 0;
    if (mm_network_get_gradient(network, p, values, &err) != MM_OK) {
        golden_fail(c, "%s: %s", info->name, err.text);
        return false;
    }
    if (axes == MM_AXES_XYZ && info->file_rank > 2)
        values = golden_from_ours(c->arena, values, dim, info->file_rank, 2);
    for (int64_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    g->norms[g->count++] = (float)sqrt(sum);
    const char *tensor = mm_arena_format(c->arena, "out.grad.%s", info->name);
    const float *expected = mm_safetensors_find(c->file, tensor) ? golden_floats(c, tensor, &n) : NULL;
    for (size_t i = 0; expected && i < n; i++)
        g->error += ((double)values[i] - (double)expected[i]) * ((double)values[i] - (double)expected[i]);
    return true;
}

static void compare_gradients(struct golden_case *c, struct mm_network *network, enum mm_axes axes)
{
    const struct mm_graph *graph = mm_network_graph(network);
    const cJSON *tolerance = mm_json_get(c->json, "tolerance");
    struct gradients g = {.total = golden_number(c->json, "total_grad_norm", 0),
                          .norms = mm_arena_array(c->arena, float, graph->param_count + 1)};
    size_t n;
    for (size_t p = 0; p < graph->param_count; p++)
        if (graph->params[p].role == MM_ROLE_PARAM && !take_gradient(c, network, p, axes, &g))
            return;
    const float *expected = golden_floats(c, "out.grad_norm", &n);
    if (!expected || n != g.count) {
        golden_fail(c, "%zu gradients, reference %zu", g.count, n);
        return;
    }
    golden_compare(c, "grad_norm", g.norms, expected, n, c->rtol,
                   golden_number(tolerance, "grad_norm_over_total", 1e-3) * g.total, 0);
    if (sqrt(g.error) > golden_number(tolerance, "grad_rel_l2", 1e-3) * g.total)
        golden_fail(c, "stored gradients differ by an L2 norm of %g, allowed %g of %g", sqrt(g.error),
                    golden_number(tolerance, "grad_rel_l2", 1e-3), g.total);
}

static void compare_buffers(struct golden_case *c, struct mm_network *network)
{
    const struct mm_graph *graph = mm_network_graph(network);
    for (size_t p = 0; p < graph->param_count; p++) {
        size_t n;
        const char *tensor = mm_arena_format(c->arena, "out.buffer.%s", graph->params[p].name);
        if (graph->params[p].role != MM_ROLE_BUFFER || !mm_safetensors_find(c->file, tensor) ||
            mm_text_ends(tensor, "num_batches_tracked"))
            continue;
        const float *expected = golden_floats(c, tensor, &n);
        float *got = mm_arena_array(c->arena, float, n + 1);
        if (expected && mm_network_get_param(network, p, got, NULL) == MM_OK)
            golden_compare(c, tensor, got, expected, n, 1e-5,
                           golden_number(mm_json_get(c->json, "tolerance"), "running_stats_atol", 1e-5), 0);
    }
}

/* Training-mode forward, loss = mean(out * target), backward: by a plan of its own over the network's weights. */
static void compare_training(struct golden_case *c, struct mm_network *network, const struct mm_desc *input,
                             const float *x, enum mm_axes axes)
{
    struct mm_error err = {.status = MM_OK};
    struct mm_desc desc;
    size_t n;
    const cJSON *target_json = mm_json_get(c->json, "target"), *shapes = mm_json_get(target_json, "shape");
    if (cJSON_GetArraySize(shapes) != 1) {
        golden_fail(c, "the case has %d outputs, the walker compares one", cJSON_GetArraySize(shapes));
        return;
    }
    float *target = uniform(c, "target", cJSON_GetArrayItem(shapes, 0), axes, &desc);
    int64_t count = mm_desc_count(&desc);
    float *y = mm_arena_array(c->arena, float, (size_t)count), *dy = mm_arena_array(c->arena, float, (size_t)count);
    for (int64_t i = 0; i < count; i++)
        dy[i] = (float)((double)target[i] / (double)count);
    if (mm_network_probe(network, input, x, dy, y, &err) != MM_OK) {
        golden_fail(c, "training pass: %s", err.text);
        return;
    }
    double loss = 0;
    for (int64_t i = 0; i < count; i++)
        loss += (double)y[i] * (double)target[i] / (double)count;
    compare_activation(c, "train", "out.train", y, axes,
                       golden_number(mm_json_get(c->json, "tolerance"), "atol_train", c->atol));
    const float *expected = golden_floats(c, "out.loss", &n);
    double allowed = golden_number(mm_json_get(c->json, "tolerance"), "loss_abs", 1e-5);
    if (expected && fabs(loss - (double)expected[0]) > allowed)
        golden_fail(c, "loss: got %.9g, reference %.9g, allowed %g", loss, (double)expected[0], allowed);
    compare_gradients(c, network, axes);
    compare_buffers(c, network);
}

static void run_network(struct golden_case *c, const struct mm_model *model, const struct mm_graph *graph,
                        const char *backend)
{
    struct mm_network *network;
    struct mm_error err = {.status = MM_OK};
    const struct mm_network_options options = {.backend = backend};
    enum mm_axes axes = model->reference_axes;
    struct mm_desc input, output;
    const float *x = uniform(c, "input", mm_json_get(mm_json_get(c->json, "input"), "shape"), axes, &input);
    if (mm_network_open(graph, &options, &network, &err) != MM_OK) {
        golden_fail(c, "%s: %s", backend, err.text);
        return;
    }
    if (!fill_network(c, network, axes))
        goto done;
    if (mm_network_output_desc(network, &input, &output, &err) != MM_OK) {
        golden_fail(c, "%s", err.text);
        goto done;
    }
    float *y = mm_arena_array(c->arena, float, (size_t)mm_desc_count(&output));
    if (mm_network_infer(network, &input, x, y, &err) != MM_OK)
        golden_fail(c, "%s", err.text);
    else {
        compare_activation(c, "eval", "out.eval", y, axes, c->atol);
        compare_training(c, network, &input, x, axes);
    }
done:
    mm_network_close(network);
}

/* The reference sets every dropout to p = 0: so does the graph. */
static void without_dropout(struct mm_graph *graph)
{
    static const struct mm_dropout none = {0};
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].op == &mm_op_dropout)
            graph->nodes[i].params = &none;
}

/* The case's model; NULL when we do not have it. A class of another library ("path") may share the name of one of ours. */
static const struct mm_model *model_of(const struct golden_case *c)
{
    const cJSON *path = mm_json_get(mm_json_get(c->json, "config"), "path");
    if (cJSON_IsString(path) && !mm_text_starts(path->valuestring, "monai."))
        return NULL;
    return c->component.name ? mm_model_find(c->component.name) : NULL;
}

enum golden_result golden_network(struct golden_case *c)
{
    const struct mm_model *model = model_of(c);
    struct mm_error err = {.status = MM_OK};
    struct mm_graph *graph;
    void *self;
    if (!model)
        return GOLDEN_SKIPPED;
    if (!golden_params(c, model->params, model->params_size, NULL, &self))
        return GOLDEN_FAILED;
    if ((model->check && model->check(c->arena, self, &err) != MM_OK) ||
        mm_model_graph(c->arena, model, self, &graph, &err) != MM_OK)
        return golden_fail(c, "%s", err.text);
    without_dropout(graph);
    check_names(c, graph, model->reference_axes);
    if (c->failed)
        return GOLDEN_FAILED;
    run_network(c, model, graph, "reference");
    run_network(c, model, graph, "auto");
    return c->failed ? GOLDEN_FAILED : GOLDEN_PASSED;
}

/* The inferer cases' predictor: conv1 3x3(x3) zero pad 1, ReLU, conv2 3x3(x3) zero pad 1, as a graph. */
static struct mm_graph *predictor_graph(struct golden_case *c, int spatial)
{
    struct mm_graph *g = mm_graph_make(c->arena, spatial);
    const int z = spatial == 3 ? 1 : 0;
    const struct mm_conv conv = {.kernel = {1 + 2 * z, 3, 3},
                                 .stride = {1, 1, 1},
                                 .dilation = {1, 1, 1},
                                 .low = {z, 1, 1},
                                 .high = {z, 1, 1},
                                 .groups = 1};
    const struct mm_activation relu = {.kind = MM_RELU};
    const struct mm_init zero = {MM_INIT_CONSTANT, 0};
    mm_value x = mm_graph_input(g, "image", 0);
    for (int i = 1; i <= 2; i++) {
        const char *weight = mm_arena_format(c->arena, "conv%d.weight", i),
                   *bias = mm_arena_format(c->arena, "conv%d.bias", i);
        const struct mm_st_tensor *t = golden_tensor(c, mm_arena_format(c->arena, "in.%s", weight));
        if (!t)
            return NULL;
        const mm_value inputs[] = {x, mm_graph_kernel(g, weight, t->dim[0], t->dim[1], conv.kernel, zero),
                                   mm_graph_vector(g, bias, t->dim[0], MM_ROLE_PARAM, zero)};
        x = mm_graph_add(g, weight, &mm_op_conv, &conv, inputs, 3);
        if (i == 1)
            x = mm_graph_add(g, "relu", &mm_op_activation, &relu, &x, 1);
    }
    mm_graph_output(g, x);
    return g;
}

static enum mm_status predict(void *context, const struct mm_desc *input, const float *x, float *y,
                              struct mm_error *err)
{
    return mm_network_infer(context, input, x, y, err);
}

static bool load_predictor(struct golden_case *c, struct mm_network *network)
{
    const struct mm_graph *g = mm_network_graph(network);
    for (size_t p = 0; p < g->param_count; p++) {
        size_t n;
        const char *tensor = mm_arena_format(c->arena, "in.%s", g->params[p].name);
        const struct mm_st_tensor *t = golden_tensor(c, tensor);
        const float *values = t ? golden_floats(c, tensor, &n) : NULL;
        if (!values)
            return false;
        if (t->rank > 2)
            values = golden_to_ours(c->arena, values, t->dim, t->rank, 2);
        if (mm_network_set_param(network, p, values, NULL) != MM_OK)
            return false;
    }
    return true;
}

/* Item by item: the inferer takes one image. */
static void infer_items(struct golden_case *c, const struct mm_inferer *inferer, struct mm_network *network,
                        const struct mm_st_tensor *t, const float *ours)
{
    const struct mm_st_tensor *o = golden_tensor(c, "out.pred");
    const int size[3] = {(int)t->dim[2], (int)t->dim[3], t->rank == 5 ? (int)t->dim[4] : 1}, multiple[3] = {1, 1, 1};
    struct mm_error err = {.status = MM_OK};
    size_t n, in_stride = (size_t)(count_of(t->rank, t->dim) / t->dim[0]),
              out_stride = (size_t)(count_of(o->rank, o->dim) / o->dim[0]);
    float *got = mm_arena_array(c->arena, float, out_stride *(size_t)o->dim[0] + 1);
    for (int64_t i = 0; i < t->dim[0]; i++) {
        struct mm_volume *image = mm_volume_make(c->arena, MM_F32, t->rank - 2, (int)t->dim[1], size), *out;
        memcpy(image->data, ours + (size_t)i * in_stride, in_stride * sizeof *ours);
        if (mm_infer_volume(c->arena, inferer, image, (int)o->dim[1], multiple, predict, network, &out, &err) !=
            MM_OK) {
            golden_fail(c, "%s", err.text);
            return;
        }
        memcpy(got + (size_t)i * out_stride, out->data, out_stride * sizeof *got);
    }
    const float *expected = golden_floats(c, "out.pred", &n);
    if (expected)
        golden_compare(c, "pred", golden_from_ours(c->arena, got, o->dim, o->rank, 2), expected, n, c->rtol, c->atol,
                       0);
}

enum golden_result golden_inferer(struct golden_case *c)
{
    struct mm_problems problems;
    struct mm_error err = {.status = MM_OK};
    struct mm_inferer inferer;
    struct mm_network *network = NULL;
    size_t n;
    mm_problems_init(&problems, c->arena);
    if (mm_inferer_read(c->arena, &c->component, &inferer, &problems) != MM_OK) {
        mm_problems_fail(&problems, MM_ERR_CONFIG, &err);
        return golden_fail(c, "%s", err.text);
    }
    const struct mm_st_tensor *t = golden_tensor(c, "in.image");
    const float *values = t ? golden_floats(c, "in.image", &n) : NULL;
    struct mm_graph *g = values ? predictor_graph(c, t->rank - 2) : NULL;
    const struct mm_network_options options = {.backend = "reference"};
    if (!g || mm_network_open(g, &options, &network, &err) != MM_OK || !load_predictor(c, network))
        golden_fail(c, "predictor: %s", err.text);
    else
        infer_items(c, &inferer, network, t, golden_to_ours(c->arena, values, t->dim, t->rank, 2));
    mm_network_close(network);
    return c->failed ? GOLDEN_FAILED : GOLDEN_PASSED;
}
