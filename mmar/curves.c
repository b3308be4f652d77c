/* eval/curves.png: loss of every step and the key metric of every validation, from train.jsonl. */
#include "base/file.h"
#include "image/draw.h"
#include "image/format.h"
#include "mmar/report.h"

struct points {
    double *x, *y;
    size_t count;
};

static enum mm_status collect(struct mm_arena *arena, const char *path, struct points *loss, struct points *metric,
                              const char **name, struct mm_error *err)
{
    enum mm_status s;
    unsigned char *bytes;
    size_t size, lines = 1;
    if (MM_TRY(s, mm_file_read(arena, path, (size_t)1 << 30, &bytes, &size, err)))
        return s;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    for (int i = 0; i < 2; i++) {
        struct points *p = i ? metric : loss;
        p->x = mm_arena_array(arena, double, lines);
        p->y = mm_arena_array(arena, double, lines);
        if (!p->x || !p->y)
            return mm_fail_memory(err, "the curves");
    }
    struct mm_arena scratch;
    mm_arena_init(&scratch, NULL);
    for (char *line = (char *)bytes, *end; *line && (end = strchr(line, '\n')) && s == MM_OK; line = end + 1) {
        cJSON *json;
        mm_arena_reset(&scratch);
        if (MM_TRY(s, mm_json_parse(&scratch, path, line, (size_t)(end - line), &json, err)))
            break;
        const cJSON *step = mm_json_get(json, "step"), *value = mm_json_get(json, step ? "loss" : "value"),
                    *label = mm_json_get(json, "metric");
        struct points *p = step ? loss : metric;
        if (step && cJSON_IsNumber(value)) {
            p->x[p->count] = step->valuedouble;
            p->y[p->count++] = value->valuedouble;
        } else if (!step && cJSON_IsNumber(value) && loss->count) {
            p->x[p->count] = loss->x[loss->count - 1];
            p->y[p->count++] = value->valuedouble;
            *name = mm_arena_text(arena, cJSON_IsString(label) ? label->valuestring : "metric");
        }
    }
    mm_arena_done(&scratch);
    return s;
}

/* Loss of steps is noisy: the line people read is its running mean over a fiftieth of the run. */
static double *smoothed(struct mm_arena *arena, const struct points *p)
{
    double *out = mm_arena_array(arena, double, p->count + 1);
    double weight = p->count > 50 ? 50.0 / (double)p->count : 1;
    for (size_t i = 0; out && i < p->count; i++)
        out[i] = i ? out[i - 1] + weight * (p->y[i] - out[i - 1]) : p->y[i];
    return out;
}

enum mm_status mm_report_curves(struct mm_arena *arena, const struct mm_project *project, const char *folder,
                                struct mm_error *err)
{
    enum mm_status s;
    struct points loss = {0}, metric = {0};
    const char *name = "metric";
    const char *eval =
        mm_project_path(arena, project, mm_config_text(project->config, "MMAR_EVAL_OUTPUT_PATH", "eval"));
    if (MM_TRY(s, collect(arena, mm_file_join(arena, folder, "train.jsonl"), &loss, &metric, &name, err)))
        return s;
    if (loss.count < 2)
        return MM_OK;
    const double *smooth = smoothed(arena, &loss);
    if (!smooth)
        return mm_fail_memory(err, "the curves");
    const struct mm_series series[] = {{"loss (running mean)", loss.x, smooth, loss.count, false},
                                       {name, metric.x, metric.y, metric.count, true}};
    const struct mm_plot plot = {.title = "training",
                                 .x_label = "step",
                                 .left_label = "loss",
                                 .right_label = metric.count ? name : NULL,
                                 .series = series,
                                 .count = metric.count ? 2 : 1,
                                 .width = 960,
                                 .height = 540};
    struct mm_volume *image = mm_plot_draw(arena, &plot);
    if (!image)
        return mm_fail_memory(err, "the curves");
    if (MM_TRY(s, mm_file_make_folder(eval, err)))
        return s;
    return mm_image_write(mm_file_join(arena, eval, "curves.png"), image, err);
}
