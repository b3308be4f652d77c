/* Shared pieces of models: convolutions and normalisation, activation and dropout as configs of MONAI name them, with the parameter
 * names and starting values of torch. Extents here are (z, y, x), as in graphs; configs have (x, y[, z]): mm_layer_axes turns them. */
#ifndef MM_TRAINER_MODELS_LAYERS_H
#define MM_TRAINER_MODELS_LAYERS_H

#include "trainer/models/model.h"

/* "model.0" and ".conv.weight" as one name. */
struct mm_layer_name {
    char text[512];
};
struct mm_layer_name mm_layer_child(const char *prefix, const char *suffix);

enum mm_layer_norm_kind { MM_LAYER_NORM_NONE, MM_LAYER_NORM_BATCH, MM_LAYER_NORM_GROUP, MM_LAYER_NORM_INSTANCE };

/* What follows a convolution. */
struct mm_layer_style {
    enum mm_layer_norm_kind norm;
    bool affine;    /* instance norm with scale and shift (the others always have them) */
    int64_t groups; /* of group norm */
    double epsilon, momentum;
    bool has_activation;
    struct mm_activation activation;
    int64_t slopes; /* of a PReLU; 1: one for all channels */
    double slope_init;
    double dropout;
    const char *ordering; /* "NDA": norm, dropout, activation; letters may be left out */
};

/* MONAI's notations of a layer: "PRELU", ["leakyrelu", {"negative_slope": 0.1}], "none". */
enum mm_status mm_layer_read_activation(const cJSON *spec, struct mm_layer_style *style, struct mm_error *err);
enum mm_status mm_layer_read_norm(const cJSON *spec, struct mm_layer_style *style, struct mm_error *err);
enum mm_status mm_layer_check_ordering(const char *ordering, struct mm_error *err);

/* (x, y[, z]) of a config as (z, y, x); one value is for all axes; z of 2D networks is 1. Refuses other counts. */
enum mm_status mm_layer_axes(const struct mm_ints *config, int spatial, const char *name, int out[3],
                             struct mm_error *err);

struct mm_layer_conv {
    int64_t in, out;
    int kernel[3], stride[3], low[3], high[3];
    bool bias, transposed;
    int extra[3];   /* transposed only */
    bool he_normal; /* Keras: he_normal kernel and zero bias instead of torch's defaults */
};
/* An odd kernel with "same" padding (k - 1) / 2; transposed: output size = input size * stride. Bias, torch's defaults. */
struct mm_layer_conv mm_layer_conv_same(int64_t in, int64_t out, const int kernel[3], const int stride[3],
                                        bool transposed);

/* Parameters <name>.weight and <name>.bias. */
mm_value mm_layer_conv(struct mm_graph *graph, const char *name, const struct mm_layer_conv *conv, mm_value x);
/* One normalisation as the style says, x itself for none: parameters <name>.weight, <name>.bias and the running statistics. */
mm_value mm_layer_norm(struct mm_graph *graph, const char *name, const struct mm_layer_style *style, int64_t channels,
                       mm_value x);
/* Both in two steps, where the reference implementation declares parameters in another order than it uses them. */
struct mm_layer_inputs {
    mm_value items[5]; /* the first is left for x */
    size_t count;
};
struct mm_layer_inputs mm_layer_conv_declare(struct mm_graph *graph, const char *name,
                                             const struct mm_layer_conv *conv);
mm_value mm_layer_conv_apply(struct mm_graph *graph, const char *name, const struct mm_layer_conv *conv,
                             struct mm_layer_inputs inputs, mm_value x);
struct mm_layer_inputs mm_layer_norm_declare(struct mm_graph *graph, const char *name,
                                             const struct mm_layer_style *style, int64_t channels);
mm_value mm_layer_norm_apply(struct mm_graph *graph, const char *name, const struct mm_layer_style *style,
                             struct mm_layer_inputs inputs, mm_value x);
/* Norm, dropout and activation in the style's order; parameters under <name>.N and <name>.A. */
mm_value mm_layer_adn(struct mm_graph *graph, const char *name, const struct mm_layer_style *style, int64_t channels,
                      mm_value x);
mm_value mm_layer_activation(struct mm_graph *graph, const char *name, enum mm_activation_kind kind, mm_value x);
mm_value mm_layer_dropout(struct mm_graph *graph, const char *name, double p, mm_value x); /* x itself when p is 0 */
mm_value mm_layer_concat(struct mm_graph *graph, const char *name, mm_value a, mm_value b);
mm_value mm_layer_add(struct mm_graph *graph, const char *name, mm_value a, mm_value b);

#endif
