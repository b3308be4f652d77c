/* Rules over a training that cost people days, each with the trouble it comes from. */
#include "mmar/lint.h"

/* 21 of 49 public Clara configs validate more rarely than they train: no best model would ever be kept. */
static void lint_interval(const struct mm_training *t, struct mm_problems *problems)
{
    if (t->validation && t->valid_interval > t->epochs)
        mm_problem(problems, MM_SEVERITY_WARNING, mm_json_get(t->config->root, "num_training_epoch_per_valid"),
                   "validation every %lld epochs, but there are only %lld: it runs once, at the end",
                   (long long)t->valid_interval, (long long)t->epochs);
}

/* Train and validation chains drift apart when they are written twice. */
static void lint_drift(const struct mm_training *t, struct mm_problems *problems)
{
    if (!t->train || !t->validation)
        return;
    for (size_t i = 0; i < t->train->prefix; i++) {
        const struct mm_step *a = &t->train->chain->steps[i];
        for (size_t k = 0; k < t->validation->prefix; k++) {
            const struct mm_step *b = &t->validation->chain->steps[k];
            const cJSON *x = mm_json_get(a->node, "args"), *y = mm_json_get(b->node, "args");
            if (a->transform == b->transform && x && y && a->common.keys.count == b->common.keys.count &&
                a->common.keys.count && !strcmp(a->common.keys.items[0], b->common.keys.items[0]) &&
                !cJSON_Compare(x, y, true))
                mm_problem(problems, MM_SEVERITY_WARNING, b->node,
                           "%s has other arguments in train than in validate: is that meant?", a->transform->name);
        }
    }
}

static const char *first_path(const struct mm_item *item)
{
    return item->count && item->entries[0].kind == MM_ENTRY_PATHS && item->entries[0].count
               ? item->entries[0].paths[0]
               : "";
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A score on images that were trained on is no score. */
static void lint_leak(const struct mm_training *t, struct mm_problems *problems)
{
    if (!t->train || !t->validation)
        return;
    const struct mm_datalist *a = t->train->list, *b = t->validation->list;
    const char **names = mm_arena_array(problems->arena, const char *, a->count + 1);
    size_t shared = 0;
    const cJSON *first = NULL;
    for (size_t i = 0; names && i < a->count; i++)
        names[i] = first_path(&a->items[i]);
    if (names)
        qsort(names, a->count, sizeof *names, by_text);
    for (size_t i = 0; names && i < b->count; i++) {
        const char *wanted = first_path(&b->items[i]);
        if (*wanted && bsearch(&wanted, names, a->count, sizeof *names, by_text)) {
            first = shared++ ? first : b->items[i].node;
        }
    }
    if (shared)
        mm_problem(problems, MM_SEVERITY_WARNING, first, "%zu of %zu validation images are in the training list too",
                   shared, b->count);
}

void mm_lint_training(const struct mm_training *training, struct mm_problems *problems)
{
    lint_interval(training, problems);
    lint_drift(training, problems);
    lint_leak(training, problems);
}
