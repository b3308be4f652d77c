/* Making and changing JSON trees in an arena. The lists are cJSON's: children are linked by next and prev, and the first
 * child's prev is the last one, so appending takes constant time. */
#include <math.h>

#include "base/json_internal.h"

static struct mm_json_node *node_of(cJSON *json)
{
    return (struct mm_json_node *)json;
}

static cJSON *node_new(struct mm_arena *arena, int type)
{
    struct mm_json_node *node = mm_arena_new(arena, struct mm_json_node);
    if (!node)
        return NULL;
    node->json.type = type;
    return &node->json;
}

cJSON *mm_json_object(struct mm_arena *arena)
{
    return node_new(arena, cJSON_Object);
}

cJSON *mm_json_array(struct mm_arena *arena)
{
    return node_new(arena, cJSON_Array);
}

cJSON *mm_json_append(cJSON *array, cJSON *value)
{
    if (!array || !value)
        return NULL;
    if (node_of(value)->parent)
        mm_bug("a JSON value is put into two trees");
    if (array->child) {
        cJSON *last = array->child->prev;
        last->next = value;
        value->prev = last;
    } else {
        array->child = value;
    }
    array->child->prev = value;
    value->next = NULL;
    node_of(value)->parent = array;
    if (cJSON_IsArray(array))
        value->string = NULL; /* of an object it was in before */
    return value;
}

cJSON *mm_json_add(struct mm_arena *arena, cJSON *object, const char *name, cJSON *value)
{
    if (!object || !value)
        return NULL;
    char *key = mm_arena_text(arena, name);
    if (!key)
        return NULL;
    value->string = key;
    return mm_json_append(object, value);
}

cJSON *mm_json_text(struct mm_arena *arena, const char *text)
{
    char *copy = text ? mm_arena_text(arena, text) : NULL;
    cJSON *json = copy ? node_new(arena, cJSON_String) : NULL;
    if (json)
        json->valuestring = copy;
    return json;
}

void mm_json_set_number(cJSON *json, double value)
{
    json->type = cJSON_Number;
    json->valuedouble = value;
    json->valueint = value >= INT32_MAX ? INT32_MAX : value <= (double)INT32_MIN ? INT32_MIN : (int)value;
}

cJSON *mm_json_number(struct mm_arena *arena, double value)
{
    cJSON *json = node_new(arena, cJSON_NULL);
    if (json && isfinite(value))
        mm_json_set_number(json, value);
    return json;
}

cJSON *mm_json_integer(struct mm_arena *arena, int64_t value)
{
    cJSON *json = node_new(arena, cJSON_NULL);
    if (!json)
        return NULL;
    mm_json_set_number(json, (double)value);
    node_of(json)->is_integer = true;
    node_of(json)->integer = value;
    return json;
}

cJSON *mm_json_bool(struct mm_arena *arena, bool value)
{
    cJSON *json = node_new(arena, value ? cJSON_True : cJSON_False);
    if (json)
        json->valueint = value;
    return json;
}

cJSON *mm_json_null(struct mm_arena *arena)
{
    return node_new(arena, cJSON_NULL);
}

cJSON *mm_json_copy(struct mm_arena *arena, const cJSON *node)
{
    if (!node)
        return NULL;
    struct mm_json_node *copy = mm_arena_new(arena, struct mm_json_node);
    if (!copy)
        return NULL;
    *copy = *(const struct mm_json_node *)node;
    copy->parent = NULL;
    copy->json.next = copy->json.prev = copy->json.child = NULL;
    if (node->valuestring && !(copy->json.valuestring = mm_arena_text(arena, node->valuestring)))
        return NULL;
    if (node->string && !(copy->json.string = mm_arena_text(arena, node->string)))
        return NULL;
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (!mm_json_append(&copy->json, mm_json_copy(arena, child)))
            return NULL;
    }
    return &copy->json;
}

void mm_json_detach(cJSON *child)
{
    cJSON *parent = child ? (cJSON *)node_of(child)->parent : NULL;
    if (!parent)
        return;
    if (parent->child == child)
        parent->child = child->next;
    else
        child->prev->next = child->next;
    if (child->next)
        child->next->prev = child->prev;
    else if (parent->child)
        parent->child->prev = child->prev;
    child->next = child->prev = NULL;
    node_of(child)->parent = NULL;
}

static void take_place(struct mm_json_node *node, const struct mm_json_node *from)
{
    node->source = from->source;
    node->line = from->line;
    node->column = from->column;
    node->length = from->length;
}

void mm_json_replace(cJSON *old, cJSON *value)
{
    if (old == value)
        return;
    mm_json_detach(value);
    cJSON *parent = (cJSON *)node_of(old)->parent;
    if (!parent)
        mm_bug("the root of a JSON tree cannot be replaced");
    bool is_only = old->prev == old;
    value->string = old->string;
    value->next = old->next;
    value->prev = is_only ? value : old->prev;
    if (value->next)
        value->next->prev = value;
    else
        parent->child->prev = value;
    if (parent->child == old)
        parent->child = value;
    else
        value->prev->next = value;
    node_of(value)->parent = parent;
    node_of(value)->key_line = node_of(old)->key_line; /* the name is the parent's, wherever the value comes from */
    node_of(value)->key_column = node_of(old)->key_column;
    if (!node_of(value)->source)
        take_place(node_of(value), node_of(old));
    old->next = old->prev = NULL;
    node_of(old)->parent = NULL;
}
