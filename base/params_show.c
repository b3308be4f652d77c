/* Parameters for people and for records: values as JSON, tables as help and as Markdown. */
#include <math.h>

#include "base/params.h"
#include "base/params_internal.h"

/* Values. -------------------------------------------------------------------------------------------------------- */

static cJSON *text_or_null(struct mm_arena *arena, const char *text)
{
    return text ? mm_json_text(arena, text) : mm_json_null(arena);
}

static cJSON *list_json(struct mm_arena *arena, const struct mm_param *param, const void *field)
{
    cJSON *list = mm_json_array(arena);
    const struct mm_ints *ints = field;
    const struct mm_doubles *doubles = field;
    const struct mm_strings *strings = field;
    size_t count = param->type == MM_PARAM_INTS      ? ints->count
                   : param->type == MM_PARAM_DOUBLES ? doubles->count
                                                     : strings->count;
    for (size_t i = 0; i < count; i++) {
        cJSON *item = param->type == MM_PARAM_INTS      ? mm_json_integer(arena, ints->items[i])
                      : param->type == MM_PARAM_DOUBLES ? mm_json_number(arena, doubles->items[i])
                                                        : mm_json_text(arena, strings->items[i]);
        if (!mm_json_append(list, item))
            return NULL;
    }
    return list;
}

static cJSON *value_json(struct mm_arena *arena, const struct mm_param *param, const void *field)
{
    switch (param->type) {
    case MM_PARAM_BOOL:
        return mm_json_bool(arena, *(const bool *)field);
    case MM_PARAM_INT:
        return mm_json_integer(arena, *(const int64_t *)field);
    case MM_PARAM_DOUBLE:
        return mm_json_number(arena, *(const double *)field);
    case MM_PARAM_STRING:
    case MM_PARAM_CHOICE:
        return text_or_null(arena, *(const char *const *)field);
    case MM_PARAM_JSON: {
        const cJSON *node = *(const cJSON *const *)field;
        return node ? mm_json_copy(arena, node) : mm_json_null(arena);
    }
    default:
        return list_json(arena, param, field);
    }
}

cJSON *mm_params_json(struct mm_arena *arena, const struct mm_param *table, const void *object)
{
    cJSON *json = mm_json_object(arena);
    for (const struct mm_param *param = table; param->type != MM_PARAM_END_OF_TABLE; param++) {
        if (!mm_param_has_field(param) || param->no_effect)
            continue;
        if (!mm_json_add(arena, json, param->name, value_json(arena, param, mm_param_field(param, object))))
            return NULL;
    }
    return json;
}

/* Tables. -------------------------------------------------------------------------------------------------------- */

static const char *type_text(const struct mm_param *param)
{
    static const char *const texts[] = {
        [MM_PARAM_END_OF_TABLE] = "", [MM_PARAM_BOOL] = "boolean",    [MM_PARAM_INT] = "integer",
        [MM_PARAM_DOUBLE] = "number", [MM_PARAM_STRING] = "string",   [MM_PARAM_CHOICE] = "string",
        [MM_PARAM_INTS] = "integers", [MM_PARAM_DOUBLES] = "numbers", [MM_PARAM_STRINGS] = "strings",
        [MM_PARAM_JSON] = "JSON",
    };
    return texts[param->type];
}

static void add_default(struct mm_text *text, const struct mm_param *param)
{
    if (param->required)
        mm_text_add(text, "required");
    else if (param->type == MM_PARAM_BOOL)
        mm_text_add(text, param->def != 0 ? "true" : "false");
    else if ((param->type == MM_PARAM_INT || param->type == MM_PARAM_DOUBLE) && !isnan(param->def))
        mm_text_format(text, "%.15g", param->def);
    else
        mm_text_add(text, param->def_text ? param->def_text : "none");
}

/* "1 to 3 values" */
static void add_count(struct mm_text *text, const struct mm_param *param)
{
    size_t least = param->count_min, most = param->count_max;
    if (least && least == most)
        mm_text_format(text, "%zu value%s", least, least == 1 ? "" : "s");
    else if (least && most)
        mm_text_format(text, "%zu to %zu values", least, most);
    else if (least || most)
        mm_text_format(text, "at %s %zu value%s", least ? "least" : "most", least + most,
                       least + most == 1 ? "" : "s");
}

/* "1 to 65536", "above 0", "above 0, at most 1" */
static void add_range(struct mm_text *text, const struct mm_param *param)
{
    bool has_min = mm_param_has_min(param), has_max = mm_param_has_max(param);
    if (has_min && has_max && !param->exclusive_min) {
        mm_text_format(text, "%.15g to %.15g", param->min, param->max);
        return;
    }
    if (has_min)
        mm_text_format(text, "%s %.15g", param->exclusive_min ? "above" : "at least", param->min);
    if (has_max)
        mm_text_format(text, "%sat most %.15g", has_min ? ", " : "", param->max);
}

static void add_allowed(struct mm_text *text, const struct mm_param *param)
{
    add_count(text, param);
    bool has_range = mm_param_has_min(param) || mm_param_has_max(param);
    if (text->length && (has_range || param->choices))
        mm_text_add(text, ", each ");
    add_range(text, param);
    for (const char *c = param->choices ? param->choices : ""; *c; c++)
        mm_text_addn(text, *c == ' ' ? ", " : c, *c == ' ' ? 2 : 1);
}

