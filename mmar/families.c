/* The view of all families. Each accessor copies what a member's object says of itself; nothing is written twice. */
#include "mmar/families.h"

#include "cache/pipeline.h"
#include "image/format.h"
#include "mmar/command.h"
#include "mmar/transport/transport.h"
#include "trainer/backends/backend.h"
#include "trainer/losses/loss.h"
#include "trainer/metrics/metric.h"
#include "trainer/models/model.h"
#include "trainer/ops/op.h"
#include "trainer/optimizers/optimizer.h"
#include "trainer/schedules/schedule.h"
#include "transforms/transform.h"

static bool transform_at(size_t index, struct mm_member *out)
{
    const struct mm_transform *t = mm_transforms[index];
    if (t)
        *out = (struct mm_member){
            t->name,  t->aliases, t->summary,
            t->notes, t->example, {t->params, t->fields == MM_FIELDS_LISTED ? mm_transform_common_params : NULL}};
    return t != NULL;
}

/* The trainer's families name their parts alike. */
#define ACCESSOR(function, type, table, added)                                                                       \
    static bool function(size_t index, struct mm_member *out)                                                        \
    {                                                                                                                \
        const type *m = table[index];                                                                                \
        if (m)                                                                                                       \
            *out = (struct mm_member){m->name, m->aliases, m->summary, m->notes, m->example, {m->params, added}};    \
        return m != NULL;                                                                                            \
    }
ACCESSOR(model_at, struct mm_model, mm_models, NULL)
ACCESSOR(loss_at, struct mm_loss, mm_losses, NULL)
ACCESSOR(optimizer_at, struct mm_optimizer, mm_optimizers, NULL)
ACCESSOR(schedule_at, struct mm_schedule, mm_schedules, mm_schedule_common_params)
ACCESSOR(metric_at, struct mm_metric, mm_metrics, mm_metric_common_params)

static bool pipeline_at(size_t index, struct mm_member *out)
{
    const struct mm_pipeline_kind *k = &mm_pipeline_kinds[index];
    if (k->name)
        *out = (struct mm_member){.name = k->name,
                                  .aliases = k->aliases,
                                  .summary = k->summary,
                                  .example = k->example,
                                  .tables = {mm_pipeline_params, mm_pipeline_other_params}};
    return k->name != NULL;
}

static bool op_at(size_t index, struct mm_member *out)
{
    if (mm_ops[index])
        *out = (struct mm_member){.name = mm_ops[index]->name, .summary = mm_ops[index]->summary};
    return mm_ops[index] != NULL;
}

static bool backend_at(size_t index, struct mm_member *out)
{
    if (mm_backends[index])
        *out = (struct mm_member){.name = mm_backends[index]->name, .summary = mm_backends[index]->summary};
    return mm_backends[index] != NULL;
}

static bool format_at(size_t index, struct mm_member *out)
{
    const struct mm_format *f = mm_formats[index];
    if (f)
        *out = (struct mm_member){.name = f->name, .aliases = f->extensions, .summary = f->summary};
    return f != NULL;
}

static bool transport_at(size_t index, struct mm_member *out)
{
    const struct mm_transport *t = mm_transports[index];
    if (t)
        *out = (struct mm_member){.name = t->name, .aliases = t->schemes, .summary = t->summary};
    return t != NULL;
}

static bool command_at(size_t index, struct mm_member *out)
{
    const struct mm_command *c = mm_commands[index];
    if (c)
        *out = (struct mm_member){.name = c->name,
                                  .summary = c->summary,
                                  .notes = c->notes,
                                  .example = c->examples,
                                  .tables = {c->options, c->takes_mmar ? mm_mmar_params : NULL}};
    return c != NULL;
}

const struct mm_family mm_families[] = {
    {"commands", "what mmar does", command_at},
    {"transforms", "steps of a chain: pre_transforms, post_transforms", transform_at},
    {"pipelines", "how items become batches: image_pipeline", pipeline_at},
    {"models", "networks", model_at},
    {"losses", "what training makes small", loss_at},
    {"optimizers", "how weights move", optimizer_at},
    {"schedules", "how the learning rate goes", schedule_at},
    {"metrics", "how predictions are scored", metric_at},
    {"formats", "image files", format_at},
    {"transports", "where archives are pulled from", transport_at},
    {"ops", "operations of network graphs", op_at},
    {"backends", "where ops run", backend_at},
    {0},
};

const struct mm_family *mm_family_find(const char *name)
{
    size_t length = strlen(name);
    for (const struct mm_family *f = mm_families; f->name; f++) {
        size_t full = strlen(f->name);
        bool singular = !strncmp(f->name, name, length) &&
                        (length + 1 == full || (mm_text_ends(f->name, "sses") && length + 2 == full));
        if (!strcmp(f->name, name) || singular)
            return f;
    }
    return NULL;
}

void mm_member_help(struct mm_text *text, const struct mm_family *family, const struct mm_member *member)
{
    mm_text_format(text, "%s (%s): %s\n", member->name, family->name, member->summary);
    if (member->aliases && *member->aliases)
        mm_text_format(text, "also: %s\n", member->aliases);
    if (member->tables[0] || member->tables[1])
        mm_text_add(text, "\nparameters:\n");
    mm_params_help(text, member->tables, 2, MM_SPELLING_CONFIG);
    if (member->notes)
        mm_text_format(text, "\n%s\n", member->notes);
    if (member->example)
        mm_text_format(text, "\nexample:\n  %s\n", member->example);
}

void mm_member_markdown(struct mm_text *text, const struct mm_member *member)
{
    mm_text_format(text, "\n## %s\n\n%s.\n", member->name, member->summary);
    if (member->aliases && *member->aliases)
        mm_text_format(text, "\nOther spellings: `%s`\n", member->aliases);
    if (member->notes)
        mm_text_format(text, "\n%s\n", member->notes);
    mm_params_markdown(text, member->tables, 2);
    if (member->example)
        mm_text_format(text, "\n```json\n%s\n```\n", member->example);
}
