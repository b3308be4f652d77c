/* Reports: scores as CSV and JSON, overlays. Curves are in curves.c, the plan in report_plan.c. */
#include "mmar/report.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "image/draw.h"
#include "image/format.h"
#include "image/slice.h"

enum mm_status mm_report_overlay(struct mm_arena *arena, const char *path, const struct mm_volume *image,
                                 const struct mm_volume *prediction, const struct mm_volume *truth,
                                 struct mm_error *err)
{
    const int panels = truth ? 3 : 2, gap = 8, head = 20;
    int longest = image->size[0] > image->size[1] ? image->size[0] : image->size[1];
    int zoom = longest >= 320 ? 1 : (320 + longest - 1) / longest, z = mm_slice_busiest(truth ? truth : prediction);
    int width = image->size[0] * zoom, height = image->size[1] * zoom;
    double low, high;
    struct mm_volume *canvas = mm_canvas_make(arena, panels * width + (panels + 1) * gap, height + head + gap,
                                              (struct mm_colour){255, 255, 255});
    if (!canvas)
        return mm_fail_memory(err, "the overlay");
    const struct mm_volume *labels[3] = {NULL, truth ? truth : prediction, prediction};
    static const char *const titles_truth[] = {"image", "label", "prediction"}, *const titles[] = {"image",
                                                                                                   "prediction"};
    const int channel = image->rank == 2 && image->channels == 3 ? MM_DRAW_COLOURS : 0;
    mm_slice_range(image, channel, z, &low, &high);
    for (int i = 0; i < panels; i++) {
        int x = gap + i * (width + gap);
        mm_draw_text(canvas, x, 6, 1, (struct mm_colour){40, 40, 40}, truth ? titles_truth[i] : titles[i]);
        mm_draw_slice(canvas, x, head, zoom, image, channel, z, low, high, labels[i]);
    }
    return mm_image_write(path, canvas, err);
}

static const char *class_name(const struct mm_training *t, size_t value, char *buffer, size_t size)
{
    const struct mm_metric_use *use = &t->metrics[0];
    int first = use->metric->first_class ? use->metric->first_class(use->self) : 0;
    size_t index = use->only_class >= 0 ? (size_t)use->only_class : value + (size_t)first;
    const char *const *names = t->prediction.class_names;
    if (names && index < (size_t)t->prediction.classes && names[index])
        return names[index];
    snprintf(buffer, size, "class_%zu", index);
    return buffer;
}

static cJSON *not_scored(struct mm_arena *arena, const struct mm_scores *scores)
{
    cJSON *rows = mm_json_array(arena);
    for (size_t i = 0; i < scores->left_out_count; i++) {
        cJSON *row = mm_json_object(arena);
        mm_json_add(arena, row, "image", mm_json_text(arena, mm_file_name(scores->left_out[i].source)));
        mm_json_add(arena, row, "cause", mm_json_text(arena, scores->left_out[i].cause));
        mm_json_append(rows, row);
    }
    return rows;
}

/* Mean over cases of the mean over foreground classes of the first Dice metric: what `mean_dice` promises. */
static cJSON *scores_json(struct mm_arena *arena, const struct mm_training *t, const struct mm_scores *scores)
{
    cJSON *json = mm_json_object(arena), *metrics = mm_json_object(arena), *classes = mm_json_object(arena),
          *cases = mm_json_array(arena);
    char buffer[32];
    for (size_t m = 0; m < t->metric_count; m++)
        if (t->metrics[m].is_key) {
            mm_json_add(arena, json, "key_metric", mm_json_number(arena, scores->totals[m]));
            mm_json_add(arena, json, "key_metric_name", mm_json_text(arena, t->metrics[m].name));
        }
    for (size_t m = 0; m < t->metric_count; m++)
        mm_json_add(arena, metrics, t->metrics[m].name, mm_json_number(arena, scores->totals[m]));
    for (size_t m = 0; m < t->metric_count; m++)
        if (!strcmp(t->metrics[m].metric->name, "DiceMetric") && !mm_json_get(metrics, "mean_dice"))
            mm_json_add(arena, metrics, "mean_dice", mm_json_number(arena, scores->totals[m]));
    mm_json_add(arena, json, "metrics", metrics);
    for (size_t v = 0; v < scores->class_count; v++)
        mm_json_add(arena, classes, class_name(t, v, buffer, sizeof buffer),
                    mm_json_number(arena, scores->class_means[v]));
    mm_json_add(arena, json, "classes", classes);
    for (size_t i = 0; i < scores->cases; i++) {
        cJSON *row = mm_json_object(arena), *values = mm_json_array(arena);
        mm_json_add(arena, row, "image", mm_json_text(arena, mm_file_name(scores->items[i].source)));
        for (size_t v = 0; v < scores->class_count; v++)
            mm_json_append(values, mm_json_number(arena, scores->items[i].values[0][v]));
        mm_json_add(arena, row, t->metrics[0].name, values);
        mm_json_append(cases, row);
    }
    mm_json_add(arena, json, "cases", cases);
    if (scores->left_out_count)
        mm_json_add(arena, json, "not_scored", not_scored(arena, scores));
    return json;
}

