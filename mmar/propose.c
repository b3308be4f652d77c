/* The rules about labels, intensities, augmentation, cache and length of a run. Grid and network are in propose_shape.c. */
#include "mmar/propose.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#define STEPS_WANTED    2500
#define EPOCHS_MIN      20
#define EPOCHS_MAX      1000
#define VALIDATIONS     20
#define MEMORY_OF_CACHE 0.4 /* share of what is at hand */
#define MANY_ZEROS      0.3 /* share of voxels: a background that was cut away, not measured */
#define RARE_FOREGROUND 0.25

void mm_proposal_why(struct mm_arena *arena, struct mm_proposal *p, const char *key, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (p->why_count < MM_PROPOSAL_WHYS_MAX)
        p->whys[p->why_count++] = (struct mm_why){key, mm_arena_text(arena, text)};
}

static enum mm_status check(const struct mm_facts *f, struct mm_error *err)
{
    if (!f->training)
        return mm_fail(err, MM_ERR_DATA, "the datalist has no training items");
    if (f->value_count < 2)
        return mm_fail(err, MM_ERR_DATA,
                       "the %zu labels that were read hold only the value %g: there is nothing to learn", f->pairs,
                       f->value_count ? f->values[0] : 0);
    for (size_t i = 0; i < f->value_count; i++)
        if (f->values[i] != trunc(f->values[i]))
            return mm_fail(err, MM_ERR_DATA, "labels hold %g, which is no whole number: they are no class labels",
                           f->values[i]);
    return MM_OK;
}

static void choose_classes(struct mm_arena *arena, const struct mm_facts *f, struct mm_proposal *p)
{
    struct mm_text text;
    p->channels = f->channels;
    p->classes = (int)f->value_count;
    for (size_t i = 0; i < f->value_count; i++)
        p->map_labels |= f->values[i] != (double)i;
    mm_text_init(&text, 900);
    for (size_t i = 0; i < f->value_count; i++) {
        mm_text_format(&text, "%s%g", i ? ", " : "", f->values[i]);
        if (f->names[i])
            mm_text_format(&text, " (%.40s)", f->names[i]);
    }
    mm_proposal_why(arena, p, "classes", "label values of %zu labels and the datalist's names: %s%s", f->pairs,
                    text.bytes, p->map_labels ? "; mapped to 0, 1, ... in this order" : "");
    mm_text_done(&text);
}

static void choose_intensity(struct mm_arena *arena, const struct mm_facts *f, struct mm_proposal *p)
{
    bool air = f->pairs && f->air * 10 >= f->pairs * 9;
    p->low = floor(f->low);
    p->high = ceil(f->high);
    p->window = f->rank == 3 && f->channels == 1 && (air || f->says_ct) && f->high > f->low;
    p->nonzero = !p->window && f->zeros > MANY_ZEROS;
    if (p->window)
        mm_proposal_why(arena, p, "intensity",
                        "CT: %s; the window is the 0.5 to 99.5 percentile of the foreground of %zu images",
                        air ? "the lowest values are those of air" : "the datalist's modality says so", f->pairs);
    else if (p->nonzero)
        mm_proposal_why(arena, p, "intensity",
                        "not CT, values from %g to %g: each image is normalised by its own mean and deviation; %.0f "
                        "%% of the voxels are 0 and left out",
                        f->lowest, f->highest, 100 * f->zeros);
    else
        mm_proposal_why(arena, p, "intensity",
                        "not CT, values from %g to %g: each image%s is normalised by its own mean and deviation",
                        f->lowest, f->highest, p->channels > 1 ? " and channel" : "");
}

/* Does a class's name speak of a side of the body? Then a mirrored image would be wrong. */
static bool names_a_side(const struct mm_facts *f)
{
    static const char *const sides[] = {"left", "right", "links", "rechts"};
    for (size_t i = 0; i < f->value_count; i++)
        for (size_t k = 0; f->names[i] && k < sizeof sides / sizeof *sides; k++)
            if (strcasestr(f->names[i], sides[k]))
                return true;
    return false;
}

