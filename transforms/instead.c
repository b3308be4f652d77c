/* Advice by name, and for Lambda by what stands in the function: patterns are looked for in its text, the first that is there wins. */
#include "transforms/instead.h"

#include <stdio.h>
#include <string.h>

struct advice {
    const char *what, *text;
};

static const struct advice of_names[] = {
    {"Crop", "SpatialCrop and CenterSpatialCrop are there"},
    {"RandCrop", "RandSpatialCrop is there"},
    {"Pad", "SpatialPad, BorderPad and DivisiblePad are there"},
    {"Ensemble", "MeanEnsemble and VoteEnsemble are there"},
    {"CuCIM", "leave it out and name what it calls: Flip, Rotate90, Zoom, ScaleIntensityRange, ColorJitter ..."},
    {"RandCuCIM", "leave it out and name what it calls: RandFlip, RandRotate90, RandZoom, ColorJitter ..."},
    {"TorchIO", "leave it out and name what it calls: RandAffine, Rand3DElastic, RandBiasField, RandGibbsNoise ..."},
    {"RandTorchIO",
     "leave it out and name what it calls: RandAffine, Rand3DElastic, RandBiasField, RandGibbsNoise ..."},
    {"MixUp", "batches are not mixed here: leave it out"},
    {"CutMix", "batches are not mixed here: leave it out, or take RandCoarseShuffle"},
    {"FlattenSubKeys", "fields have no fields in them: leave it out"},
    {"SaveClassification", "mmar infer writes the classes: leave it out"},
    {"WriteFileMapping", "mmar infer prints the files' names: leave it out"},
    {"AddGuidanceSignalDeepEdit", "AddGuidanceSignal does it for the clicks of one label"},
    {"AddPointGuidanceSignal", "AddGuidanceSignal draws clicks into a channel"},
    {"SplitLabel", "LabelToMask makes a mask of a label's value"},
    {"CastFields", "CastToType does this"},
    {"CenterData", "NormalizeIntensity with subtrahend and divisor does this"},
    {"LoadJpg", "LoadImage reads JPEG"},
    {"NPExpandDims", "AddChannel does this"},
    {"NPRepChannels", "RepeatChannel does this"},
    {"NPResizeImage", "Resize does this"},
};

/* Without spaces. The longer before those that they contain. */
static const struct advice of_functions[] = {
    {"nan_to_num", "SignalFillEmpty does this"},
    {"where", "MapLabelValue replaces values, ThresholdIntensity those beyond a threshold"},
    {"clamp", "ScaleIntensityRange with clip, or ThresholdIntensity, keep values in a range"},
    {"clip", "ScaleIntensityRange with clip, or ThresholdIntensity, keep values in a range"},
    {"argmax", "AsDiscrete with argmax does this"},
    {"one_hot", "AsDiscrete with to_onehot does this"},
    {"softmax", "Activations with softmax does this"},
    {"sigmoid", "Activations with sigmoid does this"},
    {"squeeze", "SqueezeDim does this, and images have channels already"},
    {"permute", "Transpose does this"},
    {"transpose", "Transpose does this"},
    {"repeat", "RepeatChannel does this"},
    {"cat(", "ConcatItems and LabelToMask do this"},
    {"x==", "LabelToMask with select_labels does this"},
    {"x!=", "AsDiscrete with threshold 1 does this for labels"},
    {"x>=", "AsDiscrete with threshold does this"},
    {"x>0.", "AsDiscrete with threshold does this, the threshold included"},
    {"x>", "AsDiscrete with threshold does this: x > 0 of labels is threshold 1"},
    {"x<", "AsDiscrete with threshold does this, the other way round"},
    {"x/", "ScaleIntensityRange with a_min 0, a_max the number, b_min 0, b_max 1 does this"},
    {"x*", "ScaleIntensityRange with a_min 0, a_max 1, b_min 0, b_max the number does this"},
    {"x+", "ShiftIntensity does this"},
    {"x-", "ShiftIntensity, or NormalizeIntensity with subtrahend and divisor, do this"},
    {"1-x", "ScaleIntensityRange with a_min 0, a_max 1, b_min 1, b_max 0 does this"},
    {"x[", "SplitDim, SpatialCrop and SelectItems take parts"},
    {"astype", "CastToType does this"},
    {".to(", "CastToType does this"},
    {"float()", "CastToType does this"},
    {"", "mmar list transforms shows what there is"},
};

/* The text without spaces, as much of it as fits. */
static void without_spaces(const char *text, char *out, size_t size)
{
    size_t n = 0;
    for (; *text && n + 1 < size; text++)
        if (*text != ' ')
            out[n++] = *text;
    out[n] = '\0';
}

static const char *of_function(const cJSON *args)
{
    char code[512];
    const cJSON *function = args ? mm_json_get(args, "func") : NULL;
    if (cJSON_IsArray(function))
        function = function->child;
    without_spaces(cJSON_IsString(function) ? function->valuestring : "", code, sizeof code);
    size_t i = 0;
    while (!strstr(code, of_functions[i].what))
        i++;
    return of_functions[i].text;
}

/* Is `spelling` the name, or the name with one of MONAI's endings for dictionaries? */
static bool is_spelling(const char *spelling, const char *name)
{
    size_t n = strlen(name);
    const char *ending = spelling + n;
    return strncmp(spelling, name, n) == 0 &&
           (!*ending || strcmp(ending, "d") == 0 || strcmp(ending, "D") == 0 || strcmp(ending, "Dict") == 0);
}

const char *mm_transform_instead(const char *name, const cJSON *args, char *buffer, size_t size)
{
    *buffer = '\0';
    if (is_spelling(name, "Lambda") || is_spelling(name, "RandLambda"))
        snprintf(buffer, size, ": Python code cannot run here; %s", of_function(args));
    for (size_t i = 0; i < sizeof of_names / sizeof *of_names; i++)
        if (is_spelling(name, of_names[i].what))
            snprintf(buffer, size, ": %s", of_names[i].text);
    return buffer;
}
