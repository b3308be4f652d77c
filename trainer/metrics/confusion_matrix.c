/* Metrics of the confusion matrix of each class, as MONAI 1.3's ConfusionMatrixMetric (formulas: Wikipedia, "Confusion matrix"). A case's
 * values are tp, fp, tn, fn of each class; the figure is the first metric_name. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/names.h"
#include "trainer/metrics/reduce.h"

struct confusion_matrix {
    bool include_background, compute_sample;
    struct mm_strings metric_name;
    const char *reduction;
};
#define P struct confusion_matrix

#define NAME_MAX_LENGTH 64

static const struct mm_param params[] = {
    MM_BOOL(P, include_background, .def = 1, .help = "class 0 counts"),
    MM_STRINGS(
        P, metric_name, .def_text = "[\"hit_rate\"]", .count_min = 1,
        .help =
            "sensitivity, specificity, precision, f1_score, accuracy, threat_score ...; the first one is the figure"),
    MM_BOOL(P, compute_sample, .help = "the metric of each case, then the mean; else the mean of the counts first"),
    MM_METRIC_REDUCTION(P),
    MM_PARAMS_END,
};

/* Counts may be means of counts. NaN where a rate has no cases. */
struct counts {
    double tp, fp, tn, fn;
};

static double ratio(double above, double below)
{
    return below != 0 ? above / below : NAN;
}

static double sensitivity(const struct counts *c)
{
    return ratio(c->tp, c->tp + c->fn);
}
static double specificity(const struct counts *c)
{
    return ratio(c->tn, c->fp + c->tn);
}
static double precision(const struct counts *c)
{
    return ratio(c->tp, c->tp + c->fp);
}
static double negative_predictive(const struct counts *c)
{
    return ratio(c->tn, c->fn + c->tn);
}
static double miss_rate(const struct counts *c)
{
    return ratio(c->fn, c->tp + c->fn);
}
static double fall_out(const struct counts *c)
{
    return ratio(c->fp, c->fp + c->tn);
}
static double false_discovery(const struct counts *c)
{
    return ratio(c->fp, c->fp + c->tp);
}
static double false_omission(const struct counts *c)
{
    return ratio(c->fn, c->fn + c->tn);
}
static double threat(const struct counts *c)
{
    return ratio(c->tp, c->tp + c->fn + c->fp);
}
static double accuracy(const struct counts *c)
{
    return ratio(c->tp + c->tn, c->tp + c->fn + c->fp + c->tn);
}
static double balanced(const struct counts *c)
{
    return (sensitivity(c) + specificity(c)) / 2.0;
}
static double f1(const struct counts *c)
{
    return ratio(2.0 * c->tp, 2.0 * c->tp + c->fn + c->fp);
}
static double informedness(const struct counts *c)
{
    return sensitivity(c) + specificity(c) - 1.0;
}
static double markedness(const struct counts *c)
{
    return precision(c) + negative_predictive(c) - 1.0;
}
static double fowlkes_mallows(const struct counts *c)
{
    return sqrt(precision(c) * sensitivity(c));
}

static double prevalence_threshold(const struct counts *c)
{
    double tpr = sensitivity(c), tnr = specificity(c);
    return ratio(sqrt(tpr * (1.0 - tnr)) + tnr - 1.0, tpr + tnr - 1.0);
}

static double matthews(const struct counts *c)
{
    return ratio(c->tp * c->tn - c->fp * c->fn,
                 sqrt((c->tp + c->fp) * (c->tp + c->fn) * (c->tn + c->fp) * (c->tn + c->fn)));
}

static const struct {
    const char *names;
    double (*value)(const struct counts *);
} formulas[] = {
    {"sensitivity recall hit_rate true_positive_rate tpr", sensitivity},
    {"specificity selectivity true_negative_rate tnr", specificity},
    {"precision positive_predictive_value ppv", precision},
    {"negative_predictive_value npv", negative_predictive},
    {"miss_rate false_negative_rate fnr", miss_rate},
    {"fall_out false_positive_rate fpr", fall_out},
    {"false_discovery_rate fdr", false_discovery},
    {"false_omission_rate for", false_omission},
    {"prevalence_threshold pt", prevalence_threshold},
    {"threat_score critical_success_index ts csi", threat},
    {"accuracy acc", accuracy},
    {"balanced_accuracy ba", balanced},
    {"f1_score f1", f1},
    {"matthews_correlation_coefficient mcc", matthews},
    {"fowlkes_mallows_index fm", fowlkes_mallows},
    {"informedness bookmaker_informedness bm youden_index youden", informedness},
    {"markedness deltap mk", markedness},
};

