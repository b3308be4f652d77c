/* Components of a bundle as components of ours: names by the families' own lists, arguments by their parameter tables. */
#include <strings.h>

#include "base/names.h"
#include "mmar/families.h"
#include "mmar/foreign/bundle.h"
#include "trainer/models/elsewhere.h"
#include "transforms/instead.h"
#include "transforms/transform.h"

/* Names that mean another component there than here, where Clara's older ones have them (monai.networks.nets.Unet is UNet). */
static const struct {
    const char *family, *theirs, *ours;
} renamed[] = {
    {"models", "Unet", "UNet"},           {"models", "unet", "UNet"},
    {"models", "SegResnet", "SegResNet"}, {"models", "Segresnet", "SegResNet"},
    {"losses", "Dice", "DiceLoss"},       {"losses", "dice", "DiceLoss"},
    {"losses", "dice_ce", "DiceCELoss"},  {"losses", "dice_focal", "DiceFocalLoss"},
    {"losses", "tversky", "TverskyLoss"}, {"metrics", "MeanIoUHandler", "MeanIoU"},
};

const char *mm_bundle_target(const cJSON *node)
{
    const cJSON *target = mm_json_get(node, "_target_");
    if (!cJSON_IsString(target))
        return NULL;
    const char *dot = strrchr(target->valuestring, '.');
    return dot ? dot + 1 : target->valuestring;
}

static bool find_member(const struct mm_family *family, const char *name, struct mm_member *out)
{
    bool transforms = !strcmp(family->name, "transforms");
    const struct mm_transform *t = transforms ? mm_transform_find(name) : NULL;
    for (size_t i = 0; family->member(i, out); i++)
        if (transforms ? t && !strcmp(out->name, t->name)
                       : !strcmp(out->name, name) || (out->aliases && mm_names_contain(out->aliases, name)))
            return true;
    return false;
}

static void note_unknown(struct mm_bundle *b, const cJSON *node, const struct mm_family *family, const char *name)
{
    struct mm_nearest nearest;
    struct mm_member member;
    char hint[128], instead[256] = "";
    bool is_model = !strcmp(family->name, "models");
    const char *elsewhere = is_model ? mm_model_elsewhere(name) : NULL;
    if (elsewhere) {
        mm_notes_add_at(b->notes, MM_NOTE_LEFT, node, "%.60s %s", name, elsewhere);
        return;
    }
    mm_nearest_init(&nearest, name);
    for (size_t i = 0; family->member(i, &member); i++)
        mm_nearest_offer(&nearest, member.name);
    if (!strcmp(family->name, "transforms"))
        mm_transform_instead(name, node, instead, sizeof instead);
    mm_notes_add_at(b->notes, MM_NOTE_LEFT, node, "%.60s: is not among the %s here%s%s", name, family->name,
                    *instead ? instead : mm_nearest_hint(&nearest, hint, sizeof hint),
                    is_model ? "" : "; the config goes on without it");
}

static bool has_parameter(const struct mm_member *member, const char *name)
{
    return mm_params_find(member->tables[0], name) || mm_params_find(member->tables[1], name);
}

static cJSON *arguments(struct mm_bundle *b, const cJSON *node, const struct mm_member *member, const char *wiring)
{
    cJSON *args = mm_json_object(b->arena);
    for (const cJSON *arg = node->child; arg && args; arg = arg->next) {
        if (*arg->string == '_' || mm_names_contain(wiring, arg->string))
            continue;
        if (!has_parameter(member, arg->string)) {
            mm_notes_add_at(b->notes, MM_NOTE_LEFT, arg, "%.60s: %s has no such parameter here: see mmar help %s",
                            arg->string, member->name, member->name);
            continue;
        }
        cJSON *value = mm_bundle_literal(b, arg);
        if (value)
            mm_json_add(b->arena, args, arg->string, value);
    }
    return args;
}

bool mm_bundle_is_disabled(struct mm_bundle *b, const cJSON *node, const char *name)
{
    const cJSON *told = mm_json_get(node, "_disabled_"), *value = told ? mm_bundle_follow(b, told) : NULL;
    if (!told || cJSON_IsFalse(value) || (cJSON_IsString(value) && strcasecmp(value->valuestring, "true")))
        return false;
    mm_notes_add_at(b->notes, MM_NOTE_LEFT, node,
                    value ? "%.60s: is disabled" : "%.60s: whether it is disabled is Python: left out", name);
    return true;
}

cJSON *mm_bundle_component(struct mm_bundle *bundle, const cJSON *node, const char *family_name, const char *wiring)
{
    const struct mm_family *family = mm_family_find(family_name);
    struct mm_member member;
    const char *name = mm_bundle_target(node);
    if (!name) {
        if (node)
            mm_notes_add_at(bundle->notes, MM_NOTE_LEFT, node, "has no \"_target_\": one of the %s is expected",
                            family_name);
        return NULL;
    }
    for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
        if (!strcmp(renamed[i].family, family_name) && !strcmp(renamed[i].theirs, name))
            name = renamed[i].ours;
    if (mm_bundle_is_disabled(bundle, node, name))
        return NULL;
    if (!find_member(family, name, &member)) {
        note_unknown(bundle, node, family, name);
        return NULL;
    }
    cJSON *component = mm_json_object(bundle->arena);
    mm_json_add(bundle->arena, component, "name", mm_json_text(bundle->arena, name));
    mm_json_add(bundle->arena, component, "args", arguments(bundle, node, &member, wiring));
    return component;
}

void mm_bundle_taken(struct mm_bundle *bundle, const cJSON *node, const char *what, const cJSON *component)
{
    const cJSON *name = mm_json_get(component, "name");
    if (name)
        mm_notes_add_at(bundle->notes, MM_NOTE_TAKEN, node, "%s %s", what, name->valuestring);
}
