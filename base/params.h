/* A component's parameters are a table; parsing, defaults, range checks, help, reference docs and schema are derived
 * from it (docs/decisions/002-one-parameter-table.md). The JSON name is the field's name, so they cannot drift.
 *
 *     struct scale { double a_min; bool clip; struct mm_ints size; const char *mode; };
 *     #define P struct scale
 *     static const struct mm_param params[] = {
 *         MM_DOUBLE(P, a_min, .required = true, .unit = "intensity", .help = "input value mapped to b_min"),
 *         MM_BOOL  (P, clip, .def = 0, .help = "clamp the result"),
 *         MM_INTS  (P, size, .def_text = "[64]", .min = 1, .max = 1 << 16, .count_max = 3, .unit = "voxel", .help = "..."),
 *         MM_CHOICE(P, mode, .choices = "nearest bilinear", .def_text = "bilinear", .help = "..."),
 *         MM_PARAMS_END
 *     };
 */
#ifndef MM_BASE_PARAMS_H
#define MM_BASE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/problems.h"

struct mm_ints {
    size_t count;
    const int64_t *items;
};
struct mm_doubles {
    size_t count;
    const double *items;
};
struct mm_strings {
    size_t count;
    const char *const *items;
};

enum mm_param_type {
    MM_PARAM_END_OF_TABLE,
    MM_PARAM_BOOL,
    MM_PARAM_INT,     /* int64_t                                                             */
    MM_PARAM_DOUBLE,  /* double                                                              */
    MM_PARAM_STRING,  /* const char *, NULL when absent without default                      */
    MM_PARAM_CHOICE,  /* const char *, one of `choices` (space-separated), interned there     */
    MM_PARAM_INTS,    /* struct mm_ints; a single number is a list of one; "1,2,4" is read too */
    MM_PARAM_DOUBLES, /* struct mm_doubles, likewise                                          */
    MM_PARAM_STRINGS, /* struct mm_strings; a single string is a list of one                  */
    MM_PARAM_JSON,    /* const cJSON *: a nested component or free-form value, NULL when absent */
};

struct mm_param {
    const char *name, *aliases; /* aliases: space-separated other spellings, NULL when none     */
    enum mm_param_type type;
    size_t offset;
    bool required;
    bool no_effect;              /* accepted for compatibility, changes nothing here: `check` lists it */
    bool exclusive_min;          /* min itself is not allowed                                     */
    double def;                  /* bool, int, double; NAN: none (test the field with isnan)     */
    const char *def_text;        /* string and choice: the value; lists and json: JSON text; NULL = empty */
    double min, max;             /* of a number or each number of a list; both 0 = no bound;
                                   max not above min = no upper bound                           */
    size_t count_min, count_max; /* of a list; 0 = no bound                                      */
    const char *choices;         /* choice, and strings that must each be one of them; "0" is 0 too */
    const char *unit, *help;
};

#define MM_AT(T, field, ctype) _Generic(&((T *)0)->field, ctype * : offsetof(T, field))
#define MM_BOOL(T, field, ...)                                                                                       \
    {                                                                                                                \
        .name = #field, .type = MM_PARAM_BOOL, .offset = MM_AT(T, field, bool), __VA_ARGS__                          \
    }
#define MM_INT(T, field, ...)                                                                                        \
    {                                                                                                                \
        .name = #field, .type = MM_PARAM_INT, .offset = MM_AT(T, field, int64_t), __VA_ARGS__                        \
    }
#define MM_DOUBLE(T, field, ...)                                                                                     \
    {                                                                                                                \
        .name = #field, .type = MM_PARAM_DOUBLE, .offset = MM_AT(T, field, double), __VA_ARGS__                      \
    }
#define MM_STRING(T, field, ...)                                                                                     \
    {                                                                                                                \
        .name = #field, .type = MM_PARAM_STRING, .offset = MM_AT(T, field, const char *), __VA_ARGS__                \
    }
