/* Findings: collected in order, each once, printed with place and excerpt. When the table is full an error takes the place of the
 * last warning or note: what stops the user is never lost to what does not. */
#include "base/problems.h"

#include <stdarg.h>

#define TEXT_MAX   1024                      /* of one finding; longer is cut     */
#define ERRORS_MAX (MM_ERROR_TEXT_MAX - 512) /* leaves room for context before it */

void mm_problems_init(struct mm_problems *problems, struct mm_arena *arena)
{
    *problems = (struct mm_problems){.arena = arena};
}

/* The place in the table for a new finding, or NULL when there is none. */
static struct mm_problem *slot_for(struct mm_problems *problems, enum mm_severity severity)
{
    if (severity == MM_SEVERITY_ERROR)
        problems->errors++;
    if (problems->count < MM_PROBLEMS_MAX)
        return &problems->items[problems->count++];
    problems->dropped++;
    if (severity != MM_SEVERITY_ERROR)
        return NULL;
    size_t i = MM_PROBLEMS_MAX;
    while (i > 0 && problems->items[i - 1].severity == MM_SEVERITY_ERROR)
        i--;
    if (i == 0)
        return NULL;
    memmove(&problems->items[i - 1], &problems->items[i], (MM_PROBLEMS_MAX - i) * sizeof *problems->items);
    return &problems->items[MM_PROBLEMS_MAX - 1];
}

static const char *format_text(struct mm_arena *arena, const char *format, va_list args)
{
    char text[TEXT_MAX];
    if (vsnprintf(text, sizeof text, format, args) < 0)
        return "(the text of this finding cannot be formatted)";
    const char *kept = mm_arena_text(arena, text);
    return kept ? kept : "(no memory for the text of this finding)";
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* A component that is referred to is read more than once. */
static bool is_known(const struct mm_problems *problems, const struct mm_problem *item)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct mm_problem *old = &problems->items[i];
        if (old->severity == item->severity && old->node == item->node && old->place.line == item->place.line &&
            is_same(old->place.file, item->place.file) && is_same(old->place.path, item->place.path) &&
            strcmp(old->text, item->text) == 0)
            return true;
    }
    return false;
}

static void add(struct mm_problems *problems, struct mm_problem item)
{
    problems->told += item.severity == MM_SEVERITY_ERROR;
    struct mm_problem *slot = is_known(problems, &item) ? NULL : slot_for(problems, item.severity);
    if (slot)
        *slot = item;
}

void mm_problem(struct mm_problems *problems, enum mm_severity severity, const cJSON *node, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = format_text(problems->arena, format, args);
    va_end(args);
    add(problems, (struct mm_problem){severity, mm_json_place(problems->arena, node), node, text});
}

void mm_problem_at(struct mm_problems *problems, enum mm_severity severity, struct mm_place place, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    const char *text = format_text(problems->arena, format, args);
    va_end(args);
    add(problems, (struct mm_problem){severity, place, NULL, text});
}

static void print_item(struct mm_text *text, const struct mm_problem *item)
{
    static const char *const severities[] = {"", "warning: ", "note: "};
    if (item->place.file)
        mm_text_add(text, item->place.file);
    if (item->place.file && item->place.line > 0)
        mm_text_format(text, ":%d", item->place.line);
    if (item->place.file)
        mm_text_add(text, ": ");
    if (item->place.path)
        mm_text_format(text, "%s: ", item->place.path);
    mm_text_format(text, "%s%s\n", severities[item->severity], item->text);
    mm_json_excerpt(text, item->node);
}

void mm_problems_print(struct mm_text *text, const struct mm_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        print_item(text, &problems->items[i]);
    if (problems->dropped)
        mm_text_format(text, "and %zu more\n", problems->dropped);
}

enum mm_status mm_problems_fail(const struct mm_problems *problems, enum mm_status status, struct mm_error *err)
{
    if (!problems->errors)
        return MM_OK;
    struct mm_text all;
    mm_text_init(&all, ERRORS_MAX);
    size_t shown = 0;
    for (size_t i = 0; i < problems->count && !all.overflow; i++) {
        if (problems->items[i].severity != MM_SEVERITY_ERROR)
            continue;
        size_t length = all.length;
        print_item(&all, &problems->items[i]);
        if (all.overflow && all.capacity) {
            all.length = length;
            all.bytes[length] = '\0';
        } else if (!all.overflow) {
            shown++;
        }
    }
    if (problems->errors > shown)
        mm_fail(err, status, "%sand %zu more", all.bytes, problems->errors - shown);
    else
        mm_fail(err, status, "%.*s", (int)(all.length - 1), all.bytes);
    mm_text_done(&all);
    return status;
}
