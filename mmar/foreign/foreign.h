/* Models that other programs packed, as folder or zip: Clara Train's MMARs (layout of NGC: commands/ config/ docs/ eval/ models/
 * resources/) and MONAI Bundles (configs/metadata.json, configs/train.json, models/model.pt). There is no manifest in them, so everything
 * is taken for hostile: names and sizes are checked, JSON is read by the strict reader, weights by `mmar convert`'s reader that calls
 * nothing; programs (commands, Python, logging configurations, TorchScript) are never taken, and never run.
 * Sources: Clara Train SDK 3.1 and 4.1 manuals; MONAI 1.3 "MONAI Bundle Specification" and monai/bundle/config_parser.py. */
#ifndef MM_MMAR_FOREIGN_FOREIGN_H
#define MM_MMAR_FOREIGN_FOREIGN_H

#include "mmar/foreign/notes.h"
#include "mmar/foreign/tree.h"
#include "mmar/takeover.h"

enum mm_foreign_kind { MM_FOREIGN_CLARA, MM_FOREIGN_BUNDLE };

struct mm_foreign {
    enum mm_foreign_kind kind;
    const char *what; /* "a Clara Train v4 MMAR" */
    struct mm_tree tree;
    struct mm_notes notes;
    const struct mm_tree_file *weights;   /* those that can be converted; NULL: none */
    const cJSON *metadata;                /* of a bundle */
    const cJSON *labels;                  /* what values of the output mean, {"1": "spleen"}; NULL: it does not say */
    struct mm_archive_progress *progress; /* of its weights; NULL: nobody asks */
    bool fits_partly;                     /* weights were taken, and the network is not theirs alone */
    const cJSON *record;                  /* models/run.json as it was written; NULL: no weights were taken */
};

/* Recognises it; everything that will not be taken is in the notes then. MM_ERR_DATA: it is neither. Close after success. */
enum mm_status mm_foreign_open(struct mm_arena *arena, const char *path, struct mm_foreign **out,
                               struct mm_error *err);
void mm_foreign_close(struct mm_foreign *foreign);
/* Is `path` a folder or zip that mm_archive_read does not read and this might? Nothing but its head is looked at. */
bool mm_foreign_is(struct mm_arena *arena, const char *path);

/* What people see of it: kind, name, licence, configs, weights. */
void mm_foreign_show(const struct mm_foreign *foreign, struct mm_text *text);
/* Puts its configs, documents and weights into `folder`, which is a scaffold of ours already. Says in the notes what was taken. */
enum mm_status mm_foreign_take(struct mm_foreign *foreign, const char *folder, struct mm_error *err);
/* Told after it was taken: what was, what was not, and what is to be done; `takeover`'s manifest is found here. */
void mm_foreign_tell(const struct mm_foreign *foreign, struct mm_takeover *takeover, struct mm_text *text);

/* Parts of the above, one file each. ------------------------------------------------------------------------------ */

/* metadata.c: the card from a bundle's metadata.json. What has another type than the card's is brought into it or told of. */
enum mm_status mm_bundle_card(struct mm_foreign *foreign, const char *folder, struct mm_error *err);
/* "labels", from network_data_format. */
void mm_bundle_labels(struct mm_foreign *foreign);
/* clara.c, bundle.c: the configs, into folder/config. */
enum mm_status mm_clara_take(struct mm_foreign *foreign, const char *folder, struct mm_error *err);
enum mm_status mm_bundle_take(struct mm_foreign *foreign, const char *folder, struct mm_error *err);
/* weights.c: folder/models/model.safetensors, with a record of its origin; what cannot be read is a note. */
enum mm_status mm_foreign_weights(struct mm_foreign *foreign, const char *folder, struct mm_error *err);
/* A JSON file of it, or one in YAML (*.yaml, *.yml); *out NULL: it has none. */
enum mm_status mm_foreign_json(struct mm_foreign *foreign, const char *name, cJSON **out, struct mm_error *err);
/* "configs/train" of a bundle, whatever form it is written in: JSON before YAML. */
enum mm_status mm_foreign_config(struct mm_foreign *foreign, const char *stem, cJSON **out, struct mm_error *err);
/* A tree of ours as a file. */
enum mm_status mm_foreign_write(struct mm_foreign *foreign, const char *folder, const char *name, const cJSON *json,
                                struct mm_error *err);

#endif
