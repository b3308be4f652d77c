/* Running a network: a plan for each (mode, root, shapes) that occurs, the least recently used ones given up when there are too many
 * or memory is out. */
#include "base/trace.h"
#include "trainer/network_parts.h"

void mm_network_drop_plans(struct mm_network *network)
{
    while (network->plan_count > 0)
        mm_plan_free(network->plans[--network->plan_count].plan);
}

static void drop_oldest(struct mm_network *network)
{
    size_t oldest = 0;
    for (size_t i = 1; i < network->plan_count; i++)
        if (network->plans[i].used < network->plans[oldest].used)
            oldest = i;
    MM_TRACE(PLAN, "giving up the plan used longest ago, of %zu", network->plan_count);
    mm_plan_free(network->plans[oldest].plan);
    network->plans[oldest] = network->plans[--network->plan_count];
}

static bool same_request(const struct mm_plan_request *a, const struct mm_plan_request *b)
{
    if (a->mode != b->mode || a->root != b->root || a->input_count != b->input_count)
        return false;
    for (size_t i = 0; i < a->input_count; i++)
        if (!mm_desc_same_shape(&a->inputs[i], &b->inputs[i]))
            return false;
    return true;
}

static enum mm_status make_request(const struct mm_network *network, enum mm_plan_mode mode, mm_value root,
                                   const struct mm_desc *inputs, size_t count, struct mm_plan_request *request,
                                   struct mm_error *err)
{
    if (count > MM_GRAPH_OUTPUTS_MAX)
        return mm_fail(err, MM_ERR_CONFIG, "%zu inputs, at most %d are possible", count, MM_GRAPH_OUTPUTS_MAX);
    *request = (struct mm_plan_request){.graph = network->graph, .mode = mode, .input_count = count, .root = root};
    memcpy(request->inputs, inputs, count * sizeof *inputs);
    return MM_OK;
}

static enum mm_status make_plan(struct mm_network *network, const struct mm_plan_request *request,
                                struct mm_plan **out, struct mm_error *err)
{
    const struct mm_plan_weights weights = {network->values.refs, network->gradients.refs};
    return mm_plan_make(network->device, network->backends, network->backend_count, request, &weights, out, err);
}

static enum mm_status plan_for(struct mm_network *network, const struct mm_plan_request *request,
                               struct mm_plan **out, struct mm_error *err)
{
    enum mm_status s;
    for (size_t i = 0; i < network->plan_count; i++)
        if (same_request(&network->plans[i].request, request)) {
            network->plans[i].used = ++network->uses;
            *out = network->plans[i].plan;
            return MM_OK;
        }
    if (network->plan_count == network->plans_max)
        drop_oldest(network);
    while ((s = make_plan(network, request, out, err)) == MM_ERR_MEMORY && network->plan_count > 0)
        drop_oldest(network);
    if (!s)
        network->plans[network->plan_count++] = (struct mm_cached_plan){*request, *out, ++network->uses};
    return s;
}

static enum mm_status prediction(const struct mm_network *network, mm_value *out, struct mm_error *err)
{
    if (network->graph->output_count == 0)
        return mm_fail(err, MM_ERR_CONFIG, "the network has no output");
    *out = network->graph->outputs[0];
    return MM_OK;
}

enum mm_status mm_network_output_desc(struct mm_network *network, const struct mm_desc *input, struct mm_desc *out,
                                      struct mm_error *err)
{
    enum mm_status s;
    mm_value root = -1;
    if (MM_TRY(s, prediction(network, &root, err)) ||
        MM_TRY(s, mm_graph_shapes(network->graph, input, 1, network->shapes, err)))
        return s;
    *out = network->shapes[root];
    return MM_OK;
}