static void scores_csv(struct mm_text *text, const struct mm_training *t, const struct mm_scores *scores)
{
    char buffer[32];
    mm_text_add(text, "case");
    for (size_t v = 0; v < scores->class_count; v++)
        mm_text_format(text, ",%s", class_name(t, v, buffer, sizeof buffer));
    for (size_t i = 0; i < scores->cases; i++) {
        mm_text_format(text, "\n%s", mm_file_name(scores->items[i].source));
        for (size_t v = 0; v < scores->class_count; v++)
            mm_text_format(text, ",%.6f", scores->items[i].values[0][v]);
    }
    for (size_t i = 0; i < scores->left_out_count; i++) {
        mm_text_format(text, "\n%s", mm_file_name(scores->left_out[i].source));
        for (size_t v = 0; v < scores->class_count; v++)
            mm_text_add(text, ",");
    }
    mm_text_add(text, "\nmean");
    for (size_t v = 0; v < scores->class_count; v++)
        mm_text_format(text, ",%.6f", scores->class_means[v]);
    mm_text_add(text, "\n");
}

enum mm_status mm_report_scores(struct mm_arena *arena, const struct mm_project *project,
                                const struct mm_training *training, const struct mm_scores *scores,
                                const char *weights, cJSON **json, struct mm_error *err)
{
    enum mm_status s;
    struct mm_text csv;
    char digest[MM_SHA256_HEX];
    const char *folder =
        mm_project_path(arena, project, mm_config_text(project->config, "MMAR_EVAL_OUTPUT_PATH", "eval"));
    if (MM_TRY(s, mm_sha256_file(weights, digest, err)))
        return s;
    *json = scores_json(arena, training, scores);
    mm_json_add(arena, *json, "weights_sha256", mm_json_text(arena, digest));
    const char *text = *json ? mm_json_print(arena, *json, MM_JSON_INDENTED) : NULL;
    if (!text)
        return mm_fail_memory(err, "the scores");
    mm_text_init(&csv, 64 << 20);
    scores_csv(&csv, training, scores);
    if ((s = mm_file_make_folder(folder, err)) == MM_OK &&
        (s = mm_file_write(mm_file_join(arena, folder, "metrics.json"), text, strlen(text), err)) == MM_OK)
        s = mm_file_write(mm_file_join(arena, folder, "metrics.csv"), csv.bytes, csv.length, err);
    mm_text_done(&csv);
    return s;
}

#define NAMED_MAX 12 /* tensors of one kind that are named without -v */

static void note_tensors(const char *what, const struct mm_strings *names)
{
    size_t most = mm_log_get() >= MM_LOG_VERBOSE ? names->count : NAMED_MAX;
    for (size_t i = 0; i < names->count && i < most; i++)
        mm_note("  %s: %s", what, names->items[i]);
    if (names->count > most)
        mm_note("  %s: %zu more (-v shows all)", what, names->count - most);
}

void mm_report_transfer(const struct mm_weights_report *r, bool is_loaded)
{
    mm_note("weights: %zu tensors %s, %zu missing, %zu unexpected, %zu of another shape", r->loaded,
            is_loaded ? "loaded" : "fit", r->missing.count, r->unexpected.count,
            r->reshaped.count + r->renewed.count);
    note_tensors("adapted to the image's channels", &r->adapted);
    note_tensors(is_loaded ? "other classes, initialised" : "other classes", &r->renewed);
    note_tensors(is_loaded ? "missing, initialised" : "missing", &r->missing);
    note_tensors(is_loaded ? "other shape, initialised" : "other shape", &r->reshaped);
    note_tensors(is_loaded ? "not in this model, ignored" : "not in this model", &r->unexpected);
}
