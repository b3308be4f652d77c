/* From data to a first configuration: what was measured of a data set, what follows from it, and why.
 *
 *     mm_facts_measure (files) -> struct mm_facts -> mm_propose (rules alone) -> struct mm_proposal -> mm_proposal_write (config)
 *
 * The rules follow nnU-Net's fingerprint (Isensee et al. 2021) where there is one, and are bounded by the memory and processors at
 * hand. Axes are x, y, z; a 2D image has size 1 and spacing 1 along z. */
#ifndef MM_MMAR_PROPOSE_H
#define MM_MMAR_PROPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#define MM_FACTS_VALUES_MAX    64 /* label values: more are no classes */
#define MM_PROPOSAL_LEVELS     6
#define MM_PROPOSAL_WHYS_MAX   16
#define MM_PROPOSAL_CORE_FLOPS 3e10 /* a second, training: measured with oneDNN on a current processor core */

struct mm_facts {
    const char *datalist;        /* absolute path                                     */
    size_t training, validation; /* items of the lists; validation 0: there is no list */
    size_t headers, pairs;       /* headers read; images read whole with their labels */
    int rank, channels;
    double spacing[3], fine[3]; /* median and 10th percentile, mm                    */
    bool one_spacing;           /* all within 1 %                                    */
    int size[3], largest[3];    /* median and largest, voxels of the files           */
    size_t value_count;         /* label values, ascending                           */
    double values[MM_FACTS_VALUES_MAX];
    const char *names[MM_FACTS_VALUES_MAX]; /* of the datalist; NULL: none */
    double foreground;                      /* share of voxels above the lowest label value      */
    double low, high;                       /* 0.5 and 99.5 percentile of the images there       */
    double lowest, highest;                 /* of all voxels                                     */
    double zeros;                           /* share of image voxels that are exactly 0          */
    size_t air;                             /* images whose lowest value is air's in CT          */
    bool says_ct;                           /* the datalist's "modality"                         */
    uint64_t memory;                        /* bytes at hand; 0: not known                       */
    unsigned cores;
};

struct mm_why {
    const char *key, *text; /* "spacing", "median spacing of ..." */
};

struct mm_proposal {
    int rank, channels, classes;
    bool resample;
    double spacing[3];
    bool window; /* intensities from [low, high] to [0, 1]; else per image: mean 0, deviation 1 */
    double low, high;
    bool nonzero;    /* per image, voxels that are 0 left out */
    bool map_labels; /* facts' values to 0 .. classes - 1 */
    int levels, widths[MM_PROPOSAL_LEVELS], strides[MM_PROPOSAL_LEVELS - 1][3];
    int divisor[3], size[3], crop[3], roi[3]; /* size: median after resampling; roi: of the sliding window */
    bool balanced;                            /* crops about foreground and background, else anywhere */
    int batch, crops;                         /* volumes of a step, crops of a volume */
    bool batch_norm;
    bool flip[3], turn;
    int64_t cache; /* num_cache_objects; 0: all */
    double replace;
    int64_t epochs, interval;
    double learning_rate;
    double flops, bytes; /* of a training step, estimated */
    size_t why_count;
    struct mm_why whys[MM_PROPOSAL_WHYS_MAX];
};

/* Headers of up to 400 images of the lists, evenly, and up to 48 of the training images with their labels (fewer when they are large)
 * are read. Data that cannot be trained on is MM_ERR_DATA with what is wrong. Long work: mm_interrupted is asked. */
enum mm_status mm_facts_measure(struct mm_arena *arena, const char *datalist, struct mm_facts *facts,
                                struct mm_error *err);

/* Fails with MM_ERR_DATA on facts that no segmentation network can be proposed for. */
enum mm_status mm_propose(struct mm_arena *arena, const struct mm_facts *facts, struct mm_proposal *out,
                          struct mm_error *err);

/* config/config_train.json, with the reasons as "__why_..." at its top. */
void mm_proposal_write(struct mm_arena *arena, const struct mm_facts *facts, const struct mm_proposal *proposal,
                       struct mm_text *text);

/* The datalist with every fifth training item moved to a "validation" list, for one that has none. Its paths stay as they are. */
enum mm_status mm_proposal_split(struct mm_arena *arena, const struct mm_facts *facts, const char *path,
                                 struct mm_error *err);

/* Steps of mm_propose, in propose_shape.c: grid, network, crop and batch, each with its reasons. */
void mm_propose_shape(struct mm_arena *arena, const struct mm_facts *facts, struct mm_proposal *p);
void mm_proposal_why(struct mm_arena *arena, struct mm_proposal *p, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* FLOP and bytes of activations of a training step on one crop, for MONAI's UNet with two residual units (within 20 % of the plan). */
void mm_proposal_cost(const struct mm_proposal *p, double *flops, double *bytes);

#endif