enum mm_status mm_network_infer(struct mm_network *network, const struct mm_desc *input, const float *host,
                                float *output, struct mm_error *err)
{
    const struct mm_op_moment moment = {.seed = network->seed};
    struct mm_plan_request request;
    struct mm_plan *plan;
    enum mm_status s;
    mm_value root = -1;
    if (MM_TRY(s, prediction(network, &root, err)) ||
        MM_TRY(s, make_request(network, MM_PLAN_INFERENCE, root, input, 1, &request, err)) ||
        MM_TRY(s, plan_for(network, &request, &plan, err)) ||
        MM_TRY(s, mm_plan_set_input(plan, 0, MM_F32, host, err)) || MM_TRY(s, mm_plan_forward(plan, &moment, err)))
        return s;
    return mm_plan_get_output(plan, root, output, err);
}

enum mm_status mm_network_step(struct mm_network *network, mm_value loss_root, const struct mm_desc *inputs,
                               const struct mm_network_values *hosts, size_t count, uint32_t step, double *loss,
                               struct mm_error *err)
{
    const struct mm_op_moment moment = {.training = true, .seed = network->seed, .step = step};
    struct mm_plan_request request;
    struct mm_plan *plan;
    enum mm_status s;
    float value;
    char text[96];
    if (MM_TRY(s, make_request(network, MM_PLAN_TRAINING, loss_root, inputs, count, &request, err)) ||
        MM_TRY(s, plan_for(network, &request, &plan, err)))
        return s;
    if (mm_desc_count(mm_plan_root(plan)) != 1)
        return mm_fail(err, MM_ERR_CONFIG, "the loss has shape %s, a training step needs one value",
                       mm_desc_text(mm_plan_root(plan), text, sizeof text));
    for (size_t i = 0; i < count; i++)
        if (MM_TRY(s, mm_plan_set_input(plan, i, hosts[i].type, hosts[i].data, err)))
            return s;
    if (MM_TRY(s, mm_network_zero_gradients(network, err)) || MM_TRY(s, mm_plan_forward(plan, &moment, err)) ||
        MM_TRY(s, mm_plan_backward(plan, NULL, &moment, err)) ||
        MM_TRY(s, mm_plan_get_output(plan, loss_root, &value, err)))
        return s;
    *loss = (double)value;
    return MM_OK;
}

enum mm_status mm_network_probe(struct mm_network *network, const struct mm_desc *input, const float *x,
                                const float *dy, float *y, struct mm_error *err)
{
    const struct mm_op_moment moment = {.training = true, .seed = network->seed};
    struct mm_plan_request request;
    struct mm_plan *plan;
    enum mm_status s;
    mm_value root = -1;
    if (MM_TRY(s, prediction(network, &root, err)) ||
        MM_TRY(s, make_request(network, MM_PLAN_TRAINING, root, input, 1, &request, err)) ||
        MM_TRY(s, plan_for(network, &request, &plan, err)) || MM_TRY(s, mm_plan_set_input(plan, 0, MM_F32, x, err)) ||
        MM_TRY(s, mm_network_zero_gradients(network, err)) || MM_TRY(s, mm_plan_forward(plan, &moment, err)) ||
        MM_TRY(s, mm_plan_backward(plan, dy, &moment, err)))
        return s;
    return mm_plan_get_output(plan, root, y, err);
}

enum mm_status mm_network_measure(struct mm_network *network, enum mm_plan_mode mode, mm_value root,
                                  const struct mm_desc *inputs, size_t count, struct mm_plan_stats *stats,
                                  struct mm_text *describe, struct mm_error *err)
{
    struct mm_plan_request request;
    struct mm_plan *plan;
    enum mm_status s;
    if (MM_TRY(s, make_request(network, mode, root, inputs, count, &request, err)))
        return s;
    request.measure = true;
    if (MM_TRY(s, make_plan(network, &request, &plan, err)))
        return s;
    *stats = *mm_plan_stats_of(plan);
    if (describe)
        mm_plan_describe(plan, describe);
    mm_plan_free(plan);
    return MM_OK;
}
