/* Shared by the .c files of config/config.h only: the state of one reading, and its passes in the order they run.
 * A pass returns an error only where it cannot go on; what is wrong with the config goes to problems. */
#ifndef MM_CONFIG_CONFIG_INTERNAL_H
#define MM_CONFIG_CONFIG_INTERNAL_H

#include "config/config.h"

#define MM_CONFIG_VARIABLES_MAX  4096 /* top-level keys of one file             */
#define MM_CONFIG_COMPONENTS_MAX 4096 /* of one list                            */
#define MM_CONFIG_NESTING_MAX    8    /* variables inside variables             */
#define MM_CONFIG_DEPTH_MAX      8    /* components that have members, inside each other */

enum mm_variable_state { MM_VARIABLE_RAW, MM_VARIABLE_BUSY, MM_VARIABLE_DONE };

struct mm_variable {
    const char *name;
    cJSON *value;                 /* NULL until its substitution is done */
    enum mm_variable_state state; /* of its substitution                 */
    bool is_used;                 /* some "{NAME}" names it              */
    bool is_own;                  /* of the config or --set, not of the environment: worth a warning when unused */
};

/* A component that has a name, for refs. */
struct mm_named {
    const cJSON *node;
    const char *name, *alias;
};

struct mm_config_reader {
    struct mm_arena *arena;
    struct mm_problems *problems;
    struct mm_error *err;
    cJSON *root;                   /* the config                                                  */
    cJSON *extra;                  /* variables the config has not: environment's, --set's, ours  */
    struct mm_variable *variables; /* sorted by name */
    size_t variable_count;
    const char *stack[MM_CONFIG_NESTING_MAX]; /* variables being substituted, outermost first */
    size_t stack_count;
    size_t copied; /* bytes made by substitution */
    struct mm_named *named;
    size_t named_count;
    int depth;           /* components that have members, around the one that is read */
    size_t member_count; /* read so far, of all components */
    size_t applied;      /* aliases of searches looked up so far */
    bool is_v4;          /* of the stage that is read */
    const char *(*propose)(const char *name, char *buffer, size_t size); /* of struct mm_config_sources */
};

enum mm_config_kind mm_config_kind_of(const cJSON *root);
/* AutoML's definitions in the whole file: what is malformed is an error. */
void mm_config_check_search(struct mm_config_reader *reader);

/* "train" or "validate", or in a file without these a section of its own: no variable. */
bool mm_config_is_section(const struct mm_config_reader *reader, const char *name);
/* Value of a variable, from the config or beside it; NULL when there is none. */
cJSON *mm_config_value(const struct mm_config_reader *reader, const char *name);

/* Removes members whose name starts with "__", everywhere. */
void mm_config_drop_comments(cJSON *node);
/* environment.json's members over the config's. */
void mm_config_apply_environment(struct mm_config_reader *reader, cJSON *environment);
/* One --set. */
enum mm_status mm_config_apply_set(struct mm_config_reader *reader, const char *text);
/* "{NAME}" in every string of the config. */
enum mm_status mm_config_substitute(struct mm_config_reader *reader);
/* Warnings about variables without use. */
void mm_config_check_unused(struct mm_config_reader *reader);
/* v4's sections of a stage into v3's. */
enum mm_status mm_config_convert_v4(struct mm_config_reader *reader, cJSON *stage);
/* Python code and references among a v4 component's arguments: known ones are removed, others are errors. */
void mm_config_clean_v4(struct mm_config_reader *reader, cJSON *args);
/* Makes the components of all stages known to refs. */
enum mm_status mm_config_collect_named(struct mm_config_reader *reader);
/* A list as the components in it, in order: arrays inside it and "Compose" are part of it, as in MONAI. Returns how many
 * there are; they go to `out` unless that is NULL. What is no list is one. */
size_t mm_config_flatten(const cJSON *node, const cJSON **out);
/* The list that stands for itself in another: an array, or {"name": "Compose", "args": {"transforms": [...]}}; else NULL. */
const cJSON *mm_config_nested(const cJSON *node);
/* What names the members of a component, NULL when it has none: its argument "transforms", a list or one alone. */
const cJSON *mm_config_members(const cJSON *component);
/* Reads them. False when something is wrong (then reported). */
bool mm_config_read_members(struct mm_config_reader *reader, struct mm_component *component);
/* The components of a list, behind those that `list` has already. */
enum mm_status mm_config_read_list(struct mm_config_reader *reader, const cJSON *node, struct mm_components *list);
/* One component; false when it is disabled, or wrong (then reported). */
bool mm_config_read_component(struct mm_config_reader *reader, const cJSON *node, struct mm_component *out);
enum mm_status mm_config_read_stage(struct mm_config_reader *reader, cJSON *node, struct mm_stage *stage);
/* Keys of a stage's lists of components, one after the other; NULL behind the last. */
const char *mm_config_list_key(size_t index);
bool mm_config_is_stage_key(const char *name);

/* "X#alias" into its two parts, in the arena; NULL name when memory is out. */
void mm_config_split_name(struct mm_arena *arena, const char *text, const char **name, const char **alias);

#endif