static void choose_augmentation(struct mm_arena *arena, const struct mm_facts *f, struct mm_proposal *p)
{
    bool sided = names_a_side(f);
    p->flip[0] = !sided;
    p->flip[1] = p->rank == 2 && !sided;
    p->turn = p->rank == 2 && !sided;
    p->balanced = f->foreground < RARE_FOREGROUND;
    mm_proposal_why(arena, p, "crops",
                    p->balanced ? "%.2g %% of the voxels are foreground: half of the crops are centred there"
                                : "%.2g %% of the voxels are foreground: crops are taken anywhere",
                    100 * f->foreground);
    mm_proposal_why(arena, p, "flips", "%s",
                    sided          ? "none: a class is named after a side of the body"
                    : p->rank == 2 ? "both axes and quarter turns: a flat image has no side that is up"
                                   : "left to right: bodies are nearly symmetric");
}

static void choose_cache(struct mm_arena *arena, const struct mm_facts *f, struct mm_proposal *p)
{
    char each[32], have[32];
    double voxels = 1;
    for (int a = 0; a < f->rank; a++)
        voxels *= fmax(f->largest[a] * (p->resample ? f->spacing[a] / p->spacing[a] : 1), p->crop[a]);
    /* A label takes up to 4 bytes a voxel, and so does the list of foreground voxels. */
    double bytes = voxels * (4.0 * f->channels + 8), memory = (f->memory ? (double)f->memory : 2e9) * MEMORY_OF_CACHE;
    int64_t fit = (int64_t)(memory / bytes);
    mm_text_bytes(each, sizeof each, bytes);
    mm_text_bytes(have, sizeof have, memory);
    if (fit >= (int64_t)f->training) {
        mm_proposal_why(arena, p, "cache", "all %zu items, at most %s each, fit into %g of the memory at hand (%s)",
                        f->training, each, MEMORY_OF_CACHE, have);
        return;
    }
    p->cache = fit > p->batch ? fit : p->batch;
    p->replace = 0.25;
    mm_proposal_why(arena, p, "cache",
                    "%lld of %zu items, at most %s each, fit into %g of the memory at hand (%s); a quarter of them "
                    "is replaced each epoch",
                    (long long)p->cache, f->training, each, MEMORY_OF_CACHE, have);
}

static void choose_length(struct mm_arena *arena, const struct mm_facts *f, struct mm_proposal *p)
{
    char time[32];
    size_t items = p->cache ? (size_t)p->cache : f->training,
           steps = (items + (size_t)p->batch - 1) / (size_t)p->batch;
    double wanted = fmin(fmax(ceil(STEPS_WANTED / (double)steps), EPOCHS_MIN), EPOCHS_MAX);
    p->interval = (int64_t)fmax(1, floor(wanted / VALIDATIONS));
    p->epochs = ((int64_t)wanted + p->interval - 1) / p->interval * p->interval;
    p->learning_rate = 1e-3;
    mm_proposal_why(
        arena, p, "epochs", "about %d steps, %zu an epoch; %s of computing on %u cores, validation not counted",
        STEPS_WANTED, steps,
        mm_text_seconds(time, sizeof time,
                        p->flops / (f->cores * MM_PROPOSAL_CORE_FLOPS) * (double)(steps * (size_t)p->epochs)),
        f->cores);
}

enum mm_status mm_propose(struct mm_arena *arena, const struct mm_facts *facts, struct mm_proposal *out,
                          struct mm_error *err)
{
    enum mm_status s;
    *out = (struct mm_proposal){.rank = facts->rank};
    if (MM_TRY(s, check(facts, err)))
        return s;
    choose_classes(arena, facts, out);
    mm_propose_shape(arena, facts, out);
    choose_intensity(arena, facts, out);
    choose_augmentation(arena, facts, out);
    choose_cache(arena, facts, out);
    choose_length(arena, facts, out);
    for (size_t i = 0; i < out->why_count; i++)
        if (!out->whys[i].text)
            return mm_fail_memory(err, "a proposal");
    return MM_OK;
}