static void add_what(struct mm_text *text, const struct mm_param *param)
{
    mm_text_add(text, param->help ? param->help : "");
    if (param->unit)
        mm_text_format(text, " [%s]", param->unit);
    if (param->aliases) {
        mm_text_add(text, " (also ");
        for (const char *c = param->aliases; *c; c++)
            mm_text_addn(text, *c == ' ' ? ", " : c, *c == ' ' ? 2 : 1);
        mm_text_add(text, ")");
    }
    if (param->no_effect)
        mm_text_add(text, " (accepted, no effect)");
}

enum { COLUMN_NAME, COLUMN_TYPE, COLUMN_DEFAULT, COLUMN_ALLOWED, COLUMN_WHAT, COLUMNS };
#define CELL_MAX  2048
#define WIDTH_MAX 40 /* a wider cell sticks out instead of moving the column */

/* A parameter as it is written: in a config, or on the command line with dashes. */
static void add_name(struct mm_text *text, const struct mm_param *param, enum mm_spelling spelling)
{
    if (spelling == MM_SPELLING_CONFIG) {
        mm_text_add(text, param->name);
        return;
    }
    mm_text_add(text, "--");
    for (const char *c = param->name; *c; c++)
        mm_text_addn(text, *c == '_' ? "-" : c, 1);
}

static void add_cell(struct mm_text *text, const struct mm_param *param, int column, enum mm_spelling spelling)
{
    switch (column) {
    case COLUMN_NAME:
        add_name(text, param, spelling);
        break;
    case COLUMN_TYPE:
        mm_text_add(text, type_text(param));
        break;
    case COLUMN_DEFAULT:
        add_default(text, param);
        break;
    case COLUMN_ALLOWED:
        add_allowed(text, param);
        break;
    default:
        add_what(text, param);
    }
}

static size_t column_width(const struct mm_param *table, int column, enum mm_spelling spelling)
{
    size_t width = 0;
    for (; table->type != MM_PARAM_END_OF_TABLE; table++) {
        struct mm_text cell;
        mm_text_init(&cell, CELL_MAX);
        add_cell(&cell, table, column, spelling);
        if (cell.length > width && cell.length <= WIDTH_MAX)
            width = cell.length;
        mm_text_done(&cell);
    }
    return width;
}

static void add_row(struct mm_text *text, const struct mm_param *param, const size_t widths[COLUMN_WHAT],
                    enum mm_spelling spelling)
{
    for (int column = 0; column < COLUMNS; column++) {
        struct mm_text cell;
        mm_text_init(&cell, CELL_MAX);
        add_cell(&cell, param, column, spelling);
        if (column == COLUMN_WHAT)
            mm_text_format(text, "  %s\n", cell.bytes);
        else if (widths[column])
            mm_text_format(text, "  %-*s", (int)widths[column], cell.bytes);
        mm_text_done(&cell);
    }
}

void mm_params_help(struct mm_text *text, const struct mm_param *const *tables, size_t count,
                    enum mm_spelling spelling)
{
    size_t widths[COLUMN_WHAT] = {0};
    for (size_t i = 0; i < count; i++)
        for (int column = 0; tables[i] && column < COLUMN_WHAT; column++) {
            size_t width = column_width(tables[i], column, spelling);
            widths[column] = width > widths[column] ? width : widths[column];
        }
    for (size_t i = 0; i < count; i++)
        for (const struct mm_param *p = tables[i]; p && p->type != MM_PARAM_END_OF_TABLE; p++)
            add_row(text, p, widths, spelling);
}

/* A cell must not end its row: "|" is escaped, a line break becomes a space. */
static void add_markdown(struct mm_text *text, const char *cell)
{
    for (; *cell; cell++) {
        if (*cell == '|')
            mm_text_add(text, "\\|");
        else
            mm_text_addn(text, *cell == '\n' ? " " : cell, 1);
    }
}

static void add_markdown_row(struct mm_text *text, const struct mm_param *param)
{
    for (int column = 0; column < COLUMNS; column++) {
        struct mm_text cell;
        mm_text_init(&cell, CELL_MAX);
        add_cell(&cell, param, column, MM_SPELLING_CONFIG);
        mm_text_add(text, column == COLUMN_NAME ? "| `" : cell.length ? "| " : "|");
        add_markdown(text, cell.bytes);
        mm_text_add(text, column == COLUMN_NAME ? "` " : " ");
        mm_text_done(&cell);
    }
    mm_text_add(text, "|\n");
}

void mm_params_markdown(struct mm_text *text, const struct mm_param *const *tables, size_t count)
{
    bool is_begun = false;
    for (size_t i = 0; i < count; i++)
        for (const struct mm_param *p = tables[i]; p && p->type != MM_PARAM_END_OF_TABLE; p++) {
            if (!is_begun)
                mm_text_add(text, "\n| name | type | default | allowed | what |\n|---|---|---|---|---|\n");
            is_begun = true;
            add_markdown_row(text, p);
        }
}