#define MM_CHOICE(T, field, ...)                                                                                     \
    {                                                                                                                \
        .name = #field, .type = MM_PARAM_CHOICE, .offset = MM_AT(T, field, const char *), __VA_ARGS__                \
    }
#define MM_INTS(T, field, ...)                                                                                       \
    {                                                                                                                \
        .name = #field, .type = MM_PARAM_INTS, .offset = MM_AT(T, field, struct mm_ints), __VA_ARGS__                \
    }
#define MM_DOUBLES(T, field, ...)                                                                                    \
    {                                                                                                                \
        .name = #field, .type = MM_PARAM_DOUBLES, .offset = MM_AT(T, field, struct mm_doubles), __VA_ARGS__          \
    }
#define MM_STRINGS(T, field, ...)                                                                                    \
    {                                                                                                                \
        .name = #field, .type = MM_PARAM_STRINGS, .offset = MM_AT(T, field, struct mm_strings), __VA_ARGS__          \
    }
#define MM_JSON(T, field, ...)                                                                                       \
    {                                                                                                                \
        .name = #field, .type = MM_PARAM_JSON, .offset = MM_AT(T, field, const cJSON *), __VA_ARGS__                 \
    }
/* A name known for compatibility that has no field at all: read, type unchecked, reported by `check`. */
#define MM_IGNORED(param_name, ...)                                                                                  \
    {                                                                                                                \
        .name = param_name, .type = MM_PARAM_JSON, .offset = SIZE_MAX, .no_effect = true, __VA_ARGS__                \
    }
#define MM_PARAMS_END                                                                                                \
    {                                                                                                                \
        .type = MM_PARAM_END_OF_TABLE                                                                                \
    }

/* A struct and its table. A component may be read from several (a family's common part and its own). */
struct mm_param_target {
    const struct mm_param *table;
    void *object; /* zeroed by the caller, filled with defaults and values */
};

/* Fills the targets from a JSON object (NULL = no arguments: all defaults). `null` counts as absent. Keys that start with
 * "__" are comments. Everything wrong goes to `problems` (unknown keys with the nearest name); MM_ERR_CONFIG when anything was.
 * `where` is the node blamed for what is missing (the component itself); may be NULL. Values live in the arena, except that
 * MM_PARAM_JSON borrows its node from `args`. A parameter without effect that is given is a MM_SEVERITY_NOTE.
 * MM_ERR_MEMORY when memory is out, which is then among the problems too. */
enum mm_status mm_params_read(struct mm_arena *arena, const struct mm_param_target *targets, size_t count,
                              const cJSON *args, const cJSON *where, struct mm_problems *problems);
/* Sets one parameter from text, as the command line gives it ("--epochs 5"): numbers and bools parsed, lists by comma.
 * MM_ERR_USAGE with a text that lacks only the name: "must be at least 1, got 0". */
enum mm_status mm_params_set(struct mm_arena *arena, const struct mm_param *param, void *object, const char *text,
                             struct mm_error *err);
/* Defaults only. */
enum mm_status mm_params_defaults(struct mm_arena *arena, const struct mm_param *table, void *object,
                                  struct mm_error *err);
/* All values as a JSON object, defaults included: what a run really used (cache keys, manifest, docs). */
cJSON *mm_params_json(struct mm_arena *arena, const struct mm_param *table, const void *object);
/* The entry of that name or alias, or NULL; `table` may be NULL. */
const struct mm_param *mm_params_find(const struct mm_param *table, const char *name);
/* For people: one line a parameter, aligned over all tables (NULL ones are skipped): name, type, default, range, unit, help. */
enum mm_spelling { MM_SPELLING_CONFIG, MM_SPELLING_OPTION }; /* no_cache, --no-cache */
void mm_params_help(struct mm_text *text, const struct mm_param *const *tables, size_t count,
                    enum mm_spelling spelling);
/* The same as one Markdown table, | name | type | default | allowed | what |, behind an empty line; nothing of no parameters. */
void mm_params_markdown(struct mm_text *text, const struct mm_param *const *tables, size_t count);

#endif