/* Index of the formula of that name (blanks and case do not matter); negative when there is none. */
static int find_formula(const char *name)
{
    char plain[NAME_MAX_LENGTH];
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof(plain))
        return -1;
    for (size_t i = 0; i <= length; i++)
        plain[i] = name[i] == ' ' ? '_' : (char)tolower((unsigned char)name[i]);
    for (int f = 0; f < (int)(sizeof(formulas) / sizeof(*formulas)); f++)
        if (mm_names_contain(formulas[f].names, plain))
            return f;
    return -1;
}

static enum mm_status check(const void *self, struct mm_error *err)
{
    const P *p = self;
    for (size_t i = 0; i < p->metric_name.count; i++)
        if (find_formula(p->metric_name.items[i]) < 0)
            return mm_fail(err, MM_ERR_CONFIG, "metric_name[%zu]: \"%.40s\" is not known", i,
                           p->metric_name.items[i]);
    return MM_OK;
}

static size_t values(const void *self, int classes)
{
    return 4 * (size_t)(classes - mm_metric_first(((const P *)self)->include_background, classes));
}

static enum mm_status measure(const void *self, struct mm_arena *scratch, const struct mm_metric_case *item,
                              double *out, struct mm_error *err)
{
    (void)scratch, (void)err;
    for (int c = mm_metric_first(((const P *)self)->include_background, item->classes); c < item->classes;
         c++, out += 4) {
        struct mm_metric_counts n = mm_metric_count(item, c);
        out[0] = (double)n.both;
        out[1] = (double)(n.prediction - n.both);
        out[2] = (double)(n.voxels - n.prediction - n.truth + n.both);
        out[3] = (double)(n.truth - n.both);
    }
    return MM_OK;
}

/* The formula of the counts summed over cases and classes: rates do not change when all counts are divided. */
static double of_mean_counts(int formula, const double *rows, size_t cases, size_t count)
{
    struct counts c = {0};
    for (size_t i = 0; i < cases * count; i += 4) {
        c.tp += rows[i];
        c.fp += rows[i + 1];
        c.tn += rows[i + 2];
        c.fn += rows[i + 3];
    }
    return formulas[formula].value(&c);
}

/* Running mean over the cases, or classes, that have a value. */
static double of_samples(int formula, const double *rows, size_t cases, size_t count, const char *reduction)
{
    bool by_class = strstr(reduction, "_batch") != NULL, mean = strncmp(reduction, "sum", 3) != 0;
    size_t classes = count / 4, lines = by_class ? classes : cases, across = by_class ? cases : classes, numbers = 0,
           all = 0;
    double total = 0, sum_all = 0;
    for (size_t line = 0; line < lines; line++) {
        double sum = 0;
        size_t n = 0;
        for (size_t i = 0; i < across; i++) {
            const double *at = rows + (by_class ? i * count + line * 4 : line * count + i * 4);
            double value = formulas[formula].value(&(struct counts){at[0], at[1], at[2], at[3]});
            sum += isnan(value) ? 0.0 : value;
            n += !isnan(value);
        }
        total += n ? (mean ? sum / (double)n : sum) : 0.0;
        numbers += n > 0;
        sum_all += sum;
        all += n;
    }
    if (strcmp(reduction, "sum") == 0)
        return all ? sum_all : NAN;
    return numbers ? total / (double)numbers : NAN;
}

static double aggregate(const void *self, const double *rows, size_t cases, size_t count)
{
    const P *p = self;
    int formula = find_formula(p->metric_name.items[0]);
    return p->compute_sample ? of_samples(formula, rows, cases, count, p->reduction)
                             : of_mean_counts(formula, rows, cases, count);
}

static int first_class(const void *self)
{
    return ((const P *)self)->include_background ? 0 : 1;
}

const struct mm_metric mm_metric_confusion_matrix = {
    .name = "ConfusionMatrixMetric",
    .aliases = "ConfusionMatrix",
    .summary = "rates of the confusion matrix of each class",
    .notes = "Whether a higher figure is better depends on metric_name: it is taken as better.",
    .params = params,
    .params_size = sizeof(P),
    .higher_is_better = true,
    .check = check,
    .values = values,
    .measure = measure,
    .aggregate = aggregate,
    .first_class = first_class,
    .example = "{\"include_background\": false, \"metric_name\": [\"sensitivity\"]}",
};
