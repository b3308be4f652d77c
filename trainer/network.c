/* A network's weights. Values, gradients and each optimizer slot are one flat buffer each, the parameters side by side at
 * multiples of 64 bytes; only what is learned has a gradient and slots. network_run.c runs it. */
#include "trainer/network.h"

#include <math.h>

#include "trainer/network_parts.h"

#define PLANS_DEFAULT 8
#define ALIGNMENT     64
#define SCRATCH_MIN   ((size_t)1 << 14) /* floats */

static bool is_learned(const struct mm_param_info *info)
{
    return info->role == MM_ROLE_PARAM && !info->frozen;
}

/* Room for all parameters, or the learned ones only, in a new buffer of zeros. */
static enum mm_status flat_make(struct mm_network *network, bool learned_only, struct mm_flat *flat,
                                struct mm_error *err)
{
    const struct mm_graph *graph = network->graph;
    enum mm_status s;
    flat->bytes = 0;
    flat->refs = mm_arena_array(&network->arena, struct mm_ref, graph->param_count);
    if (!flat->refs)
        return mm_fail_memory(err, "the network");
    for (size_t i = 0; i < graph->param_count; i++) {
        const struct mm_desc *desc = &graph->params[i].desc;
        size_t bytes = (mm_desc_bytes(desc) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        flat->refs[i] = (struct mm_ref){.desc = desc, .offset = flat->bytes};
        if ((is_learned(&graph->params[i]) || !learned_only) && !mm_size_add(flat->bytes, bytes, &flat->bytes))
            return mm_fail_memory(err, "the network's weights");
    }
    if (MM_TRY(s, network->device->type->buffer_make(network->device, flat->bytes, &flat->buffer, err)))
        return s;
    for (size_t i = 0; i < graph->param_count; i++)
        if (is_learned(&graph->params[i]) || !learned_only)
            flat->refs[i].buffer = flat->buffer;
    return MM_OK;
}

static void flat_free(struct mm_network *network, struct mm_flat *flat)
{
    network->device->type->buffer_free(network->device, flat->buffer);
    flat->buffer = NULL;
}

static enum mm_status reserve(struct mm_network *network, size_t plans_max, struct mm_error *err)
{
    const struct mm_graph *graph = network->graph;
    enum mm_status s;
    network->plans_max = plans_max ? plans_max : PLANS_DEFAULT;
    network->plans = mm_arena_array(&network->arena, struct mm_cached_plan, network->plans_max);
    network->shapes = mm_arena_array(&network->arena, struct mm_desc, graph->count);
    if (!network->plans || !network->shapes)
        return mm_fail_memory(err, "the network");
    if (MM_TRY(s, mm_graph_shapes(graph, NULL, 0, network->shapes, err))) /* the parameters' sizes are sound */
        return s;
    network->scratch_count = SCRATCH_MIN;
    for (size_t i = 0; i < graph->param_count; i++) {
        size_t count = mm_desc_elements(&graph->params[i].desc);
        network->scratch_count = count > network->scratch_count ? count : network->scratch_count;
    }
    network->scratch = mm_arena_array(&network->arena, float, network->scratch_count);
    return network->scratch ? MM_OK : mm_fail_memory(err, "the network");
}

enum mm_status mm_network_open_on(const struct mm_graph *graph, struct mm_device *device,
                                  const struct mm_backend *const *backends, size_t backend_count,
                                  const struct mm_network_options *options, struct mm_network **out,
                                  struct mm_error *err)
{
    enum mm_status s;
    if (MM_TRY(s, mm_graph_status(graph, err)))
        return s;
    struct mm_network *network = mm_alloc(sizeof *network);
    if (!network)
        return mm_fail_memory(err, "the network");
    mm_arena_init(&network->arena, NULL);
    network->graph = graph;
    network->device = device;
    network->seed = options->seed;
    network->backend_count = backend_count < MM_BACKENDS_MAX ? backend_count : MM_BACKENDS_MAX;
    memcpy(network->backends, backends, network->backend_count * sizeof *backends);
    if (MM_TRY(s, reserve(network, options->plans_max, err)) ||
        MM_TRY(s, flat_make(network, false, &network->values, err)) ||
        MM_TRY(s, flat_make(network, true, &network->gradients, err)))
        mm_network_close(network);
    else
        *out = network;
    return s;
}

enum mm_status mm_network_open(const struct mm_graph *graph, const struct mm_network_options *options,
                               struct mm_network **out, struct mm_error *err)
{
    const struct mm_backend *backends[MM_BACKENDS_MAX];
    const struct mm_device_type *type;
    struct mm_device *device;
    size_t count;
    enum mm_status s;
    if (MM_TRY(s, mm_backend_select(options->backend ? options->backend : "auto", backends, &count, &type, err)) ||
        MM_TRY(s, type->open(options->pool, &device, err)))
        return s;
    if (MM_TRY(s, mm_network_open_on(graph, device, backends, count, options, out, err)))
        type->close(device);
    else
        (*out)->owns_device = true;
    return s;
}

void mm_network_close(struct mm_network *network)
{
    if (!network)
        return;
    mm_network_drop_plans(network);
    for (size_t i = 0; i < MM_OPTIMIZER_SLOTS_MAX; i++)
        flat_free(network, &network->slots[i]);
    flat_free(network, &network->gradients);
    flat_free(network, &network->values);
    if (network->owns_device)
        network->device->type->close(network->device);
    mm_arena_done(&network->arena);
    mm_free(network);
}

const struct mm_graph *mm_network_graph(const struct mm_network *network)
{
    return network->graph;
}

/* Parameter `param`'s tensor of a flat buffer; NULL and an error where it has none. */
static const struct mm_ref *one(const struct mm_network *network, const struct mm_flat *flat, size_t param,
                                struct mm_error *err)
{
    if (param < network->graph->param_count && flat->refs[param].buffer)
        return &flat->refs[param];
    mm_fail(err, MM_ERR_CONFIG, "parameter %zu has no such tensor", param);
    return NULL;
}

static enum mm_status read_one(struct mm_network *network, const struct mm_flat *flat, size_t param, float *host,
                               struct mm_error *err)
{
    const struct mm_ref *ref = one(network, flat, param, err);
    if (!ref)
        return MM_ERR_CONFIG;
    return network->device->type->download(network->device, ref->buffer, ref->offset, host, mm_desc_bytes(ref->desc),
                                           err);
}

static enum mm_status write_one(struct mm_network *network, const struct mm_flat *flat, size_t param,
                                const float *host, struct mm_error *err)
{
    const struct mm_ref *ref = one(network, flat, param, err);
    if (!ref)
        return MM_ERR_CONFIG;
    return network->device->type->upload(network->device, ref->buffer, ref->offset, host, mm_desc_bytes(ref->desc),
                                         err);
}

enum mm_status mm_network_get_param(struct mm_network *network, size_t param, float *host, struct mm_error *err)
{
    return read_one(network, &network->values, param, host, err);
}

enum mm_status mm_network_set_param(struct mm_network *network, size_t param, const float *host, struct mm_error *err)
{
    return write_one(network, &network->values, param, host, err);
}

enum mm_status mm_network_get_gradient(struct mm_network *network, size_t param, float *host, struct mm_error *err)
{
    return read_one(network, &network->gradients, param, host, err);
}

enum mm_status mm_network_zero_gradients(struct mm_network *network, struct mm_error *err)
{
    const struct mm_flat *flat = &network->gradients;
    return network->device->type->fill(network->device, flat->buffer, 0, 0, flat->bytes / sizeof(float), err);
}

enum mm_status mm_network_gradient_norm(struct mm_network *network, double *norm, struct mm_error *err)
{
    const struct mm_flat *flat = &network->gradients; /* the gaps hold 0 */
    size_t total = flat->bytes / sizeof(float);
    double sum = 0;
    for (size_t i = 0; i < total; i += network->scratch_count) {
        size_t count = total - i < network->scratch_count ? total - i : network->scratch_count;
        enum mm_status s;
        if (MM_TRY(s, network->device->type->download(network->device, flat->buffer, i * sizeof(float),
                                                      network->scratch, count * sizeof(float), err)))
            return s;
        for (size_t k = 0; k < count; k++)
            sum += (double)network->scratch[k] * (double)network->scratch[k];
    }
    *norm = sqrt(sum);
    return MM_OK;
}

enum mm_status mm_network_optimizer(struct mm_network *network, const struct mm_optimizer *optimizer,
                                    const void *self, struct mm_error *err)
{
    network->optimizer = NULL;
    for (size_t i = 0; i < MM_OPTIMIZER_SLOTS_MAX; i++)
        flat_free(network, &network->slots[i]);
    for (size_t i = 0; i < optimizer->slots; i++) {
        enum mm_status s;
        if (MM_TRY(s, flat_make(network, true, &network->slots[i], err)))
            return s;
    }
    network->optimizer = optimizer;
    network->optimizer_self = self;
    return MM_OK;
}

enum mm_status mm_network_update(struct mm_network *network, double lr, int64_t step, struct mm_error *err)
{
    const struct mm_optimizer *optimizer = network->optimizer;
    if (!optimizer)
        return mm_fail(err, MM_ERR_CONFIG, "the network has no optimizer");
    for (size_t i = 0; i < network->graph->param_count; i++) {
        struct mm_ref slots[MM_OPTIMIZER_SLOTS_MAX];
        enum mm_status s;
        if (!network->gradients.refs[i].buffer)
            continue;
        for (size_t k = 0; k < optimizer->slots; k++)
            slots[k] = network->slots[k].refs[i];
        if (MM_TRY(s,
                   network->device->type->update(network->device, optimizer, network->optimizer_self, lr, step,
                                                 &network->values.refs[i], &network->gradients.refs[i], slots, err)))
            return mm_fail_in(err, "%s", network->graph->params[i].name);
    }
    return MM_OK;
}

size_t mm_network_slots(const struct mm_network *network)
{
    return network->optimizer ? network->optimizer->slots : 0;
}

enum mm_status mm_network_get_slot(struct mm_network *network, size_t param, size_t slot, float *host,
                                   struct mm_error *err)
{
    if (slot >= mm_network_slots(network))
        return mm_fail(err, MM_ERR_CONFIG, "the optimizer has no slot %zu", slot);
    return read_one(network, &network->slots[slot], param, host, err);
}

enum mm_status mm_network_set_slot(struct mm_network *network, size_t param, size_t slot, const float *host,
                                   struct mm_error *err)
{
    if (slot >= mm_network_slots(network))
        return mm_fail(err, MM_ERR_CONFIG, "the optimizer has no slot %zu", slot);
    return write_one(network, &network->slots[slot], param, host, err);
}
