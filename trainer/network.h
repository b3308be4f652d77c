/* A network at work: a graph, its weights and optimizer state on a device, and a bounded, least-recently-used set of plans that
 * share the weights, so that partial batches, odd sizes and whole volumes work. */
#ifndef MM_TRAINER_NETWORK_H
#define MM_TRAINER_NETWORK_H

#include "trainer/optimizers/optimizer.h"
#include "trainer/plan.h"

struct mm_network;

struct mm_network_options {
    const char *backend;  /* "auto", "reference", "onednn", ... */
    struct mm_pool *pool; /* borrowed */
    uint64_t seed;        /* of dropout */
    size_t plans_max;     /* 0: 8 */
};

/* Keeps the graph (it must outlive the network). Weights are zero until initialised or loaded. */
enum mm_status mm_network_open(const struct mm_graph *graph, const struct mm_network_options *options,
                               struct mm_network **out, struct mm_error *err);
/* The same with devices and backends given: tests. */
enum mm_status mm_network_open_on(const struct mm_graph *graph, struct mm_device *device,
                                  const struct mm_backend *const *backends, size_t backend_count,
                                  const struct mm_network_options *options, struct mm_network **out,
                                  struct mm_error *err);
void mm_network_close(struct mm_network *network);
const struct mm_graph *mm_network_graph(const struct mm_network *network);

/* Parameter i as host floats in file order (desc dims, plain): read and write. */
enum mm_status mm_network_get_param(struct mm_network *network, size_t param, float *host, struct mm_error *err);
enum mm_status mm_network_set_param(struct mm_network *network, size_t param, const float *host,
                                    struct mm_error *err);
enum mm_status mm_network_get_gradient(struct mm_network *network, size_t param, float *host, struct mm_error *err);
enum mm_status mm_network_zero_gradients(struct mm_network *network, struct mm_error *err);
/* Every parameter from its initialiser: Philox, domain initialisation, a = low word of fnv1a(name), b = high word, c = 0. */
enum mm_status mm_network_initialise(struct mm_network *network, uint64_t seed, struct mm_error *err);

/* Evaluation-mode output 0 for one host batch (plain, dims of `input`); `output` has room for mm_network_output_desc elements. */
enum mm_status mm_network_output_desc(struct mm_network *network, const struct mm_desc *input, struct mm_desc *out,
                                      struct mm_error *err);
enum mm_status mm_network_infer(struct mm_network *network, const struct mm_desc *input, const float *host,
                                float *output, struct mm_error *err);

/* Values of a host tensor, plain: MM_F32 or MM_U8. */
struct mm_network_values {
    enum mm_type type;
    const void *data;
};

/* One training pass: zero gradients, forward in training mode, loss, backward. `loss` is the graph's loss node (loss_root), fed by
 * inputs 0 (image) and 1 (target). `step` numbers the optimizer steps of the run from 0. */
enum mm_status mm_network_step(struct mm_network *network, mm_value loss_root, const struct mm_desc *inputs,
                               const struct mm_network_values *hosts, size_t count, uint32_t step, double *loss,
                               struct mm_error *err);
/* One training-mode pass of the graph's output 0 without a loss: zero gradients, forward, backward from dy (both plain, of the output's
 * size); y gets the output. For comparisons with other implementations. */
enum mm_status mm_network_probe(struct mm_network *network, const struct mm_desc *input, const float *x,
                                const float *dy, float *y, struct mm_error *err);
/* L2 norm of all gradients. */
enum mm_status mm_network_gradient_norm(struct mm_network *network, double *norm, struct mm_error *err);

/* Chooses the optimizer (state zero). `self` is borrowed and must live as long as the network. */
enum mm_status mm_network_optimizer(struct mm_network *network, const struct mm_optimizer *optimizer,
                                    const void *self, struct mm_error *err);
enum mm_status mm_network_update(struct mm_network *network, double lr, int64_t step,
                                 struct mm_error *err); /* step from 1 */
/* Optimizer state slot s of parameter i as host floats. */
size_t mm_network_slots(const struct mm_network *network);
enum mm_status mm_network_get_slot(struct mm_network *network, size_t param, size_t slot, float *host,
                                   struct mm_error *err);
enum mm_status mm_network_set_slot(struct mm_network *network, size_t param, size_t slot, const float *host,
                                   struct mm_error *err);

/* What a plan for these shapes would need: for `mmar plan`. */
enum mm_status mm_network_measure(struct mm_network *network, enum mm_plan_mode mode, mm_value root,
                                  const struct mm_desc *inputs, size_t count, struct mm_plan_stats *stats,
                                  struct mm_text *describe, struct mm_error *err);

#endif
